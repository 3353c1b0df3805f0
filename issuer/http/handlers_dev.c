/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/handlers_dev.h"

#include "issuer/http/response.h"

#include <mintmark/dev.h>
#include <mintmark/event.h>
#include <mintmark/json.h>
#include <mintmark/token.h>
#include <stdio.h>
#include <string.h>

#define BODY_MAX 4096 /* bytes */
#define PATIENCE 5000 /* milliseconds for the main thread to load what was committed */

/* ---- bodies and answers ------------------------------------------------------------------------------------------ */

/* A JSON object with no other members than those; nothing at all is an empty one. */
static enum mm_code read_body(const struct mm_request *request, const char *const *names, json_t **out,
			      struct mm_err *err)
{
	struct mm_span body = request->body.len > 0 ? request->body : mm_span_str("{}");
	enum mm_code code = mm_json_load(body, BODY_MAX, out, err);
	const char *name;
	json_t *value;

	if (code != MM_OK)
		return mm_context(err, code, "body");
	json_object_foreach(*out, name, value)
	{
		size_t i = 0;

		while (names[i] && strcmp(names[i], name) != 0)
			i++;
		if (!names[i])
			code = mm_fail(err, MM_EPARSE, "body: %.80s: unknown; accepted: %s%s%s", name, names[0],
				       names[1] ? ", " : "", names[1] ? names[1] : "");
		else if (!json_is_string(value))
			code = mm_fail(err, MM_EPARSE, "body: %s: not a string", name);
	}
	if (code != MM_OK)
		json_decref(mm_take(*out));
	return code;
}

/* Takes `answer` over; NULL: there was no memory for it. */
static enum mm_code answer_json(struct mm_response *response, json_t *answer, struct mm_err *err)
{
	enum mm_code code = answer ? mm_json_dump(answer, false, &response->body, err)
				   : mm_fail(err, MM_ENOMEM, "out of memory");

	json_decref(answer);
	mm_buf_add_str(&response->body, "\n");
	response->content_type = "application/json";
	response->no_store = true;
	return code;
}

/* ---- the clock --------------------------------------------------------------------------------------------------- */

static enum mm_code parse_shift(const char *text, int64_t *shift, struct mm_err *err)
{
	bool behind = *text == '-';
	mm_duration distance = 0;

	if (mm_duration_parse(text + (behind || *text == '+'), &distance, NULL) != MM_OK || distance > MM_DEV_SHIFT_MAX)
		return mm_fail(
			err, MM_EPARSE,
			"body: shift: found \"%.80s\"; accepted: a duration of up to 100 years such as 90s, 1h or "
			"-30d",
			text);
	*shift = behind ? -distance : distance;
	return MM_OK;
}

static enum mm_code parse_clock(const json_t *body, struct mm_dev_clock *clock, struct mm_err *err)
{
	const char *at = mm_json_text(body, "at");
	const char *shift = mm_json_text(body, "shift");

	if (at && shift)
		return mm_fail(err, MM_EPARSE, "body: at and shift exclude each other: a clock stands or it runs");
	if (at && (mm_time_parse(at, &clock->at, NULL) != MM_OK || clock->at == MM_NEVER))
		return mm_fail(err, MM_EPARSE,
			       "body: at: found \"%.80s\"; accepted: a time such as 2030-01-01T00:00:00Z", at);
	return shift ? parse_shift(shift, &clock->shift, err) : MM_OK;
}

static json_t *clock_json(struct mm_dev *dev)
{
	struct mm_dev_clock clock = mm_dev_get_clock(dev);
	char now[MM_TIME_TEXT_SIZE], distance[MM_DURATION_TEXT_SIZE];
	char shift[MM_DURATION_TEXT_SIZE + 1];

	mm_time_format(mm_dev_now(dev), now);
	mm_duration_format(clock.shift < 0 ? -clock.shift : clock.shift, distance);
	snprintf(shift, sizeof shift, "%s%s", clock.shift < 0 ? "-" : "", distance);
	return json_pack("{s:s, s:b, s:s}", "now", now, "frozen", clock.at != MM_NEVER, "shift", shift);
}

enum mm_code mm_handle_dev_clock(const struct mm_context *context, const struct mm_request *request,
				 struct mm_response *response, struct mm_err *err)
{
	static const char *const names[] = {"at", "shift", NULL};
	struct mm_dev_clock clock = {0};
	json_t *body = NULL;
	enum mm_code code = MM_OK;

	if (request->method == MM_PUT) {
		code = read_body(request, names, &body, err);
		if (code == MM_OK)
			code = parse_clock(body, &clock, err);
		json_decref(body);
		if (code == MM_OK)
			mm_dev_set_clock(context->dev, clock);
	}
	return code == MM_OK ? answer_json(response, clock_json(context->dev), err) : code;
}

/* ---- the keys ---------------------------------------------------------------------------------------------------- */

static enum mm_code add_event(void *arg, const struct mm_event *event, struct mm_err *err)
{
	json_t *list = arg;

	if (json_array_append_new(list, json_pack("{s:s, s:s}", "event", mm_event_names[event->kind], "kid",
						  mm_key_kid(event->record->key))) == 0)
		return MM_OK;
	return mm_fail(err, MM_ENOMEM, "out of memory");
}

static json_t *key_json(const struct mm_key_record *record, mm_time now)
{
	return json_pack("{s:s, s:s, s:s, s:b}", "kid", mm_key_kid(record->key), "alg", mm_key_alg(record->key)->name,
			 "state", mm_key_states[mm_key_state(record, now)].name, "tainted",
			 record->tainted != MM_NEVER);
}

/* What happened, and all keys as they are now, in order of creation. */
static json_t *change_json(const struct mm_change *change)
{
	json_t *events = json_array(), *keys = json_array();

	if (mm_keyset_events(change->before, change->after, add_event, events, NULL) != MM_OK)
		json_decref(mm_take(events)); /* then the whole cannot be packed */
	for (size_t i = 0; i < change->after->count; i++)
		json_array_append_new(keys, key_json(&change->after->records[i], change->now));
	return json_pack("{s:I, s:o, s:o}", "revision", (json_int_t)change->after->revision, "events", events, "keys",
			 keys);
}

/* Answers when whoever asks next is answered from the new keys. */
static enum mm_code step(const struct mm_context *context, const struct mm_request *request, enum mm_dev_step which,
			 struct mm_response *response, struct mm_err *err)
{
	static const char *const names[] = {"kid", NULL};
	size_t index = (size_t)(context->issuer - context->live->issuers);
	mm_auto_change change = {0};
	json_t *body = NULL;
	enum mm_code code = read_body(request, names, &body, err);

	if (code == MM_OK)
		code = mm_dev_step(context->dev, index, which, mm_json_text(body, "kid"), &change, err);
	json_decref(body);
	if (code == MM_OK && !mm_live_wait(context->slot, index, change.after->revision, PATIENCE))
		code = mm_fail(err, MM_ETIMEOUT, "revision %llu is committed, and not served yet",
			       (unsigned long long)change.after->revision);
	return code == MM_OK ? answer_json(response, change_json(&change), err) : code;
}

enum mm_code mm_handle_dev_rotate(const struct mm_context *context, const struct mm_request *request,
				  struct mm_response *response, struct mm_err *err)
{
	return step(context, request, MM_DEV_ROTATE, response, err);
}

enum mm_code mm_handle_dev_taint(const struct mm_context *context, const struct mm_request *request,
				 struct mm_response *response, struct mm_err *err)
{
	return step(context, request, MM_DEV_TAINT, response, err);
}

enum mm_code mm_handle_dev_revoke(const struct mm_context *context, const struct mm_request *request,
				  struct mm_response *response, struct mm_err *err)
{
	return step(context, request, MM_DEV_REVOKE, response, err);
}

/* ---- annotations of a TokenRequest ------------------------------------------------------------------------------- */

void mm_dev_wish_clear(struct mm_dev_wish *wish)
{
	json_decref(wish->claims);
	*wish = (struct mm_dev_wish){0};
}

static enum mm_code wish_fault(struct mm_dev_wish *wish, const char *value, struct mm_err *err)
{
	wish->faulty.fault = mm_fault_find(value);
	if (wish->faulty.fault)
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "found \"%.80s\"; accepted: what 'mintmark token create --help' lists", value);
}

static enum mm_code wish_claims(struct mm_dev_wish *wish, const char *value, struct mm_err *err)
{
	enum mm_code code = mm_json_load(mm_span_str(value), MM_TOKEN_MAX, &wish->claims, err);

	wish->faulty.claims = wish->claims;
	return code;
}

static enum mm_code wish_issuer(struct mm_dev_wish *wish, const char *value, struct mm_err *err)
{
	(void)err;
	wish->faulty.issuer = value;
	return MM_OK;
}

static const struct {
	const char *name; /* after MM_DEV_ANNOTATION */
	enum mm_code (*read)(struct mm_dev_wish *wish, const char *value, struct mm_err *err);
} annotations[] = {{"fault", wish_fault}, {"claims", wish_claims}, {"issuer", wish_issuer}};

static enum mm_code read_annotation(struct mm_dev_wish *wish, const char *name, const char *value, struct mm_err *err)
{
	for (size_t i = 0; i < MM_COUNT(annotations); i++) {
		if (strcmp(name + strlen(MM_DEV_ANNOTATION), annotations[i].name) == 0)
			return mm_context(err, annotations[i].read(wish, value, err), "annotation %s", name);
	}
	return mm_fail(err, MM_EREFUSED,
		       "annotation %.160s: unknown; accepted: " MM_DEV_ANNOTATION "fault, " MM_DEV_ANNOTATION
		       "claims, " MM_DEV_ANNOTATION "issuer",
		       name);
}

bool mm_dev_read_annotations(const struct mm_context *context, const struct mm_object_meta *meta,
			     struct mm_dev_wish *wish, struct mm_kube_status *status)
{
	struct mm_err err = {0};

	for (size_t i = 0; i < meta->annotation_names.n; i++) {
		const char *name = meta->annotation_names.v[i];

		if (strncmp(name, MM_DEV_ANNOTATION, strlen(MM_DEV_ANNOTATION)) != 0)
			continue;
		if (!context->dev) {
			mm_status_fill(status, 403,
				       "annotations " MM_DEV_ANNOTATION "... are for 'mintmark dev' alone");
			return false;
		}
		wish->any = true;
		if (read_annotation(wish, name, meta->annotation_values.v[i], &err) != MM_OK) {
			mm_status_fill(status, 400, err.text);
			return false;
		}
	}
	return true;
}
