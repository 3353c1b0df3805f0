/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/keyname.h"
#include "cli/output.h"

#include <mintmark/file.h>
#include <mintmark/json.h>
#include <mintmark/jwks.h>
#include <mintmark/keyio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is printed: a line of both streams, or the objects of the answer in JSON. */
struct answer {
	struct mm_buf thumbprints; /* for standard output */
	struct mm_buf notes;       /* for standard error */
	json_t *keys;
};

static void answer_clear(struct answer *answer)
{
	mm_buf_free(&answer->thumbprints);
	mm_buf_free(&answer->notes);
	json_decref(answer->keys);
}

/* `kid` NULL: as kube-apiserver computes it. */
static enum mm_code add(struct answer *answer, const struct mm_key *key, const char *kid, struct mm_err *err)
{
	const char *algorithm = mm_key_alg(key)->name;
	char thumbprint[MM_KID_SIZE];
	enum mm_code code = mm_key_thumbprint(key, thumbprint, err);

	if (code != MM_OK)
		return code;
	kid = kid ? kid : mm_key_kid(key);
	mm_buf_printf(&answer->thumbprints, "%s\n", thumbprint);
	mm_buf_printf(&answer->notes, "%s  %s  kid ", thumbprint, algorithm);
	mm_add_visible(&answer->notes, mm_span_str(kid), false);
	mm_buf_add_str(&answer->notes, "\n");
	if (json_array_append_new(answer->keys, json_pack("{s:s, s:s, s:s}", "thumbprint", thumbprint, "kid", kid,
							  "algorithm", algorithm)) < 0)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	return MM_OK;
}

/* ---- from a file ------------------------------------------------------------------------------------------------ */

/* In the order of the document; a key of no kind of ours is passed over, with a note (RFC 7517 §5). */
static enum mm_code add_jwks(struct answer *answer, const json_t *keys, struct mm_err *err)
{
	enum mm_code code = MM_OK;
	const json_t *jwk;
	size_t i;

	json_array_foreach(keys, i, jwk)
	{
		mm_auto(mm_key) key = NULL;
		struct mm_err why = {0};

		if (mm_jwk_to_key(jwk, false, &key, &why) == MM_OK)
			code = add(answer, key, mm_json_text(jwk, "kid"), err);
		else
			mm_note("key %zu is passed over: %s", i, why.text);
		if (code != MM_OK)
			return code;
	}
	return json_array_size(answer->keys) > 0 ? MM_OK : mm_fail(err, MM_EPARSE, "no key in it can be used");
}

static enum mm_code add_text(struct answer *answer, struct mm_span text, struct mm_err *err)
{
	mm_auto(mm_key) key = NULL;
	json_t *document = NULL;
	bool is_json = mm_json_load(text, MM_JWKS_MAX, &document, NULL) == MM_OK;
	const json_t *keys = json_object_get(document, "keys");
	enum mm_code code;

	if (json_is_array(keys)) {
		code = add_jwks(answer, keys, err);
	} else {
		code = mm_key_import_public(text, &key, err);
		if (code == MM_OK)
			code = add(answer, key, is_json ? mm_json_text(document, "kid") : NULL, err);
	}
	mm_jwk_cleanse(document);
	json_decref(document);
	return code;
}

static enum mm_code add_file(struct answer *answer, const char *path, struct mm_err *err)
{
	mm_auto_buf text = {0};
	enum mm_code code = mm_path_read(path, MM_FILE_ANY, MM_JWKS_MAX, &text, err);

	if (code != MM_OK)
		return code;
	return mm_context(err, add_text(answer, mm_buf_span(&text), err), "%s",
			  strcmp(path, "-") == 0 ? "standard input" : path);
}

/* ---- from the key set ------------------------------------------------------------------------------------------- */

static enum mm_code add_published(struct answer *answer, const struct mm_keyset *set, mm_time now, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	for (size_t i = 0; i < set->count && code == MM_OK; i++) {
		const struct mm_key_record *record = &set->records[i];

		if (mm_key_states[mm_key_state(record, now)].in_jwks)
			code = add(answer, record->key, NULL, err);
	}
	return code;
}

static enum mm_code add_own(struct mm_call *call, struct answer *answer, struct mm_err *err)
{
	mm_auto_context context = {0};
	const struct mm_key_record *record;
	mm_time now = mm_clock_now();
	enum mm_code code = mm_cli_open_set(call, MM_LOAD_PUBLIC, &context, err);

	if (code != MM_OK)
		return code;
	if (call->argument_count == 0)
		return add_published(answer, context.set, now, err);
	code = mm_key_by_name(call, context.set, &context.policy, NULL, call->arguments[0], now, &record, err);
	if (code != MM_OK)
		return mm_context(err, code, "key thumbprint");
	return add(answer, record->key, NULL, err);
}

/* No kid has a slash or a dot in it. */
static bool is_file(const char *name)
{
	return strpbrk(name, "/.") || strcmp(name, "-") == 0 ||
	       (strcmp(name, "active") != 0 && access(name, F_OK) == 0);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	MM_CLEANUP(answer_clear) struct answer answer = {.keys = json_array()};
	bool from_file = call->argument_count > 0 && is_file(call->arguments[0]);
	enum mm_code code = from_file ? add_file(&answer, call->arguments[0], err) : add_own(call, &answer, err);

	if (code == MM_OK)
		code = mm_buf_check(&answer.notes, err);
	if (code != MM_OK)
		return code;
	if (mm_wants_json(call))
		return mm_print_json(json_pack("{s:O}", "keys", answer.keys), err);
	fputs(mm_buf_span(&answer.notes).p, stderr);
	return mm_print(&answer.thumbprints, err);
}

static const struct mm_flag flags[] = {
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_key_thumbprint = {
	.name = "key thumbprint",
	.arguments = "[KID|FILE]",
	.usage = "Prints the JWK thumbprint (RFC 7638, with SHA-256) of a key, and its kid on standard error: of the "
		 "key of the issuer with that kid, or its beginning, or 'active'; of a key in FILE (- for standard "
		 "input), in PEM or as a JWK, public or private, or of each in a JWKS; or of every key that is "
		 "published.\n"
		 "\n"
		 "It is not the kid, which is made as kube-apiserver makes it, from the same key in DER.",
	.flags = flags,
	.options_size = sizeof(struct mm_common_options),
	.run = run,
	.help = "print the JWK thumbprint of keys (RFC 7638)",
	.private_keys = true,
};
