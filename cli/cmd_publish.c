/* SPDX-License-Identifier: Apache-2.0 */
/* The two documents, written out for those who serve them. */
#include "cli/args.h"
#include "cli/change.h"
#include "cli/context.h"
#include "cli/output.h"

#include <mintmark/destination.h>
#include <stdlib.h>

struct publish_options {
	struct mm_common_options common;
	const char *endpoint;
	const char *region;
	bool omit_issuer_path;
	bool replace;
};

/* One destination, and what came of it. */
struct attempt {
	const char *text;
	struct mm_destination *destination;
	struct mm_destination_result result;
	struct mm_err err; /* empty: it has the documents */
};

struct publishing {
	struct mm_call *call;
	struct mm_cli_context context;
	struct attempt *attempts;
	size_t count;
	size_t failed;
	struct mm_snapshot *last;   /* that was loaded */
	struct mm_snapshot *oldest; /* that a destination got */
	struct mm_change delivery;
};

static void publishing_end(struct publishing *publishing)
{
	for (size_t i = 0; publishing->attempts && i < publishing->count; i++) {
		mm_destination_free(publishing->attempts[i].destination);
		mm_destination_result_clear(&publishing->attempts[i].result);
	}
	free(publishing->attempts);
	mm_change_clear(&publishing->delivery);
	mm_snapshot_free(publishing->last);
	mm_snapshot_free(publishing->oldest);
	mm_cli_context_clear(&publishing->context);
}

static const struct publish_options *options_of(const struct publishing *publishing)
{
	return publishing->call->options;
}

/* Those of the configuration are asked for, and with them the commit that they have it. */
static bool is_delivery(const struct publishing *publishing)
{
	return publishing->call->argument_count == 0;
}

/* ---- which destinations ----------------------------------------------------------------------------------------- */

/* Flags that say where a destination is would make those of the configuration others. */
static enum mm_code check_flags(const struct publishing *publishing, struct mm_err *err)
{
	const struct publish_options *options = options_of(publishing);
	const char *flag = options->endpoint           ? "--endpoint"
			   : options->region           ? "--region"
			   : options->omit_issuer_path ? "--omit-issuer-path"
						       : NULL;

	if (!flag || !is_delivery(publishing))
		return MM_OK;
	return mm_fail(err, MM_EUSAGE, "publish: %s goes with a DESTINATION; those of the configuration have its own",
		       flag);
}

static enum mm_code add_destinations(struct publishing *publishing, char *const *texts, struct mm_err *err)
{
	const struct publish_options *options = options_of(publishing);
	const struct mm_config *config = publishing->context.config;
	struct mm_destination_options how = {
		.endpoint = options->endpoint ? options->endpoint : config->s3.endpoint,
		.region = options->region ? options->region : config->s3.region,
		.omit_issuer_path = options->omit_issuer_path,
		.replace = options->replace,
	};
	enum mm_code code = MM_OK;

	publishing->attempts = calloc(publishing->count, sizeof *publishing->attempts);
	if (!publishing->attempts)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	for (size_t i = 0; code == MM_OK && i < publishing->count; i++) {
		struct mm_err why = {0};

		publishing->attempts[i].text = texts[i];
		code = mm_destination_new(texts[i], &how, &publishing->attempts[i].destination, &why);
		if (code != MM_OK)
			code = mm_fail(err, code == MM_EPARSE ? MM_EUSAGE : code, "publish: %s", why.text);
	}
	return code;
}

static enum mm_code find_destinations(struct publishing *publishing, struct mm_err *err)
{
	const struct mm_config *config = publishing->context.config;
	char *const *texts = is_delivery(publishing) ? config->publish.v : publishing->call->arguments;

	publishing->count = is_delivery(publishing) ? config->publish.n : publishing->call->argument_count;
	if (publishing->count > 0)
		return add_destinations(publishing, texts, err);
	mm_hint(publishing->call, "name a directory or s3://BUCKET/PREFIX, or set the option publish in %s",
		config->name);
	return mm_fail(err, MM_EUSAGE, "publish: no destination, and the configuration names none");
}

/* ---- publishing ------------------------------------------------------------------------------------------------- */

static enum mm_code load(void *arg, struct mm_snapshot **out, struct mm_err *err)
{
	struct publishing *publishing = arg;
	struct mm_cli_context *context = &publishing->context;
	enum mm_code code;

	mm_keyset_free(mm_take(context->set));
	mm_snapshot_free(mm_take(publishing->last));
	code = mm_store_load(context->store, MM_LOAD_PUBLIC, &context->set, err);
	if (code == MM_OK)
		code = mm_snapshot_build(context->config, context->set, false, mm_clock_now(), &publishing->last, err);
	if (code == MM_OK)
		*out = mm_snapshot_ref(publishing->last);
	return code;
}

/* The last that was loaded is what the destination has. */
static void note_delivered(struct publishing *publishing)
{
	if (publishing->oldest && publishing->oldest->revision <= publishing->last->revision)
		return;
	mm_snapshot_free(publishing->oldest);
	publishing->oldest = mm_snapshot_ref(publishing->last);
}

/* All are tried, whatever becomes of one; where there are several, each failure is told as it comes. */
static void publish_to_all(struct publishing *publishing)
{
	struct mm_destination_source source = {.load = load, .arg = publishing};

	for (size_t i = 0; i < publishing->count; i++) {
		struct attempt *attempt = &publishing->attempts[i];
		const struct mm_err *warning = &attempt->result.warning;

		if (mm_destination_publish(attempt->destination, &source, &attempt->result, &attempt->err) == MM_OK) {
			note_delivered(publishing);
			if (warning->code != MM_OK)
				mm_note("warning: %s: %s", attempt->text, warning->text);
			continue;
		}
		publishing->failed++;
		if (publishing->count > 1)
			mm_note("%s", attempt->err.text);
	}
}

static enum mm_code deliver(struct publishing *publishing, struct mm_err *err)
{
	struct mm_manage manage = {
		.store = publishing->context.store,
		.policy = &publishing->context.policy,
		.actor = {.name = publishing->call->command->name},
	};
	enum mm_code code = mm_manage_deliver(&manage, publishing->oldest->set, &publishing->delivery, err);

	if (code == MM_OK)
		mm_cli_note_warning(&publishing->context);
	return mm_context(err, code, "the documents are published, but the keys still wait");
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

static void add_text(struct mm_buf *out, const struct mm_destination_result *result)
{
	mm_buf_printf(out, "%s %s\n", result->jwks_place, result->jwks_written ? "written" : "unchanged");
	mm_buf_printf(out, "%s %s\n", result->discovery_place, result->discovery_written ? "written" : "unchanged");
}

static enum mm_code print_text(const struct publishing *publishing, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code;

	for (size_t i = 0; i < publishing->count; i++) {
		if (publishing->attempts[i].err.code == MM_OK)
			add_text(&text, &publishing->attempts[i].result);
	}
	code = mm_change_add_events(&text, &publishing->delivery, err);
	return code == MM_OK ? mm_print(&text, err) : code;
}

static json_t *documents_json(const struct mm_destination_result *result)
{
	return json_pack("{s:{s:s, s:b}, s:{s:s, s:b}}", "jwks", "path", result->jwks_place, "written",
			 result->jwks_written, "discovery", "path", result->discovery_place, "written",
			 result->discovery_written);
}

static json_t *attempt_json(const struct attempt *attempt)
{
	const struct mm_destination_result *result = &attempt->result;
	json_t *row;

	if (attempt->err.code != MM_OK)
		return json_pack("{s:s, s:{s:s, s:s}}", "destination", attempt->text, "error", "code",
				 mm_code_name(attempt->err.code), "text", attempt->err.text);
	row = json_pack("{s:s, s:I, s:s?}", "destination", attempt->text, "revision", (json_int_t)result->revision,
			"warning", result->warning.code == MM_OK ? NULL : result->warning.text);
	if (json_object_update_new(row, documents_json(result)) == 0)
		return row;
	json_decref(row);
	return NULL;
}

static enum mm_code print_all_json(const struct publishing *publishing, struct mm_err *err)
{
	json_t *rows = json_array(), *delivery = NULL;
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < publishing->count; i++) {
		if (json_array_append_new(rows, attempt_json(&publishing->attempts[i])) != 0)
			code = mm_fail(err, MM_ENOMEM, "out of memory");
	}
	if (code == MM_OK && publishing->delivery.after)
		code = mm_change_json(&publishing->delivery, &publishing->context.policy,
				      &publishing->context.store->warning, &delivery, err);
	if (code == MM_OK)
		return mm_print_json(json_pack("{s:o, s:o?}", "destinations", rows, "delivery", delivery), err);
	json_decref(rows);
	return code;
}

/* The one destination that somebody named is the answer itself. */
static enum mm_code print_json(const struct publishing *publishing, struct mm_err *err)
{
	if (publishing->count == 1 && !is_delivery(publishing))
		return mm_print_json(documents_json(&publishing->attempts[0].result), err);
	return print_all_json(publishing, err);
}

static void hint(struct publishing *publishing, const struct mm_err *failure)
{
	if (failure->code == MM_ECONFIG)
		mm_hint(publishing->call,
			"BUCKETS in mintmark(1) says where credentials, endpoint and region are looked for");
}

static enum mm_code fail_some(struct publishing *publishing, struct mm_err *err)
{
	return mm_fail(err, MM_ENETWORK, "%zu of %zu destinations failed%s", publishing->failed, publishing->count,
		       is_delivery(publishing) ? "; until all have the documents, no new key's wait begins" : "");
}

static enum mm_code run_publish(struct mm_call *call, struct mm_err *err)
{
	MM_CLEANUP(publishing_end) struct publishing publishing = {.call = call};
	enum mm_code code = check_flags(&publishing, err);

	if (code == MM_OK)
		code = mm_cli_open_store(call, &publishing.context, err);
	if (code == MM_OK)
		code = find_destinations(&publishing, err);
	if (code != MM_OK)
		return code;
	publish_to_all(&publishing);
	if (publishing.failed > 0 && publishing.count == 1) {
		hint(&publishing, &publishing.attempts[0].err);
		return mm_fail(err, publishing.attempts[0].err.code, "%s", publishing.attempts[0].err.text);
	}
	if (publishing.failed == 0 && is_delivery(&publishing))
		code = deliver(&publishing, err);
	if (code == MM_OK)
		code = mm_wants_json(call) ? print_json(&publishing, err) : print_text(&publishing, err);
	return code == MM_OK && publishing.failed > 0 ? fail_some(&publishing, err) : code;
}

static const struct mm_flag publish_flags[] = {
	{.name = "endpoint",
	 .type = MM_FLAG_TEXT,
	 .offset = offsetof(struct publish_options, endpoint),
	 .value = "URL",
	 .help = "the store behind s3:// (default: s3.endpoint, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, or AWS)"},
	{.name = "region",
	 .type = MM_FLAG_TEXT,
	 .offset = offsetof(struct publish_options, region),
	 .value = "REGION",
	 .help = "the bucket's (default: s3.region, AWS_REGION, AWS_DEFAULT_REGION, or the profile's)"},
	{.name = "omit-issuer-path",
	 .type = MM_FLAG_SWITCH,
	 .offset = offsetof(struct publish_options, omit_issuer_path),
	 .help = "a directory stands for the issuer URL itself, not for the root of its host"},
	{.name = "replace",
	 .type = MM_FLAG_SWITCH,
	 .offset = offsetof(struct publish_options, replace),
	 .help = "also documents of a newer revision, of another issuer, or of nobody known"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_publish = {
	.name = "publish",
	.arguments = "[DESTINATION]...",
	.usage =
		"Writes the JWKS and then the discovery document to each DESTINATION: a directory, which is the root "
		"of the issuer's host, or s3://BUCKET/PREFIX, which stands for the issuer URL itself. Each document is "
		"replaced at once, and left alone when it is right already. A newer revision and another issuer's "
		"documents are not overwritten.\n"
		"\n"
		"Without DESTINATION it is those of the option publish in the configuration; and when all of them have "
		"the documents, that is committed: the waits of new keys begin. For cron, where nothing is served; "
		"'mintmark serve' does the same by itself.\n"
		"\n"
		"A web server that serves a directory does not know the types of the two files, which have no "
		"extension: application/json for the discovery document, application/jwk-set+json or application/json "
		"for the JWKS. In S3 they are set.",
	.flags = publish_flags,
	.options_size = sizeof(struct publish_options),
	.run = run_publish,
	.private_keys = true,
	.help = "write both documents out for a static host or a bucket",
};
