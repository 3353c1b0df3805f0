/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/front.h"

#include "issuer/http/response.h"
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void add_header(struct mm_request *request, const char *name, const char *value)
{
	if (value)
		request->headers[request->header_count++] = (struct mm_header){mm_span_str(name), mm_span_str(value)};
}

struct mm_request front_request_of(const struct front_ask *ask)
{
	struct mm_request request = {
		.method = ask->method ? ask->method : MM_GET,
		.path = mm_span_str(ask->path),
		.query = mm_span_str(ask->query),
		.body = mm_span_str(ask->body ? ask->body : ""),
	};

	add_header(&request, "authorization",
		   ask->authorization || !ask->known ? ask->authorization : "Bearer " FRONT_TOKEN);
	add_header(&request, "accept", ask->accept);
	add_header(&request, "content-type", ask->content_type);
	return request;
}

struct mm_context front_context_of(struct front *front, const struct front_ask *ask)
{
	return (struct mm_context){
		.listener = ask->listener,
		.live = front->lives[ask->rules],
		.board = &front->board,
		.stats = &front->stats,
		.refusals = &front->refusals,
		.log = &front->log,
		.limits = front->limits,
		.address = "192.0.2.1:4711",
		.dev = ask->dev,
		.now = FRONT_NOW,
		.now_ns = ask->now_ns,
	};
}

const char *front_route(struct front *front, struct front_ask ask)
{
	struct mm_context context = front_context_of(front, &ask);
	struct mm_request request = front_request_of(&ask);
	size_t route;

	mm_response_clear(&front->response);
	route = mm_dispatch(&context, &request, &front->response);
	mm_identity_clear(&context.caller);
	return mm_route_name(route);
}

int front_status(struct front *front, struct front_ask ask)
{
	front_route(front, ask);
	return front->response.status;
}

bool front_wants_body(struct front *front, struct front_ask ask)
{
	struct mm_context context = front_context_of(front, &ask);
	struct mm_request request = front_request_of(&ask);

	return mm_route_wants_body(&context, &request);
}

const char *front_logged(struct front *front)
{
	static char text[8192];
	ssize_t n = pread(front->log.fd, text, sizeof text - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_int_equal(ftruncate(front->log.fd, 0), 0);
	assert_int_equal(lseek(front->log.fd, 0, SEEK_SET), 0);
	return text;
}

/* ---- what it takes ----------------------------------------------------------------------------------------------- */

static struct mm_snapshot *new_snapshot(const struct mm_config *config)
{
	mm_auto(mm_keyset) set = NULL;
	struct mm_snapshot *snapshot;
	struct mm_err err = {0};

	assert_ok(mm_keyset_new(&set, &err), &err);
	test_add_first(set, test_shared_key("ES256", 0), FRONT_NOW);
	set->revision = 9;
	assert_ok(mm_snapshot_build(config, set, true, FRONT_NOW, &snapshot, &err), &err);
	return snapshot;
}

/* For FRONT_REVIEW the caller may review and nothing else. */
static struct mm_rules *new_rules(struct mm_config *config, enum front_rules which)
{
	static char dev_text[] = "dev", review_text[] = "review";
	static char *dev[] = {dev_text}, *review[] = {review_text};
	static struct mm_rule_record record = {.users = {dev, 1}, .may = {review, 1}};
	static size_t line = 1;
	struct mm_rules *rules;
	struct mm_err err = {0};

	config->rules = (struct mm_records){.n = 1, .lines = &line, .v = &record};
	if (which == FRONT_ALL)
		assert_ok(mm_rules_allow_all("dev", &rules, &err), &err);
	else
		assert_ok(mm_rules_build(config, &rules, &err), &err);
	return rules;
}

static struct mm_live *new_live(enum front_rules which)
{
	struct mm_config config = test_config();
	mm_auto(mm_snapshot) snapshot = new_snapshot(&config);
	mm_auto(mm_rules) rules = new_rules(&config, which);
	mm_auto(mm_callers) callers = NULL;
	mm_auto(mm_directory) directory = NULL;
	struct mm_live *live;
	struct mm_err err = {0};

	config.service_accounts.any = config.bound_objects.any = true;
	assert_ok(mm_callers_of_token(FRONT_TOKEN, "dev", &callers, &err), &err);
	assert_ok(mm_directory_build(&config, &directory, &err), &err);
	assert_ok(mm_live_new(&(struct mm_live_parts){.issuer_count = 1,
						      .snapshots = &snapshot,
						      .callers = callers,
						      .rules = rules,
						      .directory = directory},
			      &live, &err),
		  &err);
	return live;
}

static struct front shared;

int front_open(void **state)
{
	(void)state;
	for (int i = 0; i < FRONT_RULES; i++)
		shared.lives[i] = new_live((enum front_rules)i);
	return 0;
}

int front_close(void **state)
{
	(void)state;
	for (int i = 0; i < FRONT_RULES; i++)
		mm_live_free(shared.lives[i]);
	return 0;
}

int front_begin(void **state)
{
	struct front *front = &shared;
	struct mm_err err = {0};

	memset(&front->stats, 0, sizeof front->stats);
	front->refusals = (struct mm_refusals){0};
	front->log = (struct mm_log){.fd = memfd_create("log", MFD_CLOEXEC), .level = MM_LOG_INFO};
	assert_ok(mm_limits_new(&front->limits, &err), &err);
	*state = front;
	return 0;
}

int front_end(void **state)
{
	struct front *front = *state;

	mm_response_clear(&front->response);
	mm_limits_free(front->limits);
	close(front->log.fd);
	return 0;
}
