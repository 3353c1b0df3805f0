/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the dispatcher share: one issuer under /id/prod, one caller, and requests as they would come. */
#ifndef MINTMARK_TESTS_FRONT_H
#define MINTMARK_TESTS_FRONT_H

#include "issuer/http/route.h"
#include "issuer/http/stats.h"
#include "tests/unit/support.h"

#define FRONT_NOW   ((mm_time)1700000000)
#define FRONT_TOKEN "0123456789abcdef" /* of the caller, whose name is dev */
#define FRONT_MINT  "/api/v1/namespaces/a/serviceaccounts/b/token"

/* What rules there are for the caller: all is allowed, or reviews alone. */
enum front_rules { FRONT_ALL, FRONT_REVIEW, FRONT_RULES };

struct front {
	struct mm_live *lives[FRONT_RULES];
	struct mm_limits *limits;
	struct mm_stats_board board;
	struct mm_worker_stats stats;
	struct mm_refusals refusals;
	struct mm_log log;
	struct mm_response response; /* the last answer */
};

/* One request; of the rest of the context the tests change what they are about. */
struct front_ask {
	enum mm_listener_kind listener;
	enum mm_method method; /* 0: GET */
	const char *path;
	bool known; /* sends the token, unless `authorization` is something else */
	const char *authorization, *accept, *content_type, *body, *query;
	enum front_rules rules;
	struct mm_dev *dev;
	int64_t now_ns;
};

#define ADMIN(...)    ((struct front_ask){.listener = MM_ADMIN, .known = true, __VA_ARGS__})
#define STRANGER(...) ((struct front_ask){.listener = MM_ADMIN, __VA_ARGS__})
#define WORLD(...)    ((struct front_ask){.listener = MM_PUBLIC, __VA_ARGS__})

/* What the dispatcher gets for it; borrowed from both. */
struct mm_request front_request_of(const struct front_ask *ask);
struct mm_context front_context_of(struct front *front, const struct front_ask *ask);

/* Dispatches it; front->response holds the answer until the next. Returns its status, or the name of its route. */
int front_status(struct front *front, struct front_ask ask);
const char *front_route(struct front *front, struct front_ask ask);
bool front_wants_body(struct front *front, struct front_ask ask); /* mm_route_wants_body */

/* What the log has said since it was asked last. */
const char *front_logged(struct front *front);

/* For a group of tests, and for each of them: what a test may leave behind is fresh; *state is the front. */
int front_open(void **state);
int front_close(void **state);
int front_begin(void **state);
int front_end(void **state);
#define FRONT_TEST(name) cmocka_unit_test_setup_teardown(name, front_begin, front_end)

#endif
