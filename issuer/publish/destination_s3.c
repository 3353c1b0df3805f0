/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bucket: look at both objects, load the key set, judge, put. Nothing is locked; a put goes through only if the object
 * is still as it was seen, or else the next round begins. Since the key set is loaded after the look, an object of a
 * newer revision is not that of somebody with the same store who was faster: ours is the older store then
 * (docs/decisions/0020).
 */
#include "issuer/publish/destination_impl.h"
#include "issuer/publish/s3_object.h"
#include "issuer/publish/s3_url.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 5 };

#define DEFAULT_REGION "us-east-1" /* behind an endpoint that does not care, as botocore has it */

struct publication {
	const struct mm_destination *destination;
	const struct mm_destination_source *source;
	struct mm_s3_client *client;
	struct mm_s3_object jwks, discovery;
	struct mm_snapshot *snapshot; /* of this round */
	bool unconditional;           /* the store does not know conditional writes */
	struct mm_destination_result *result;
};

static void publication_end(struct publication *publication)
{
	mm_s3_client_free(publication->client);
	mm_s3_object_clear(&publication->jwks);
	mm_s3_object_clear(&publication->discovery);
	mm_snapshot_free(publication->snapshot);
}

/* ---- the way there ---------------------------------------------------------------------------------------------- */

/* What is not of the configuration was not checked yet. */
static enum mm_code choose_region(const struct mm_destination *destination, const struct mm_aws_settings *settings,
				  const char *endpoint, const char **region, struct mm_err *err)
{
	*region = destination->region ? destination->region : settings->region;
	if (!*region && endpoint)
		*region = DEFAULT_REGION;
	if (!*region)
		return mm_fail(err, MM_ECONFIG,
			       "in which region? Nothing says so: not --region, s3.region, AWS_REGION or the profile");
	return mm_context(err, mm_s3_region_check(*region, err), "region");
}

static enum mm_code open_client(struct publication *publication, struct mm_err *err)
{
	const struct mm_destination *destination = publication->destination;
	mm_auto_aws_settings settings = {0};
	struct mm_s3_client_options options = {.settings = &settings, .timeout_ms = destination->timeout_ms};
	mm_auto_buf url = {0};
	const char *endpoint;
	enum mm_code code = mm_aws_settings_load(&settings, err);

	if (code != MM_OK)
		return code;
	endpoint = destination->endpoint ? destination->endpoint : settings.endpoint_s3;
	if (endpoint)
		code = mm_context(err, mm_s3_endpoint_check(endpoint, err), "endpoint");
	if (code == MM_OK)
		code = choose_region(destination, &settings, endpoint, &options.region, err);
	if (code != MM_OK)
		return code;
	mm_s3_add_bucket_url(&url, destination->location.bucket, endpoint, options.region);
	code = mm_buf_check(&url, err);
	options.bucket_url = url.p;
	return code == MM_OK ? mm_s3_client_new(&options, &publication->client, err) : code;
}

/* The key of the object, and where that is for people. */
static enum mm_code name_object(const struct mm_s3_location *location, const char *path, struct mm_s3_object *object,
				char **place, struct mm_err *err)
{
	mm_auto_buf text = {0};
	size_t bucket_len;
	enum mm_code code;

	mm_buf_printf(&text, "s3://%s/", location->bucket);
	bucket_len = text.len;
	mm_buf_printf(&text, "%s%s%s", location->prefix, *location->prefix != '\0' ? "/" : "", path + 1);
	code = mm_buf_check(&text, err);
	if (code != MM_OK)
		return code;
	object->key = strdup(text.p + bucket_len);
	*place = mm_buf_take(&text);
	return object->key ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

/* ---- may it be replaced? ---------------------------------------------------------------------------------------- */

/*
 * Whose it is, as far as it tells: by its mark, or as a discovery document by what it says; a JWKS that was put there
 * by hand belongs to the discovery document beside it. The caller frees it.
 */
static char *owner_of(const struct publication *publication, const struct mm_s3_object *object)
{
	const struct mm_s3_object *discovery = &publication->discovery;
	const char *mark = object->issuer ? object->issuer : discovery->issuer;

	return mark ? strdup(mark) : mm_discovery_issuer(mm_buf_span(&discovery->body));
}

static enum mm_code judge(const struct publication *publication, const struct mm_s3_object *object, struct mm_err *err)
{
	const struct mm_snapshot *snapshot = publication->snapshot;
	mm_auto_string owner = NULL;
	uint64_t revision = 0;

	if (object->seen != MM_S3_THERE)
		return MM_OK;
	owner = owner_of(publication, object);
	if (!owner)
		return mm_fail(
			err, MM_EREFUSED,
			"%s is there already, and is not of mintmark; 'mintmark publish --replace' overwrites it",
			object->key);
	if (strcmp(owner, snapshot->issuer) != 0)
		return mm_fail(err, MM_EREFUSED,
			       "%s is of issuer %s, not of %s; 'mintmark publish --replace' overwrites it", object->key,
			       owner, snapshot->issuer);
	if (object->revision && !mm_s3_object_revision(object, &revision))
		return mm_fail(err, MM_EREFUSED,
			       "%s is marked with revision \"%.40s\", which is none; 'mintmark publish --replace' "
			       "overwrites it",
			       object->key, object->revision);
	if (revision > snapshot->revision)
		return mm_fail(err, MM_ECONFLICT,
			       "%s is of revision %llu, and this key set is at %llu: is it an old copy? 'mintmark "
			       "publish --replace' goes back to it",
			       object->key, (unsigned long long)revision, (unsigned long long)snapshot->revision);
	return MM_OK;
}

/* ---- putting ---------------------------------------------------------------------------------------------------- */

/* Never over what could not even be looked at. */
static enum mm_code do_without_conditions(struct publication *publication, const struct mm_s3_object *object,
					  struct mm_err *err)
{
	if (object->seen == MM_S3_HIDDEN)
		return mm_fail(
			err, MM_EREFUSED,
			"%s may not be read, and the store has no conditional writes: nobody can tell what would "
			"be overwritten; the credentials need s3:GetObject",
			object->key);
	if (!publication->unconditional)
		mm_fail(&publication->result->warning, MM_ECONFLICT,
			"the store does not know conditional writes (If-Match): of two who publish at the same time "
			"the older may win; let only one");
	publication->unconditional = true;
	return MM_OK;
}

static enum mm_code fail_hidden(const struct mm_s3_object *object, struct mm_err *err)
{
	return mm_fail(err, MM_EREFUSED, "%s is there already, and may not be read: the credentials need s3:GetObject",
		       object->key);
}

static enum mm_code put(struct publication *publication, const struct mm_s3_object *object,
			const struct mm_document *document, bool *written, bool *overtaken, struct mm_err *err)
{
	const struct mm_snapshot *snapshot = publication->snapshot;
	struct mm_s3_content content = {.document = document,
					.issuer = snapshot->issuer,
					.revision = snapshot->revision,
					.max_age = snapshot->documents->max_age};
	bool hidden = object->seen == MM_S3_HIDDEN;
	bool conditional = !publication->unconditional && !(hidden && publication->destination->replace);
	enum mm_s3_put_outcome outcome;
	enum mm_code code;

	if (mm_s3_object_is(object, &content))
		return MM_OK;
	code = mm_s3_object_put(publication->client, object, &content, conditional, &outcome, err);
	if (code == MM_OK && outcome == MM_S3_PUT_NO_CONDITIONS) {
		code = do_without_conditions(publication, object, err);
		if (code == MM_OK)
			code = mm_s3_object_put(publication->client, object, &content, false, &outcome, err);
	}
	if (code != MM_OK)
		return code;
	*overtaken = outcome == MM_S3_PUT_OVERTAKEN;
	if (*overtaken)
		return hidden ? fail_hidden(object, err) : MM_OK;
	*written = true;
	return MM_OK;
}

/* ---- a round ---------------------------------------------------------------------------------------------------- */

static enum mm_code look(struct publication *publication, struct mm_err *err)
{
	enum mm_code code = mm_s3_object_look(publication->client, &publication->jwks, err);

	if (code == MM_OK)
		code = mm_s3_object_look(publication->client, &publication->discovery, err);
	return code;
}

static enum mm_code load(struct publication *publication, struct mm_err *err)
{
	mm_snapshot_free(publication->snapshot);
	publication->snapshot = NULL;
	return publication->source->load(publication->source->arg, &publication->snapshot, err);
}

/* Both are judged before either is touched. */
static enum mm_code publish_round(struct publication *publication, bool *overtaken, struct mm_err *err)
{
	struct mm_destination_result *result = publication->result;
	const struct mm_documents *documents;
	enum mm_code code = look(publication, err);

	*overtaken = false;
	if (code == MM_OK)
		code = load(publication, err);
	if (code == MM_OK && !publication->destination->replace)
		code = judge(publication, &publication->jwks, err);
	if (code == MM_OK && !publication->destination->replace)
		code = judge(publication, &publication->discovery, err);
	if (code != MM_OK)
		return code;
	documents = publication->snapshot->documents;
	code = put(publication, &publication->jwks, &documents->jwks, &result->jwks_written, overtaken, err);
	if (code == MM_OK && !*overtaken)
		code = put(publication, &publication->discovery, &documents->discovery, &result->discovery_written,
			   overtaken, err);
	result->revision = publication->snapshot->revision;
	return code;
}

static enum mm_code publish_rounds(struct publication *publication, struct mm_err *err)
{
	bool overtaken = true;
	enum mm_code code = MM_OK;

	for (int i = 0; code == MM_OK && overtaken && i < ROUNDS_MAX; i++)
		code = publish_round(publication, &overtaken, err);
	if (code == MM_OK && overtaken)
		return mm_fail(err, MM_ECONFLICT, "others publish there at the same time; gave up after %d attempts",
			       ROUNDS_MAX);
	return code;
}

static enum mm_code publish(const struct mm_destination *destination, const struct mm_destination_source *source,
			    struct mm_destination_result *result, struct mm_err *err)
{
	MM_CLEANUP(publication_end)
	struct publication publication = {.destination = destination, .source = source, .result = result};
	enum mm_code code = name_object(&destination->location, MM_JWKS_PATH, &publication.jwks, &result->jwks_place,
					err);

	if (code == MM_OK)
		code = name_object(&destination->location, MM_DISCOVERY_PATH, &publication.discovery,
				   &result->discovery_place, err);
	if (code == MM_OK)
		code = open_client(&publication, err);
	if (code == MM_OK)
		code = publish_rounds(&publication, err);
	return mm_context(err, code, "%s", destination->text);
}

const struct mm_destination_ops mm_destination_s3 = {.publish = publish};
