/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/aws.h>

#include "issuer/publish/aws_sources.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static enum mm_code copy(struct mm_span value, char **out, struct mm_err *err)
{
	if (!value.p)
		return MM_OK;
	*out = strndup(value.p, value.len);
	return *out ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

/* ---- credentials: what cannot be had ---------------------------------------------------------------------------- */

/* What others put in the place of keys, and somebody would have to be asked for. */
static const struct elsewhere {
	const char *setting;
	bool first; /* goes before keys in the credentials file (botocore/credentials.py) */
} elsewhere[] = {
	{"role_arn", true},      {"web_identity_token_file", true}, {"sso_session", true},
	{"sso_start_url", true}, {"login_session", true},           {"credential_process", false},
};

#define KEYS_ALONE                                                                                                     \
	"which is not supported; mintmark takes keys alone, as 'aws configure export-credentials --format env' "       \
	"prints "                                                                                                      \
	"them for any profile"

static enum mm_code refuse_elsewhere(const struct mm_aws_sources *sources, bool first, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; code == MM_OK && i < MM_COUNT(elsewhere); i++) {
		struct mm_span value;

		if (elsewhere[i].first != first)
			continue;
		code = mm_aws_sources_get(sources, elsewhere[i].setting, &value, err);
		if (code == MM_OK && value.p)
			code = mm_fail(err, MM_ECONFIG, "profile \"%.80s\" has %s, " KEYS_ALONE, sources->profile,
				       elsewhere[i].setting);
	}
	return code;
}

static enum mm_code no_credentials(const struct mm_aws_sources *sources, struct mm_err *err)
{
	return mm_fail(err, MM_ECONFIG,
		       "no credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and profile \"%.80s\" "
		       "has no keys in %s or %s",
		       sources->profile, mm_aws_place_name(&sources->credentials), mm_aws_place_name(&sources->config));
}

/* ---- credentials: keys ------------------------------------------------------------------------------------------ */

/* How the three are called in one place; `where` is for the line. */
struct key_names {
	const char *where, *id, *secret, *token;
};

/* Printable ASCII without a space: it becomes part of a header. */
static bool is_visible(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text >= 0x7f)
			return false;
	}
	return true;
}

/* Both keys, and nothing in them that would change a header. */
static enum mm_code check_keys(const struct mm_aws_settings *settings, const struct key_names *names,
			       struct mm_err *err)
{
	const char *odd = NULL;

	if (!settings->access_key_id || !settings->secret_access_key)
		return mm_fail(err, MM_ECONFIG, "%s: %s is there without %s", names->where,
			       settings->access_key_id ? names->id : names->secret,
			       settings->access_key_id ? names->secret : names->id);
	if (!is_visible(settings->access_key_id) || strpbrk(settings->access_key_id, "/,:"))
		odd = names->id;
	else if (!is_visible(settings->secret_access_key))
		odd = names->secret;
	else if (settings->session_token && !is_visible(settings->session_token))
		odd = names->token;
	if (!odd)
		return MM_OK;
	return mm_fail(err, MM_ECONFIG, "%s: %s holds a space or another character that cannot be in it", names->where,
		       odd);
}

/* `*found` when one of the two keys is there. */
static enum mm_code keys_of_environment(struct mm_aws_settings *out, bool *found, struct mm_err *err)
{
	static const struct key_names names = {"environment", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
					       "AWS_SESSION_TOKEN"};
	enum mm_code code = copy(mm_span_str(mm_aws_variable(names.id)), &out->access_key_id, err);

	if (code == MM_OK)
		code = copy(mm_span_str(mm_aws_variable(names.secret)), &out->secret_access_key, err);
	*found = out->access_key_id || out->secret_access_key;
	if (code == MM_OK && *found)
		code = copy(mm_span_str(mm_aws_variable(names.token)), &out->session_token, err);
	return code == MM_OK && *found ? check_keys(out, &names, err) : code;
}

static enum mm_code keys_of_file(const struct mm_aws_place *place, const char *profile, struct mm_aws_settings *out,
				 bool *found, struct mm_err *err)
{
	struct key_names names = {mm_aws_place_name(place), "aws_access_key_id", "aws_secret_access_key",
				  "aws_session_token"};
	struct mm_span id, secret, token;
	enum mm_code code = mm_aws_place_get(place, profile, names.id, &id, err);

	if (code == MM_OK)
		code = mm_aws_place_get(place, profile, names.secret, &secret, err);
	if (code == MM_OK)
		code = mm_aws_place_get(place, profile, names.token, &token, err);
	*found = code == MM_OK && (id.p || secret.p);
	if (!*found)
		return code;
	code = copy(id, &out->access_key_id, err);
	if (code == MM_OK)
		code = copy(secret, &out->secret_access_key, err);
	if (code == MM_OK)
		code = copy(token, &out->session_token, err);
	return code == MM_OK ? mm_context(err, check_keys(out, &names, err), "profile \"%.80s\"", profile) : code;
}

/* In the order of botocore's chain, as far as nobody has to be asked. */
static enum mm_code find_credentials(const struct mm_aws_sources *sources, struct mm_aws_settings *out,
				     struct mm_err *err)
{
	bool found = false;
	enum mm_code code = keys_of_environment(out, &found, err);

	if (code != MM_OK || found)
		return code;
	code = refuse_elsewhere(sources, true, err);
	if (code == MM_OK && mm_aws_variable("AWS_WEB_IDENTITY_TOKEN_FILE"))
		code = mm_fail(err, MM_ECONFIG, "AWS_WEB_IDENTITY_TOKEN_FILE is set, " KEYS_ALONE);
	if (code == MM_OK)
		code = keys_of_file(&sources->credentials, sources->profile, out, &found, err);
	if (code == MM_OK && !found)
		code = refuse_elsewhere(sources, false, err);
	if (code == MM_OK && !found)
		code = keys_of_file(&sources->config, sources->profile, out, &found, err);
	return code != MM_OK || found ? code : no_credentials(sources, err);
}

/* ---- the rest --------------------------------------------------------------------------------------------------- */

/* The variable, else what the profile says. */
static enum mm_code find_setting(const struct mm_aws_sources *sources, const char *variable, const char *name,
				 char **out, struct mm_err *err)
{
	struct mm_span value = mm_span_str(mm_aws_variable(variable));
	enum mm_code code = value.p ? MM_OK : mm_aws_sources_get(sources, name, &value, err);

	return code == MM_OK ? copy(value, out, err) : code;
}

static enum mm_code find_region(const struct mm_aws_sources *sources, char **out, struct mm_err *err)
{
	const char *variable = mm_aws_variable("AWS_REGION") ? "AWS_REGION" : "AWS_DEFAULT_REGION";

	return find_setting(sources, variable, "region", out, err);
}

/* What the profile has for S3 alone stands in another section, of the name that it gives. */
static enum mm_code endpoint_of_services(const struct mm_aws_sources *sources, struct mm_span *value,
					 struct mm_err *err)
{
	const struct mm_aws_place *config = &sources->config;
	struct mm_span services;
	enum mm_code code = mm_aws_sources_get(sources, "services", &services, err);

	if (code != MM_OK || !services.p)
		return code;
	return mm_context(err, mm_aws_file_get(&config->file, "services", services, "s3", "endpoint_url", value, err),
			  "%s", mm_aws_place_name(config));
}

static enum mm_code find_endpoint(const struct mm_aws_sources *sources, char **out, struct mm_err *err)
{
	const char *variable = mm_aws_variable("AWS_ENDPOINT_URL_S3") ? "AWS_ENDPOINT_URL_S3" : "AWS_ENDPOINT_URL";
	struct mm_span value = mm_span_str(mm_aws_variable(variable));
	enum mm_code code = value.p ? MM_OK : endpoint_of_services(sources, &value, err);

	if (code == MM_OK && !value.p)
		code = mm_aws_sources_get(sources, "endpoint_url", &value, err);
	return code == MM_OK ? copy(value, out, err) : code;
}

enum mm_code mm_aws_settings_load(struct mm_aws_settings *out, struct mm_err *err)
{
	mm_auto_aws_sources sources = {0};
	mm_auto_aws_settings settings = {0};
	enum mm_code code = mm_aws_sources_load(&sources, err);

	*out = (struct mm_aws_settings){0};
	if (code == MM_OK)
		code = find_credentials(&sources, &settings, err);
	if (code == MM_OK)
		code = find_region(&sources, &settings.region, err);
	if (code == MM_OK)
		code = find_endpoint(&sources, &settings.endpoint_s3, err);
	if (code == MM_OK)
		code = find_setting(&sources, "AWS_CA_BUNDLE", "ca_bundle", &settings.ca_bundle, err);
	if (code == MM_OK) {
		*out = settings;
		settings = (struct mm_aws_settings){0};
	}
	return code;
}

static void free_secret(char *text)
{
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
}

void mm_aws_settings_clear(struct mm_aws_settings *settings)
{
	free(settings->access_key_id);
	free_secret(settings->secret_access_key);
	free_secret(settings->session_token);
	free(settings->region);
	free(settings->endpoint_s3);
	free(settings->ca_bundle);
	*settings = (struct mm_aws_settings){0};
}
