/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/thumbprint_show.h"

#include "cli/findings.h"
#include "cli/output.h"

#include <mintmark/json.h>
#include <mintmark/url.h>

/* ---- for people ------------------------------------------------------------------------------------------------- */

/* "localhost:8443 (issuer and jwks_uri), at 127.0.0.1:8443 by TLSv1.3 with SNI localhost, presents 2 certificates:" */
static void add_title(struct mm_buf *out, const struct mm_thumbprint *thumbprint)
{
	const struct mm_certchain *chain = thumbprint->chain;
	const char *certificates = chain->n == 1 ? "certificate" : "certificates";

	if (!chain->protocol) {
		mm_buf_printf(out, "the file holds %zu %s:\n", chain->n, certificates);
		return;
	}
	mm_host_add(out, thumbprint->host);
	mm_buf_printf(out, ":%d (%s), at %s by %s with %s%s, presents %zu %s:\n", thumbprint->port, thumbprint->role,
		      chain->address, chain->protocol, chain->sni ? "SNI " : "no SNI", chain->sni ? chain->sni : "",
		      chain->n, certificates);
}

static void add_certificate(struct mm_buf *out, const struct mm_certificate *certificate, size_t number, bool taken,
			    mm_time now)
{
	char from[MM_TIME_TEXT_SIZE];

	mm_buf_printf(out, "%3zu  ", number);
	mm_add_visible(out, mm_span_str(certificate->subject), false);
	mm_buf_add_str(out, taken ? "  <- taken: IAM takes the last one that is presented\n" : "\n");
	mm_buf_add_str(out, "     issued by ");
	mm_add_visible(out, mm_span_str(certificate->issuer), false);
	mm_time_format(certificate->not_before, from);
	mm_buf_printf(out, "\n     valid from %s until ", from);
	mm_add_when(out, certificate->not_after, now);
	mm_buf_add_str(out, "\n");
}

void mm_chain_add_text(struct mm_buf *out, const struct mm_thumbprint *thumbprint, mm_time now)
{
	const struct mm_certchain *chain = thumbprint->chain;

	add_title(out, thumbprint);
	for (size_t i = 0; i < chain->n; i++)
		add_certificate(out, &chain->v[i], i + 1, i == thumbprint->taken, now);
}

/* ---- for programs ----------------------------------------------------------------------------------------------- */

static json_t *certificate_json(const struct mm_certificate *certificate)
{
	char sha1[MM_THUMBPRINT_SIZE], sha256[MM_SHA256_HEX_SIZE];

	mm_thumbprint_hex(certificate, sha1);
	mm_sha256_hex(certificate, sha256);
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:b, s:b}", "subject", certificate->subject, "issuer",
			 certificate->issuer, "not_before", mm_json_time(certificate->not_before), "not_after",
			 mm_json_time(certificate->not_after), "sha1", sha1, "sha256", sha256, "self_issued",
			 certificate->self_issued, "ca", certificate->is_ca);
}

static json_t *chain_json(const struct mm_certchain *chain)
{
	json_t *array = json_array();

	for (size_t i = 0; i < chain->n; i++)
		array = mm_json_append(array, certificate_json(&chain->v[i]));
	return array;
}

/* `taken` counts from 1, as people and the findings do. */
json_t *mm_thumbprint_json(const struct mm_thumbprint *thumbprint)
{
	const struct mm_certchain *chain = thumbprint->chain;

	return json_pack(
		"{s:s, s:s?, s:o, s:s?, s:s?, s:s?, s:s, s:s, s:I, s:o, s:o}", "role", thumbprint->role, "host",
		thumbprint->host, "port", thumbprint->port ? json_integer(thumbprint->port) : json_null(), "address",
		chain->protocol ? chain->address : NULL, "protocol", chain->protocol, "sni", chain->sni, "sha1",
		thumbprint->hex, "sha256", thumbprint->sha256, "taken", (json_int_t)thumbprint->taken + 1, "chain",
		chain_json(chain), "findings", mm_findings_json(&thumbprint->findings));
}
