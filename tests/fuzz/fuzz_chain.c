/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever certificates are parsed are judged: the last one is taken, and each finding is one visible line. */
#include <mintmark/thumbprint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mm_auto(mm_certchain) chain = NULL;
	mm_auto_findings findings = {0};
	size_t taken;

	setenv("SSL_CERT_FILE", "/nonexistent", 1); /* reading the system's authorities would be most of the time */
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	if (mm_certchain_parse(mm_span(data, size), &chain, NULL) != MM_OK)
		return 0;
	if (mm_thumbprint_judge(chain, "a.test", NULL, 1700000000, &taken, &findings, NULL) != MM_OK ||
	    taken != chain->n - 1 || findings.n == 0)
		abort();
	for (size_t i = 0; i < findings.n; i++) {
		struct mm_span text = mm_span_str(findings.v[i].text);
		unsigned c;

		for (size_t at = 0; at < text.len; at++)
			if (mm_unseen_at(text, at, &c) > 0)
				abort();
	}
	return 0;
}
