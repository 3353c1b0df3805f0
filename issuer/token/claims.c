/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/claims.h>

#include <mintmark/json.h>

/* Members come out sorted at every level because this file writes them in that order; the tests compare bytes. */

static void add_pair(struct mm_buf *out, const char *separator_and_name, const char *value)
{
	mm_buf_add_str(out, separator_and_name);
	mm_json_add_string(out, value);
}

static bool is_set(const char *text)
{
	return text && text[0] != '\0';
}

static void write_audiences(const struct mm_claims *claims, struct mm_buf *out)
{
	for (size_t i = 0; i < claims->audience_count; i++)
		add_pair(out, i == 0 ? "[" : ",", claims->audiences[i]);
	mm_buf_add_str(out, "]");
}

static void write_expires_at(const struct mm_claims *claims, struct mm_buf *out)
{
	mm_buf_add_int(out, claims->expires_at);
}

static void write_issued_at(const struct mm_claims *claims, struct mm_buf *out)
{
	mm_buf_add_int(out, claims->issued_at);
}

static void write_issuer(const struct mm_claims *claims, struct mm_buf *out)
{
	mm_json_add_string(out, claims->issuer);
}

static void write_jti(const struct mm_claims *claims, struct mm_buf *out)
{
	mm_json_add_string(out, claims->jti);
}

static void add_object(struct mm_buf *out, const char *separator_and_name, const struct mm_object_ref *ref)
{
	if (!ref->name)
		return;
	mm_buf_add_str(out, separator_and_name);
	add_pair(out, "{\"name\":", ref->name);
	if (is_set(ref->uid))
		add_pair(out, ",\"uid\":", ref->uid);
	mm_buf_add_str(out, "}");
}

static void write_kubernetes(const struct mm_claims *claims, struct mm_buf *out)
{
	add_pair(out, "{\"namespace\":", claims->namespace);
	add_object(out, ",\"node\":", &claims->node);
	add_object(out, ",\"pod\":", &claims->pod);
	add_object(out, ",\"secret\":", &claims->secret);
	add_object(out, ",\"serviceaccount\":", &claims->service_account);
	if (claims->warn_after != MM_NEVER) {
		mm_buf_add_str(out, ",\"warnafter\":");
		mm_buf_add_int(out, claims->warn_after);
	}
	mm_buf_add_str(out, "}");
}

static bool has_service_account(const struct mm_claims *claims)
{
	return claims->service_account.name;
}

static void write_subject(const struct mm_claims *claims, struct mm_buf *out)
{
	if (claims->subject) {
		mm_json_add_string(out, claims->subject);
		return;
	}
	/* Both names were checked: nothing in them needs escaping. */
	mm_buf_add_str(out, "\"system:serviceaccount:");
	mm_buf_add_str(out, claims->namespace);
	mm_buf_add_str(out, ":");
	mm_buf_add_str(out, claims->service_account.name);
	mm_buf_add_str(out, "\"");
}

static const struct claim {
	const char *name;
	void (*write)(const struct mm_claims *claims, struct mm_buf *out);
	bool (*present)(const struct mm_claims *claims); /* NULL: always */
} registered[] = {
	{"aud", write_audiences, NULL}, {"exp", write_expires_at, NULL},
	{"iat", write_issued_at, NULL}, {"iss", write_issuer, NULL},
	{"jti", write_jti, NULL},       {"kubernetes.io", write_kubernetes, has_service_account},
	{"nbf", write_issued_at, NULL}, {"sub", write_subject, NULL},
};

const char *mm_claim_name(size_t i)
{
	return i < MM_COUNT(registered) ? registered[i].name : NULL;
}

static enum mm_code check_text(const char *what, const char *text, struct mm_err *err)
{
	if (!is_set(text))
		return mm_fail(err, MM_EREFUSED, "claims: %s is missing", what);
	if (!mm_utf8_valid(mm_span_str(text)))
		return mm_fail(err, MM_EPARSE, "claims: %s is not UTF-8", what);
	return MM_OK;
}

static enum mm_code check_object(const char *what, const struct mm_object_ref *ref, struct mm_err *err)
{
	enum mm_code code = ref->name ? check_text(what, ref->name, err) : MM_OK;

	if (code == MM_OK && is_set(ref->uid))
		code = check_text(what, ref->uid, err);
	return code;
}

static enum mm_code check_account(const struct mm_claims *claims, struct mm_err *err)
{
	const struct mm_object_ref *const bound[] = {&claims->pod, &claims->node, &claims->secret};
	enum mm_code code = check_object("service account", &claims->service_account, err);

	if (code == MM_OK)
		code = check_text("namespace", claims->namespace, err);
	if (code == MM_OK)
		code = mm_dns_label_check("namespace", claims->namespace, err);
	if (code == MM_OK)
		code = mm_dns_subdomain_check("service account", claims->service_account.name, err);
	for (size_t i = 0; code == MM_OK && i < MM_COUNT(bound); i++)
		code = check_object("bound object", bound[i], err);
	return code;
}

static enum mm_code check(const struct mm_claims *claims, struct mm_err *err)
{
	enum mm_code code = check_text("issuer", claims->issuer, err);

	if (code == MM_OK)
		code = check_text("jti", claims->jti, err);
	if (code == MM_OK && (claims->subject || !has_service_account(claims)))
		code = check_text("subject", claims->subject, err);
	if (code == MM_OK && has_service_account(claims))
		code = check_account(claims, err);
	if (code == MM_OK && claims->audience_count == 0)
		code = mm_fail(err, MM_EREFUSED, "claims: there is no audience");
	for (size_t i = 0; code == MM_OK && i < claims->audience_count; i++)
		code = check_text("audience", claims->audiences[i], err);
	if (code == MM_OK && claims->expires_at <= claims->issued_at)
		code = mm_fail(err, MM_EREFUSED, "claims: the token would expire before it is issued");
	return code;
}

static enum mm_code write_registered(const struct mm_claims *claims, struct mm_buf *out, struct mm_err *err)
{
	const char *separator = "{";

	for (size_t i = 0; i < MM_COUNT(registered); i++) {
		const struct claim *claim = &registered[i];

		if (claim->present && !claim->present(claims))
			continue;
		add_pair(out, separator, claim->name);
		mm_buf_add_str(out, ":");
		claim->write(claims, out);
		separator = ",";
	}
	mm_buf_add_str(out, "}");
	return mm_buf_check(out, err);
}

static enum mm_code check_extra(const json_t *extra, struct mm_err *err)
{
	for (size_t i = 0; i < MM_COUNT(registered); i++) {
		if (json_object_get(extra, registered[i].name))
			return mm_fail(err, MM_EREFUSED, "claim \"%s\" is set by mintmark itself", registered[i].name);
	}
	return MM_OK;
}

/* What our own verification could not read is not signed: 1e20, which Go writes as an integer beyond 64 bits. */
static enum mm_code check_readable(struct mm_span payload, struct mm_err *err)
{
	json_t *claims;
	enum mm_code code = mm_json_load(payload, payload.len, &claims, err);

	if (code == MM_OK)
		json_decref(claims);
	return mm_context(err, code, "extra claims would make a token that cannot be read");
}

/* Extra claims are rare, so they may cost a second parse: what sorts and escapes is the same as everywhere. */
static enum mm_code write_merged(const struct mm_claims *claims, struct mm_buf *out, struct mm_err *err)
{
	json_t *extra = (json_t *)(uintptr_t)claims->extra; /* jansson asks for it, and only reads */
	mm_auto_buf plain = {0};
	size_t start = out->len;
	json_t *merged = NULL;
	enum mm_code code = check_extra(extra, err);

	if (code == MM_OK)
		code = write_registered(claims, &plain, err);
	if (code == MM_OK)
		code = mm_json_load(mm_buf_span(&plain), plain.len, &merged, err);
	if (code == MM_OK && json_object_update(merged, extra) != 0)
		code = mm_fail(err, MM_ENOMEM, "out of memory");
	if (code == MM_OK)
		code = mm_json_add_value(out, merged, err);
	if (code == MM_OK)
		code = check_readable(mm_span(out->p + start, out->len - start), err);
	json_decref(merged);
	return code;
}

enum mm_code mm_claims_write(const struct mm_claims *claims, struct mm_buf *out, struct mm_err *err)
{
	enum mm_code code = check(claims, err);

	if (code != MM_OK)
		return code;
	return json_object_size(claims->extra) > 0 ? write_merged(claims, out, err)
						   : write_registered(claims, out, err);
}
