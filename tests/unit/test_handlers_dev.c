/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/handlers_dev.h"
#include "issuer/http/response.h"
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include <mintmark/dev.h>
#include <string.h>

/*
 * One issuer in dev; the live object stays that of revision 1, so that what a step waits for has to be published by the
 * test.
 */
struct fixture {
	struct mm_config config;
	struct mm_store *store;
	struct mm_dev *dev;
	struct mm_live_slot slot;
	struct mm_context context;
	struct mm_response response;
	struct mm_err err;
};

static struct fixture fixture;

static struct mm_live *live_of(struct fixture *f)
{
	mm_auto(mm_keyset) set = NULL;
	mm_auto(mm_snapshot) snapshot = NULL;
	struct mm_live_parts parts = {.issuer_count = 1};
	struct mm_live *live;

	assert_ok(mm_store_load(f->store, MM_LOAD_PRIVATE, &set, &f->err), &f->err);
	assert_ok(mm_snapshot_build(&f->config, set, true, mm_clock_now(), &snapshot, &f->err), &f->err);
	parts.snapshots = &snapshot;
	assert_ok(mm_live_new(&parts, &live, &f->err), &f->err);
	return live;
}

static int start(void **state)
{
	struct fixture *f = *state = &fixture;
	struct mm_policy policy;
	struct mm_manage manage = {.policy = &policy, .actor = {.name = "test"}};
	struct mm_dev_issuer issuer;
	mm_auto_change change = {0};

	*f = (struct fixture){.config = test_config()};
	f->config.keys.rotate_every = f->config.keys.verifier_cache = 0;
	f->config.keys.propagation = f->config.keys.clock_skew = 0;
	assert_ok(mm_store_open_memory(&f->store, &f->err), &f->err);
	manage.store = f->store;
	assert_ok(mm_policy_from_config(&f->config, &policy, &f->err), &f->err);
	assert_ok(mm_manage_init(&manage, NULL, &change, &f->err), &f->err);
	issuer = (struct mm_dev_issuer){&f->config, f->store};
	assert_ok(mm_dev_new(&issuer, 1, &f->dev, &f->err), &f->err);
	mm_live_slot_init(&f->slot);
	mm_live_publish(&f->slot, live_of(f));
	f->context = (struct mm_context){.listener = MM_ADMIN,
					 .live = f->slot.current,
					 .issuer = &f->slot.current->issuers[0],
					 .slot = &f->slot,
					 .dev = f->dev};
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	mm_response_clear(&f->response);
	mm_live_slot_clear(&f->slot);
	mm_dev_free(f->dev);
	mm_store_free(f->store);
	return 0;
}

static enum mm_code ask(struct fixture *f, mm_handler *handle, enum mm_method method, const char *body)
{
	const struct mm_request request = {.method = method, .body = mm_span_str(body)};

	mm_response_clear(&f->response);
	mm_err_clear(&f->err);
	return handle(&f->context, &request, &f->response, &f->err);
}

/* ---- the clock --------------------------------------------------------------------------------------------------- */

static void a_clock_is_set_and_told(void **state)
{
	struct fixture *f = *state;

	assert_ok(ask(f, mm_handle_dev_clock, MM_PUT, "{\"at\":\"2030-01-01T00:00:00Z\"}"), &f->err);
	assert_string_equal(f->response.body.p,
			    "{\"now\":\"2030-01-01T00:00:00Z\",\"frozen\":true,\"shift\":\"0s\"}\n");
	assert_string_equal(f->response.content_type, "application/json");
	assert_true(f->response.no_store);
	assert_int_equal(mm_dev_now(f->dev), 1893456000);
}

static void a_shift_has_a_sign_or_none(void **state)
{
	static const struct {
		const char *body;
		int64_t shift;
	} rows[] = {
		{"{\"shift\":\"-1h\"}", -3600},
		{"{\"shift\":\"+90s\"}", 90},
		{"{\"shift\":\"30d\"}", 30 * 86400},
		{"{\"shift\":\"0\"}", 0},
		{"{}", 0},
		{"", 0},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_dev_set_clock(f->dev, (struct mm_dev_clock){.at = T0});
		assert_ok(ask(f, mm_handle_dev_clock, MM_PUT, rows[i].body), &f->err);
		assert_int_equal(mm_dev_get_clock(f->dev).shift, rows[i].shift);
		assert_int_equal(mm_dev_get_clock(f->dev).at, MM_NEVER);
	}
}

static void what_is_no_clock_changes_nothing(void **state)
{
	static const char *const bodies[] = {
		"{\"at\":\"1970-01-01T00:00:00Z\"}",
		"{\"at\":\"\"}",
		"{\"shift\":\"\"}",
		"{\"shift\":\"-\"}",
		"{\"shift\":\"+-1h\"}",
		"{\"shift\":\"36501d\"}",
		"{\"shift\":\"99999999999999d\"}",
		"{\"shift\":1}",
		"{\"at\":\"1\",\"shift\":\"1h\"}",
		"{\"At\":\"1\"}",
		"{",
		"[]",
	};
	struct fixture *f = *state;

	mm_dev_set_clock(f->dev, (struct mm_dev_clock){.at = T0});
	for (size_t i = 0; i < MM_COUNT(bodies); i++) {
		assert_int_equal(ask(f, mm_handle_dev_clock, MM_PUT, bodies[i]), MM_EPARSE);
		assert_contains(f->err.text, "body: ");
		assert_int_equal(mm_dev_now(f->dev), T0);
	}
}

static void a_body_that_is_too_long_is_not_read(void **state)
{
	struct fixture *f = *state;
	mm_auto_buf body = {0};

	mm_buf_printf(&body, "{\"at\":\"%05000d\"}", 0);
	assert_int_equal(ask(f, mm_handle_dev_clock, MM_PUT, body.p), MM_ELIMIT);
}

/* ---- the keys ---------------------------------------------------------------------------------------------------- */

static void *publish_next(void *arg)
{
	struct fixture *f = arg;
	struct mm_live *first = mm_live_ref(f->slot.current); /* the context borrows from it to the end */
	mm_auto(mm_store) store = NULL;

	if (mm_store_share(f->store, &store, NULL) != MM_OK)
		return first;
	mm_store_changed(store);
	for (;;) {
		mm_auto(mm_keyset) set = NULL;

		if (mm_store_load(store, MM_LOAD_PUBLIC, &set, NULL) == MM_OK && set->revision > 1)
			break;
	}
	mm_live_publish(&f->slot, live_of(f));
	return first;
}

static void a_step_is_answered_when_it_is_served(void **state)
{
	struct fixture *f = *state;
	pthread_t thread;
	void *first;

	assert_int_equal(pthread_create(&thread, NULL, publish_next, f), 0);
	assert_ok(ask(f, mm_handle_dev_rotate, MM_POST, ""), &f->err);
	assert_int_equal(f->slot.current->issuers[0].snapshot->revision, 2);
	assert_contains(f->response.body.p, "{\"revision\":2,\"events\":[{\"event\":\"retired\",\"kid\":\"");
	assert_contains(f->response.body.p, "\",\"alg\":\"ES256\",\"state\":\"active\",\"tainted\":false}");
	pthread_join(thread, &first);
	mm_live_free(first);
}

static void a_step_that_cannot_be_taken_is_told(void **state)
{
	struct fixture *f = *state;

	assert_fails_saying(ask(f, mm_handle_dev_revoke, MM_POST, "{\"kid\":\"x\"}"), MM_ENOTFOUND, &f->err,
			    "there is no key x");
	assert_fails_saying(ask(f, mm_handle_dev_taint, MM_POST, "{\"key\":\"x\"}"), MM_EPARSE, &f->err,
			    "body: key: unknown; accepted: kid");
}

/* ---- annotations ------------------------------------------------------------------------------------------------- */

struct annotated {
	struct mm_object_meta meta;
	struct mm_dev_wish wish;
	struct mm_kube_status status;
};

static void annotate(struct annotated *a, const char *name, const char *value)
{
	struct mm_err err = {0};

	assert_ok(mm_strings_add(&a->meta.annotation_names, name, &err), &err);
	assert_ok(mm_strings_add(&a->meta.annotation_values, value, &err), &err);
}

static void clear(struct annotated *a)
{
	mm_strings_free(&a->meta.annotation_names);
	mm_strings_free(&a->meta.annotation_values);
	mm_dev_wish_clear(&a->wish);
	mm_kube_status_clear(&a->status);
}

static void without_annotations_nothing_is_wished(void **state)
{
	struct fixture *f = *state;
	MM_CLEANUP(clear) struct annotated a = {0};

	annotate(&a, "example.com/fault", "expired");
	annotate(&a, "mintmark.development/fault", "expired");
	assert_true(mm_dev_read_annotations(&f->context, &a.meta, &a.wish, &a.status));
	assert_false(a.wish.any);
	f->context.dev = NULL;
	assert_true(mm_dev_read_annotations(&f->context, &a.meta, &a.wish, &a.status));
}

static void annotations_become_a_wish(void **state)
{
	struct fixture *f = *state;
	MM_CLEANUP(clear) struct annotated a = {0};

	annotate(&a, "mintmark.dev/fault", "expired");
	annotate(&a, "mintmark.dev/claims", "{\"a\":null}");
	annotate(&a, "mintmark.dev/issuer", "http://x");
	assert_true(mm_dev_read_annotations(&f->context, &a.meta, &a.wish, &a.status));
	assert_true(a.wish.any);
	assert_ptr_equal(a.wish.faulty.fault, mm_fault_find("expired"));
	assert_true(json_is_null(json_object_get(a.wish.faulty.claims, "a")));
	assert_string_equal(a.wish.faulty.issuer, "http://x");
}

static void outside_dev_every_one_of_them_is_forbidden(void **state)
{
	static const char *const names[] = {"mintmark.dev/fault", "mintmark.dev/", "mintmark.dev/unknown"};
	struct fixture *f = *state;

	f->context.dev = NULL;
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		MM_CLEANUP(clear) struct annotated a = {0};

		annotate(&a, "other", "x");
		annotate(&a, names[i], "expired");
		assert_false(mm_dev_read_annotations(&f->context, &a.meta, &a.wish, &a.status));
		assert_int_equal(a.status.code, 403);
		assert_string_equal(a.status.reason, "Forbidden");
	}
}

static void what_an_annotation_cannot_mean_is_told(void **state)
{
	static const char *const rows[][3] = {
		{"mintmark.dev/fault", "none", "annotation mintmark.dev/fault: found \"none\""},
		{"mintmark.dev/claims", "x", "annotation mintmark.dev/claims: "},
		{"mintmark.dev/claims", "[1]", "annotation mintmark.dev/claims: "},
		{"mintmark.dev/", "", "annotation mintmark.dev/: unknown; accepted: mintmark.dev/fault"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		MM_CLEANUP(clear) struct annotated a = {0};

		annotate(&a, rows[i][0], rows[i][1]);
		assert_false(mm_dev_read_annotations(&f->context, &a.meta, &a.wish, &a.status));
		assert_int_equal(a.status.code, 400);
		assert_contains(a.status.message.p, rows[i][2]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_clock_is_set_and_told),
		TEST(a_shift_has_a_sign_or_none),
		TEST(what_is_no_clock_changes_nothing),
		TEST(a_body_that_is_too_long_is_not_read),
		TEST(a_step_is_answered_when_it_is_served),
		TEST(a_step_that_cannot_be_taken_is_told),
		TEST(without_annotations_nothing_is_wished),
		TEST(annotations_become_a_wish),
		TEST(outside_dev_every_one_of_them_is_forbidden),
		TEST(what_an_annotation_cannot_mean_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
