/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/publish/aws_sources.h"

#include <mintmark/file.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 256 * 1024 };

const char *mm_aws_variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value != '\0' ? value : NULL;
}

/* ---- the files -------------------------------------------------------------------------------------------------- */

/* `*path` is what the variable names, or `fallback` in the home directory; NULL without one. */
static enum mm_code find_file(const char *named, const char *fallback, char **path, struct mm_err *err)
{
	const char *home = mm_aws_variable("HOME");
	mm_auto_buf text = {0};
	enum mm_code code;

	if (!named && !home)
		return MM_OK;
	if (!named)
		mm_buf_printf(&text, "%s%s", home, fallback);
	else if (strncmp(named, "~/", 2) == 0 && home)
		mm_buf_printf(&text, "%s%s", home, named + 1);
	else
		mm_buf_add_str(&text, named);
	code = mm_buf_check(&text, err);
	if (code == MM_OK)
		*path = mm_buf_take(&text);
	return code;
}

/*
 * A file that is not there is an empty one, and so is one that cannot be reached where nobody named it: the home
 * directory of a service is often closed to it.
 */
static enum mm_code read_file(const char *path, bool named, struct mm_buf *out, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code;

	if (!path || strcmp(path, "/dev/null") == 0)
		return MM_OK;
	code = mm_path_read(path, MM_FILE_ANY, FILE_MAX, out, &why);
	if (code == MM_OK || code == MM_ENOTFOUND || (code == MM_EIO && !named))
		return MM_OK;
	return mm_fail(err, code, "%s", why.text);
}

static enum mm_code load_place(const char *name, const char *fallback, enum mm_aws_file_kind kind,
			       struct mm_aws_place *place, struct mm_err *err)
{
	const char *named = mm_aws_variable(name);
	mm_auto_buf text = {0};
	enum mm_code code = find_file(named, fallback, &place->path, err);

	if (code == MM_OK)
		code = read_file(place->path, named != NULL, &text, err);
	if (code != MM_OK)
		return code;
	return mm_context(err, mm_aws_file_parse(&text, kind, &place->file, err), "%s", mm_aws_place_name(place));
}

static void clear_place(struct mm_aws_place *place)
{
	free(place->path);
	mm_aws_file_clear(&place->file);
}

void mm_aws_sources_clear(struct mm_aws_sources *sources)
{
	clear_place(&sources->credentials);
	clear_place(&sources->config);
}

const char *mm_aws_place_name(const struct mm_aws_place *place)
{
	return place->path ? place->path : "no file ($HOME is not set)";
}

/* ---- the profile ------------------------------------------------------------------------------------------------ */

/* A name that somebody gave must be that of something. */
static enum mm_code check_profile(const struct mm_aws_sources *sources, const char *name, struct mm_err *err)
{
	const char *profile = sources->profile;

	if (mm_aws_file_has_profile(&sources->credentials.file, profile) ||
	    mm_aws_file_has_profile(&sources->config.file, profile))
		return MM_OK;
	return mm_fail(err, MM_ECONFIG, "%s is \"%.80s\": there is no [%.80s] in %s, and no [profile %.80s] in %s",
		       name, profile, profile, mm_aws_place_name(&sources->credentials), profile,
		       mm_aws_place_name(&sources->config));
}

enum mm_code mm_aws_sources_load(struct mm_aws_sources *out, struct mm_err *err)
{
	const char *name = mm_aws_variable("AWS_PROFILE") ? "AWS_PROFILE" : "AWS_DEFAULT_PROFILE";
	const char *profile = mm_aws_variable(name);
	enum mm_code code;

	*out = (struct mm_aws_sources){.profile = profile ? profile : "default"};
	code = load_place("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials", MM_AWS_CREDENTIALS, &out->credentials,
			  err);
	if (code == MM_OK)
		code = load_place("AWS_CONFIG_FILE", "/.aws/config", MM_AWS_CONFIG, &out->config, err);
	return code == MM_OK && profile ? check_profile(out, name, err) : code;
}

enum mm_code mm_aws_place_get(const struct mm_aws_place *place, const char *profile, const char *name,
			      struct mm_span *value, struct mm_err *err)
{
	return mm_context(err, mm_aws_file_get(&place->file, "profile", mm_span_str(profile), NULL, name, value, err),
			  "%s", mm_aws_place_name(place));
}

enum mm_code mm_aws_sources_get(const struct mm_aws_sources *sources, const char *name, struct mm_span *value,
				struct mm_err *err)
{
	enum mm_code code = mm_aws_place_get(&sources->config, sources->profile, name, value, err);

	if (code == MM_OK && !value->p)
		code = mm_aws_place_get(&sources->credentials, sources->profile, name, value, err);
	return code;
}
