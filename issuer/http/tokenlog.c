/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/tokenlog.h"

#include "issuer/http/response.h"
#include "issuer/http/stats.h"

#include <mintmark/keyset.h>

#define PART_MAX 1024 /* bytes of audiences in one line, of which log.c takes some 4000; names before it are shorter */

#define MM_F_CALLER(context)                                                                                           \
	MM_F_STR("caller", (context)->caller.user->name),                                                              \
		MM_F_STR("via", mm_caller_kind_name((context)->caller.kind)), MM_F_STR("peer", (context)->address)

/* In `mintmark dev` every token is made for a test, whose own output these lines would drown. */
static enum mm_log_level level_of(const struct mm_context *context)
{
	return context->dev ? MM_LOG_INFO : MM_LOG_AUDIT;
}

/* With commas between; one that is a part of a name has a backslash before it, and so has a backslash. */
static void add_audiences(struct mm_buf *out, const struct mm_strings *audiences)
{
	for (size_t i = 0; i < audiences->n; i++) {
		if (i > 0)
			mm_buf_add(out, ",", 1);
		for (const char *p = audiences->v[i]; *p != '\0'; p++) {
			if (*p == ',' || *p == '\\')
				mm_buf_add(out, "\\", 1);
			mm_buf_add(out, p, 1);
		}
	}
}

/* How much of the text surely stands in one line, at least one character: what has to be escaped there takes six. */
static size_t part_of(const char *text)
{
	size_t len = 0;

	for (size_t taken = 0; text[len] != '\0'; len++) {
		taken += text[len] > ' ' && text[len] < 0x7f && text[len] != '"' && text[len] != '\\' ? 1 : 6;
		if (taken > PART_MAX)
			break;
	}
	while (((uint8_t)text[len] & 0xc0) == 0x80) /* in the midst of a character of UTF-8 */
		len--;
	return len;
}

/* Of a key that is not in the set, as a test author may ask for: nothing that counts. */
static void count(const struct mm_context *context, const char *kid)
{
	const struct mm_key_record *record = kid ? mm_keyset_find(context->issuer->snapshot->set, kid) : NULL;

	if (record)
		mm_counter_add(&context->stats->minted[mm_key_alg(record->key) - mm_algs], 1);
}

static void tell_first(const struct mm_context *context, const struct mm_token_api_minted *minted, const char *aud)
{
	mm_log(context->log, level_of(context), "token minted", MM_F_CALLER(context),
	       MM_F_STR("sub", minted->subject.p), MM_F_STR("jti", minted->minted.jti),
	       MM_F_STR("kid", minted->minted.kid), MM_F_TIME("exp", minted->minted.expires_at), MM_F_STR("aud", aud));
}

static void tell_more(const struct mm_context *context, const struct mm_token_api_minted *minted, const char *aud)
{
	mm_log(context->log, level_of(context), "token minted for more", MM_F_STR("jti", minted->minted.jti),
	       MM_F_STR("aud", aud));
}

/* As many lines as it takes, so that no audience can hide behind others. */
void mm_tokenlog_minted(const struct mm_context *context, const struct mm_token_api_minted *minted)
{
	mm_auto_buf audiences = {0}, part = {0};
	const char *rest;
	bool is_first = true;

	add_audiences(&audiences, &minted->audiences);
	for (rest = mm_buf_span(&audiences).p; is_first || *rest != '\0'; is_first = false) {
		size_t len = part_of(rest);

		mm_buf_reset(&part);
		mm_buf_add(&part, rest, len);
		(is_first ? tell_first : tell_more)(context, minted, part.p);
		rest += len;
	}
	count(context, minted->minted.kid);
}

static void add_account(struct mm_buf *out, const struct mm_context *context)
{
	mm_buf_add_span(out, context->namespace);
	mm_buf_add(out, "/", 1);
	mm_buf_add_span(out, context->name);
}

void mm_tokenlog_refused(const struct mm_context *context, const struct mm_kube_status *status,
			 const struct mm_err *cause)
{
	mm_auto_buf account = {0};

	add_account(&account, context);
	mm_log(context->log, level_of(context), "token refused", MM_F_CALLER(context), MM_F_STR("account", account.p),
	       MM_F_INT("code", status->code), MM_F_STR("reason", status->reason),
	       MM_F_STR("message", status->message.p), MM_F_STR("error", cause && cause->code ? cause->text : NULL));
	mm_counter_add(&context->stats->refused[mm_status_index(status->code)], 1);
}
