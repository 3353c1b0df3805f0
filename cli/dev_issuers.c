/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/dev_issuers.h"

#include <mintmark/json.h>
#include <mintmark/manage.h>
#include <mintmark/url.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 1000 /* on each listener: more than tests open, fewer than most systems allow */

static enum mm_code check_flag(const char *flag, const struct mm_strings *given, struct mm_err *err)
{
	for (size_t i = 0; i < given->n; i++) {
		if (!mm_utf8_valid(mm_span_str(given->v[i])))
			return mm_fail(err, MM_EUSAGE, "--%s: not UTF-8", flag);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(given->v[i], given->v[j]) == 0)
				return mm_fail(err, MM_EUSAGE, "--%s %.80s: given twice", flag, given->v[i]);
		}
	}
	return MM_OK;
}

/* ---- a configuration --------------------------------------------------------------------------------------------- */

/* A JSON string is a YAML one. */
static void add_line(struct mm_buf *out, const char *name, const char *value)
{
	mm_buf_printf(out, "%s: ", name);
	mm_json_add_string(out, value);
	mm_buf_add_str(out, "\n");
}

static void add_audiences(struct mm_buf *out, const struct mm_strings *audiences)
{
	if (audiences->n == 0)
		return;
	mm_buf_add_str(out, "tokens:\n  audiences:\n");
	for (size_t i = 0; i < audiences->n; i++) {
		mm_buf_add_str(out, "  - ");
		mm_json_add_string(out, audiences->v[i]);
		mm_buf_add_str(out, "\n");
	}
}

static void write_config(const struct mm_dev_setting *setting, const char *issuer, struct mm_buf *out)
{
	add_line(out, "issuer", issuer);
	mm_buf_add_str(out, "listen:\n");
	add_line(out, "  public", setting->public);
	add_line(out, "  admin", setting->admin);
	if (setting->certificate) {
		mm_buf_add_str(out, "tls:\n");
		add_line(out, "  certificate", setting->certificate);
		add_line(out, "  key", setting->key);
	}
	mm_buf_printf(out,
		      "keys:\n  algorithm: %s\n  rotate_every: 0\n  verifier_cache: 0\n  propagation: 0\n"
		      "  clock_skew: 0\n",
		      setting->alg->name);
	add_audiences(out, setting->audiences);
	mm_buf_printf(out,
		      "service_accounts: any\nbound_objects: any\nlimits:\n  rate: 0\n"
		      "http:\n  workers: %lld\n  max_connections: %d\nlog:\n  level: %s\n",
		      (long long)setting->workers, CONNECTIONS_MAX, setting->log_level);
}

enum mm_code mm_dev_config(const struct mm_dev_setting *setting, const char *issuer, struct mm_config **out,
			   struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = check_flag("audience", setting->audiences, err);

	if (code != MM_OK)
		return code;
	write_config(setting, issuer, &text);
	code = mm_buf_check(&text, err);
	return code == MM_OK ? mm_config_parse(mm_buf_span(&text), "what the flags say", "/", out, err) : code;
}

/* ---- issuers ----------------------------------------------------------------------------------------------------- */

static enum mm_code make_keys(struct mm_dev_made *made, struct mm_err *err)
{
	struct mm_policy policy;
	const struct mm_manage manage = {.store = made->store, .policy = &policy, .actor = {.name = "dev"}};
	mm_auto_change change = {0};
	enum mm_code code = mm_policy_from_config(made->config, &policy, err);

	return code == MM_OK ? mm_manage_init(&manage, NULL, &change, err) : code;
}

static enum mm_code make(const struct mm_dev_setting *setting, const char *issuer, struct mm_dev_issuers *out,
			 struct mm_err *err)
{
	struct mm_dev_made *made = &out->v[out->count];
	enum mm_code code = mm_dev_config(setting, issuer, &made->config, err);

	out->count++;
	if (code == MM_OK)
		code = mm_store_open_memory(&made->store, err);
	return code == MM_OK ? make_keys(made, err) : code;
}

static enum mm_code make_at(const struct mm_dev_setting *setting, const char *base, const char *path,
			    struct mm_dev_issuers *out, struct mm_err *err)
{
	mm_auto_buf issuer = {0};
	struct mm_err why = {0};
	enum mm_code code;

	if (path[0] == '/')
		return mm_fail(err, MM_EUSAGE, "--path %.80s: begins with a slash; accepted: one such as a, or a/b",
			       path);
	mm_buf_printf(&issuer, "%s/%s", base, path);
	code = mm_buf_check(&issuer, err);
	if (code != MM_OK)
		return code;
	if (mm_issuer_url_check(issuer.p, NULL, &why) != MM_OK)
		return mm_fail(err, MM_EUSAGE, "--path %.80s: %s", path, why.text);
	return make(setting, issuer.p, out, err);
}

enum mm_code mm_dev_issuers_make(const struct mm_dev_setting *setting, const char *base, const struct mm_strings *paths,
				 struct mm_dev_issuers *out, struct mm_err *err)
{
	enum mm_code code = check_flag("path", paths, err);

	*out = (struct mm_dev_issuers){.v = calloc(1 + paths->n, sizeof *out->v)};
	if (!out->v)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (code == MM_OK)
		code = make(setting, base, out, err);
	for (size_t i = 0; code == MM_OK && i < paths->n; i++)
		code = make_at(setting, base, paths->v[i], out, err);
	return code;
}

void mm_dev_issuers_clear(struct mm_dev_issuers *issuers)
{
	for (size_t i = 0; i < issuers->count; i++) {
		mm_store_free(issuers->v[i].store);
		mm_config_free(issuers->v[i].config);
	}
	free(issuers->v);
	*issuers = (struct mm_dev_issuers){0};
}
