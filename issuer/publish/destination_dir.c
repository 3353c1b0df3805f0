/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of a static host: under its lock, and durable (document.h). */
#include "issuer/publish/destination_impl.h"

#include <mintmark/file.h>
#include <mintmark/jwks.h>
#include <mintmark/url.h>
#include <stdlib.h>
#include <string.h>

static enum mm_code place(const struct mm_destination *destination, const char *prefix, const char *path, char **out,
			  struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code;

	mm_buf_printf(&text, "%s%s%s", destination->text, prefix, path);
	code = mm_buf_check(&text, err);
	if (code == MM_OK)
		*out = mm_buf_take(&text);
	return code;
}

/* What cannot be read, or is no discovery document, is nobody's. */
static enum mm_code check_issuer(const char *path, const char *issuer, struct mm_err *err)
{
	mm_auto_buf found = {0};
	mm_auto_string other = NULL;

	if (mm_path_read(path, MM_FILE_ANY, MM_DISCOVERY_MAX, &found, NULL) != MM_OK)
		return MM_OK;
	other = mm_discovery_issuer(mm_buf_span(&found));
	if (!other || strcmp(other, issuer) == 0)
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "%s is of issuer %s, not of %s; 'mintmark publish --replace' overwrites it",
		       path, other, issuer);
}

/* The key set is loaded under the lock of the directory, or else an older set could be published after a newer. */
static enum mm_code publish_locked(const struct mm_destination *destination, int site,
				   const struct mm_destination_source *source, struct mm_destination_result *result,
				   struct mm_err *err)
{
	mm_auto(mm_snapshot) snapshot = NULL;
	mm_auto(mm_url) issuer = NULL;
	struct mm_publish_result written;
	const char *prefix = "";
	enum mm_code code = source->load(source->arg, &snapshot, err);

	if (code == MM_OK)
		code = mm_issuer_url_check(snapshot->issuer, &issuer, err);
	if (code != MM_OK)
		return code;
	if (!destination->omit_issuer_path)
		prefix = issuer->path;
	code = place(destination, prefix, MM_JWKS_PATH, &result->jwks_place, err);
	if (code == MM_OK)
		code = place(destination, prefix, MM_DISCOVERY_PATH, &result->discovery_place, err);
	if (code == MM_OK && !destination->replace)
		code = check_issuer(result->discovery_place, snapshot->issuer, err);
	if (code == MM_OK)
		code = mm_documents_publish(snapshot->documents, site, prefix, &written, err);
	if (code != MM_OK)
		return code;
	result->revision = snapshot->revision;
	result->jwks_written = written.jwks_written;
	result->discovery_written = written.discovery_written;
	return MM_OK;
}

static enum mm_code publish(const struct mm_destination *destination, const struct mm_destination_source *source,
			    struct mm_destination_result *result, struct mm_err *err)
{
	mm_auto_fd site = -1;
	enum mm_code code = mm_site_lock(destination->text, destination->timeout_ms, &site, err);

	if (code != MM_OK)
		return code;
	return mm_context(err, publish_locked(destination, site, source, result, err), "%s", destination->text);
}

const struct mm_destination_ops mm_destination_dir = {.publish = publish};
