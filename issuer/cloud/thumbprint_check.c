/* SPDX-License-Identifier: Apache-2.0 */
/* What is registered against what is served. */
#include <mintmark/thumbprint.h>

#include <string.h>

/* Colons and spaces between the digits are left out, as is what openssl writes before them ("sha1 Fingerprint="). */
static enum mm_code normalise(const char *text, size_t digits, struct mm_buf *out, struct mm_err *err)
{
	const char *equals = strrchr(text, '=');

	for (const char *p = equals ? equals + 1 : text; *p != '\0'; p++) {
		char c = *p >= 'A' && *p <= 'F' ? (char)(*p - 'A' + 'a') : *p;

		if (c == ':' || c == ' ')
			continue;
		if (!strchr("0123456789abcdef", c))
			return mm_fail(err, MM_EPARSE,
				       "\"%.100s\" is no thumbprint: accepted are %zu hexadecimal digits", text,
				       digits);
		mm_buf_add(out, &c, 1);
	}
	if (out->len == digits || out->failed)
		return mm_buf_check(out, err);
	return mm_fail(err, MM_EPARSE, "\"%.100s\" has %zu digits, not %zu%s", text, out->len, digits,
		       out->len == 64   ? ": is it SHA-256? IAM keeps SHA-1"
		       : out->len == 40 ? ": is it SHA-1?"
					: "");
}

enum mm_code mm_thumbprint_read(const struct mm_strings *texts, bool sha256, struct mm_strings *out, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < texts->n && code == MM_OK; i++) {
		mm_auto_buf hex = {0};

		code = normalise(texts->v[i], sha256 ? MM_SHA256_HEX_SIZE - 1 : MM_THUMBPRINT_SIZE - 1, &hex, err);
		if (code == MM_OK)
			code = mm_strings_add(out, hex.p, err);
	}
	return code;
}

static const char *hex_of(const struct mm_thumbprint *thumbprint, bool sha256)
{
	return sha256 ? thumbprint->sha256 : thumbprint->hex;
}

static bool is_served(const struct mm_thumbprints *served, bool sha256, const char *hex)
{
	for (size_t i = 0; i < served->n; i++) {
		if (strcmp(hex_of(&served->v[i], sha256), hex) == 0)
			return true;
	}
	return false;
}

/* "CN=X, certificate 2 of 3, which is not the last": where else in a chain a thumbprint is from. */
static const char *found_elsewhere(const struct mm_thumbprints *served, bool sha256, const char *hex, size_t *index)
{
	char other[MM_SHA256_HEX_SIZE];

	for (size_t i = 0; i < served->n; i++) {
		const struct mm_certchain *chain = served->v[i].chain;

		for (*index = 0; *index < chain->n; ++*index) {
			const struct mm_certificate *certificate = &chain->v[*index];

			if (sha256)
				mm_sha256_hex(certificate, other);
			else
				mm_thumbprint_hex(certificate, other);
			if (strcmp(other, hex) == 0)
				return certificate->subject;
		}
	}
	return NULL;
}

/* IAM keeps up to five, of which one that fits is enough: while all that is served is registered, no harm is done. */
static void judge_registered(const struct mm_thumbprints *served, bool sha256, const char *hex, bool complete,
			     struct mm_findings *findings)
{
	enum mm_finding_level level = complete ? MM_FINDING_WARN : MM_FINDING_FAIL;
	size_t index;
	const char *subject = found_elsewhere(served, sha256, hex, &index);

	if (subject)
		mm_finding_add(findings, level, "registered.unserved",
			       "register that of the last certificate, which is the one that IAM takes",
			       "%s is registered, and is of certificate %zu, %s, which is not the last%s", hex,
			       index + 1, subject, index == 0 ? " but the server's own" : "");
	else
		mm_finding_add(findings, level, "registered.unserved",
			       "take it off the list, unless a change of the authority is under way",
			       "%s is registered, and is of no certificate that is served", hex);
}

void mm_thumbprint_check(const struct mm_thumbprints *served, bool sha256, const struct mm_strings *registered,
			 struct mm_findings *findings)
{
	size_t before = findings->n;
	bool complete = true;

	for (size_t i = 0; i < served->n; i++) {
		const char *hex = hex_of(&served->v[i], sha256);

		if (mm_strings_has(registered, hex))
			continue;
		complete = false;
		mm_finding_add(findings, MM_FINDING_FAIL, "registered.missing",
			       "add it to the provider's list, which is replaced as a whole",
			       "%s is served (%s), and is not registered", hex, served->v[i].role);
	}
	for (size_t i = 0; i < registered->n; i++) {
		if (!is_served(served, sha256, registered->v[i]))
			judge_registered(served, sha256, registered->v[i], complete, findings);
	}
	if (findings->n == before)
		mm_finding_add(findings, MM_FINDING_PASS, "registered.same", NULL,
			       "what is registered is what is served");
}
