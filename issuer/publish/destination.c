/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/publish/destination_impl.h"

#include <mintmark/json.h>
#include <mintmark/jwks.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 10000 };

/* All of these are texts that somebody wrote: the caller sees one code for them. */
static enum mm_code check_s3_options(const struct mm_destination_options *options, struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = MM_OK;

	if (options->endpoint)
		code = mm_s3_endpoint_check(options->endpoint, &why);
	if (code == MM_OK && options->region)
		code = mm_s3_region_check(options->region, &why);
	if (code == MM_OK || code == MM_ENOMEM)
		return code == MM_OK ? MM_OK : mm_fail(err, code, "%s", why.text);
	return mm_fail(err, MM_EPARSE, "%s", why.text);
}

static enum mm_code fill_s3(struct mm_destination *destination, const struct mm_destination_options *options,
			    struct mm_err *err)
{
	enum mm_code code = mm_s3_location_parse(destination->text, &destination->location, err);

	destination->ops = &mm_destination_s3;
	if (code == MM_OK)
		code = check_s3_options(options, err);
	if (code == MM_OK)
		code = mm_string_set(&destination->endpoint, options->endpoint, err);
	if (code == MM_OK)
		code = mm_string_set(&destination->region, options->region, err);
	return code;
}

enum mm_code mm_destination_new(const char *text, const struct mm_destination_options *options,
				struct mm_destination **out, struct mm_err *err)
{
	mm_auto(mm_destination) destination = calloc(1, sizeof *destination);
	enum mm_code code;

	*out = NULL;
	if (!destination)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	destination->ops = &mm_destination_dir;
	destination->omit_issuer_path = options->omit_issuer_path;
	destination->replace = options->replace;
	destination->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
	if (*text == '\0')
		return mm_fail(err, MM_EPARSE, "an empty destination; accepted: a directory, s3://BUCKET/PREFIX");
	code = mm_string_set(&destination->text, text, err);
	if (code == MM_OK && mm_s3_location_meant(text))
		code = fill_s3(destination, options, err);
	if (code == MM_OK)
		*out = mm_take(destination);
	return code;
}

void mm_destination_free(struct mm_destination *destination)
{
	if (!destination)
		return;
	mm_s3_location_clear(&destination->location);
	free(destination->text);
	free(destination->endpoint);
	free(destination->region);
	free(destination);
}

void mm_destination_result_clear(struct mm_destination_result *result)
{
	free(result->jwks_place);
	free(result->discovery_place);
	*result = (struct mm_destination_result){0};
}

enum mm_code mm_destination_publish(const struct mm_destination *destination,
				    const struct mm_destination_source *source, struct mm_destination_result *result,
				    struct mm_err *err)
{
	enum mm_code code;

	*result = (struct mm_destination_result){0};
	code = destination->ops->publish(destination, source, result, err);
	if (code != MM_OK)
		mm_destination_result_clear(result);
	return code;
}

char *mm_discovery_issuer(struct mm_span document)
{
	json_t *parsed = NULL;
	const char *issuer;
	char *copied = NULL;

	if (mm_json_load(document, MM_DISCOVERY_MAX, &parsed, NULL) != MM_OK)
		return NULL;
	if (mm_json_get_string(parsed, "issuer", &issuer, NULL) == MM_OK)
		copied = strdup(issuer);
	json_decref(parsed);
	return copied;
}
