/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/context.h"
#include "cli/input.h"
#include "cli/output.h"

#include <mintmark/json.h>
#include <mintmark/token.h>
#include <string.h>

struct verify_options {
	struct mm_common_options common;
	const char *jwks;
	const char *issuer;
	const char *cacert;
	struct mm_strings audiences;
	mm_time at;
	bool jws;
};

/* ---- where the keys come from ----------------------------------------------------------------------------------- */

/* Through the published form, so that what is checked is what others would check against. */
static enum mm_code own_jwks(struct mm_call *call, struct mm_cli_context *context, struct mm_jwks **out,
			     struct mm_err *err)
{
	mm_auto(mm_snapshot) snapshot = NULL;
	enum mm_code code = mm_cli_open_snapshot(call, false, mm_clock_now(), context, &snapshot, err);

	return code == MM_OK ? mm_jwks_parse(mm_buf_span(&snapshot->documents->jwks.body), out, err) : code;
}

/* `*issuer` is what iss must be; NULL: any. It is borrowed from the options or the context. */
static enum mm_code open_jwks(struct mm_call *call, struct mm_cli_context *context, struct mm_jwks **out,
			      const char **issuer, struct mm_err *err)
{
	const struct verify_options *options = call->options;
	enum mm_code code;

	*issuer = options->issuer;
	if (options->jwks)
		return mm_read_jwks(options->jwks, out, err);
	if (options->issuer)
		return mm_jwks_discover(options->issuer, options->cacert, 0, out, err);
	code = own_jwks(call, context, out, err);
	if (code == MM_OK)
		*issuer = context->config->issuer;
	else if (call->hint[0] != '\0') /* there is no configuration, or no key set: another way leads there too */
		mm_hint(call, "--jwks FILE or --issuer URL verifies without a key set of one's own");
	return code;
}

static enum mm_code check_options(const struct mm_call *call, struct mm_err *err)
{
	const struct verify_options *options = call->options;
	const char *why = NULL;

	if (options->jwks && strcmp(options->jwks, "-") == 0 &&
	    (call->argument_count == 0 || strcmp(call->arguments[0], "-") == 0))
		why = "token and --jwks cannot both be standard input";
	else if (options->cacert && (options->jwks || !options->issuer))
		why = "--cacert needs --issuer, and no --jwks: otherwise nothing is fetched";
	else if (options->jws && options->jwks && options->issuer)
		why = "--jws checks no claims, so --issuer means nothing beside --jwks";
	else if (options->jws && (options->audiences.n > 0 || options->at != MM_NEVER))
		why = "--jws checks no claims, so --audience and --at mean nothing";
	return why ? mm_fail(err, MM_EUSAGE, "token verify: %s", why) : MM_OK;
}

/* ---- the answer ------------------------------------------------------------------------------------------------- */

static void add_audiences(struct mm_buf *out, const json_t *audiences)
{
	size_t i;
	json_t *audience;

	if (json_is_string(audiences))
		mm_add_visible(out, mm_span_str(json_string_value(audiences)), false);
	json_array_foreach(audiences, i, audience)
	{
		mm_buf_add_str(out, i > 0 ? " and " : "");
		mm_add_visible(out, mm_span_str(json_string_value(audience)), false);
	}
}

/* "valid: SUBJECT for AUDIENCES, from ISSUER, until TIME (in 59m), by RS256 key KID" */
static enum mm_code print_text(const struct mm_token *token, mm_time now, struct mm_err *err)
{
	const char *subject = mm_json_text(token->claims, "sub");
	mm_auto_buf text = {0};

	mm_buf_add_str(&text, "valid: ");
	if (token->claims) {
		char until[MM_TIME_TEXT_SIZE], distance[MM_DISTANCE_SIZE];
		mm_time expires = json_integer_value(json_object_get(token->claims, "exp"));

		mm_time_format(expires, until);
		mm_distance_format(expires, now, distance);
		mm_add_visible(&text, mm_span_str(subject ? subject : "no subject"), false);
		mm_buf_add_str(&text, " for ");
		add_audiences(&text, json_object_get(token->claims, "aud"));
		mm_buf_add_str(&text, ", from ");
		mm_add_visible(&text, mm_span_str(mm_json_text(token->claims, "iss")), false);
		mm_buf_printf(&text, ", until %s (%s), ", until, distance);
	} else {
		mm_buf_printf(&text, "signature over %zu bytes, ", token->payload.len);
	}
	mm_buf_printf(&text, "by %s key ", token->alg->name);
	mm_add_visible(&text, mm_span_str(*token->kid ? token->kid : "without kid"), false);
	mm_buf_add_str(&text, "\n");
	return mm_print(&text, err);
}

static enum mm_code print_valid(const struct mm_call *call, const struct mm_token *token, mm_time now,
				struct mm_err *err)
{
	if (!mm_wants_json(call))
		return print_text(token, now, err);
	return mm_print_json(json_pack("{s:b, s:s, s:s, s:O, s:O*}", "valid", 1, "algorithm", token->alg->name, "kid",
				       token->kid, "header", token->header, "claims", token->claims),
			     err);
}

/* In JSON "not valid" is an answer as well; why it is not valid goes to standard error in any case. */
static enum mm_code print_invalid(const struct mm_call *call, enum mm_code code, const struct mm_err *why)
{
	struct mm_err err = {0};

	if (!mm_wants_json(call))
		return MM_OK;
	return mm_print_json(json_pack("{s:b, s:s, s:s}", "valid", 0, "error", mm_code_name(code), "reason", why->text),
			     &err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct verify_options *options = call->options;
	MM_CLEANUP(mm_token_clear) struct mm_token token = {0};
	mm_auto_context context = {0};
	mm_auto(mm_jwks) jwks = NULL;
	mm_auto_buf text = {0};
	struct mm_verify_options rules = {
		.audiences = (const char *const *)options->audiences.v,
		.audience_count = options->audiences.n,
		.now = options->at != MM_NEVER ? options->at : mm_clock_now(),
		.leeway = MM_LEEWAY,
		.signature_only = options->jws,
	};
	enum mm_code code = check_options(call, err);

	if (code == MM_OK)
		code = mm_read_token(call, &text, err);
	if (code == MM_OK)
		code = open_jwks(call, &context, &jwks, &rules.issuer, err);
	if (code != MM_OK)
		return code;
	code = mm_token_verify(mm_buf_span(&text), jwks, &rules, &token, err);
	if (code == MM_OK)
		return print_valid(call, &token, rules.now, err);
	return print_invalid(call, code, err) == MM_OK ? code : MM_EIO;
}

#define AT(member) offsetof(struct verify_options, member)

static const struct mm_flag flags[] = {
	{.name = "jwks",
	 .type = MM_FLAG_FILE,
	 .offset = AT(jwks),
	 .value = "FILE",
	 .help = "the keys to verify with, - for standard input"},
	{.name = "issuer",
	 .type = MM_FLAG_TEXT,
	 .offset = AT(issuer),
	 .value = "URL",
	 .help = "what iss must be, and, without --jwks, where the keys are fetched as a stranger would"},
	{.name = "cacert",
	 .type = MM_FLAG_FILE,
	 .offset = AT(cacert),
	 .value = "FILE",
	 .help = "the authorities to trust when fetching, in place of the system's"},
	{.name = "audience",
	 .type = MM_FLAG_LIST,
	 .offset = AT(audiences),
	 .value = "AUDIENCE",
	 .help = "one of these must be in aud; without it any will do"},
	{.name = "at",
	 .type = MM_FLAG_TIME,
	 .offset = AT(at),
	 .value = "TIME",
	 .help = "verify as if it were this time, such as 2026-11-22T00:15:00Z"},
	{.name = "jws",
	 .type = MM_FLAG_SWITCH,
	 .offset = AT(jws),
	 .help = "verify the signature alone, over any payload"},
	MM_FLAG_ROW_CONFIG,
	MM_FLAG_ROW_OUTPUT,
	{0},
};

const struct mm_command mm_cmd_token_verify = {
	.name = "token verify",
	.arguments = "[TOKEN|-]",
	.usage = "Verifies a token strictly (RFC 8725): signature, iss, aud, exp, nbf and iat, with a leeway of 60 "
		 "seconds. Exit status 0 when it is valid, and 1 with the reason when it is not. Without --jwks and "
		 "--issuer it is verified against the issuer and the keys of the configuration.\n"
		 "\n"
		 "Without TOKEN, or with -, the token is read from standard input, which keeps it out of process "
		 "listings.",
	.flags = flags,
	.options_size = sizeof(struct verify_options),
	.run = run,
	.help = "verify a token, and say why it is not valid",
};
