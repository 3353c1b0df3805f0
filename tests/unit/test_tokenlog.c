/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/response.h"
#include "issuer/http/stats.h"
#include "issuer/http/tokenlog.h"
#include "tests/unit/keysets.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the audit writes about: a caller, an account, a key set; and where to. */
struct fixture {
	struct mm_keyset *set;
	struct mm_snapshot snapshot;
	struct mm_live_issuer issuer;
	struct mm_worker_stats stats;
	struct mm_log log;
	struct mm_user user;
	struct mm_context context;
	struct mm_token_api_minted minted;
	char text[32768];
};

static char caller_name[] = "ci-runner";

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct mm_err err = {0};

	assert_non_null(fixture);
	fixture->set = test_first_set();
	fixture->snapshot.set = fixture->set;
	fixture->issuer.snapshot = &fixture->snapshot;
	fixture->log = (struct mm_log){.fd = memfd_create("log", MFD_CLOEXEC), .level = MM_LOG_ERROR};
	fixture->user.name = caller_name;
	fixture->context = (struct mm_context){
		.listener = MM_ADMIN,
		.issuer = &fixture->issuer,
		.stats = &fixture->stats,
		.log = &fixture->log,
		.address = "192.0.2.1:4711",
		.namespace = mm_span_str("prod"),
		.name = mm_span_str("payments"),
		.caller = {.kind = MM_CALLER_TOKEN, .user = &fixture->user},
	};
	fixture->minted.minted = (struct mm_minted){
		.jti = "5f8a0a52-6a3e-4f0c-9d0a-1c2b3d4e5f60",
		.kid = mm_key_kid(fixture->set->records[0].key),
		.expires_at = T0,
	};
	mm_buf_add_str(&fixture->minted.minted.token, "eyJhbGciOiJub25lIn0.e30.c2lnbmF0dXJl");
	mm_buf_add_str(&fixture->minted.subject, "system:serviceaccount:prod:payments");
	assert_ok(mm_strings_add(&fixture->minted.audiences, "sts.amazonaws.com", &err), &err);
	assert_ok(mm_strings_add(&fixture->minted.audiences, "b", &err), &err);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	mm_token_api_minted_clear(&fixture->minted);
	mm_keyset_free(fixture->set);
	close(fixture->log.fd);
	free(fixture);
	return 0;
}

/* The log, from the level of its first line on. */
static const char *logged(struct fixture *fixture)
{
	ssize_t n = pread(fixture->log.fd, fixture->text, sizeof fixture->text - 1, 0);
	const char *level;

	assert_true(n > 0);
	fixture->text[n] = '\0';
	level = strstr(fixture->text, "level=");
	assert_non_null(level);
	return level;
}

static void a_minted_token_is_a_line_whatever_the_level(void **state)
{
	struct fixture *fixture = *state;
	mm_auto_buf expected = {0};

	mm_tokenlog_minted(&fixture->context, &fixture->minted);
	mm_buf_printf(&expected,
		      "level=audit msg=\"token minted\" caller=ci-runner via=token peer=192.0.2.1:4711 "
		      "sub=system:serviceaccount:prod:payments jti=5f8a0a52-6a3e-4f0c-9d0a-1c2b3d4e5f60 kid=%s "
		      "exp=2026-11-22T00:15:00Z aud=sts.amazonaws.com,b\n",
		      fixture->minted.minted.kid);
	assert_string_equal(logged(fixture), expected.p);
}

static void the_token_is_in_no_line(void **state)
{
	struct fixture *fixture = *state;

	mm_tokenlog_minted(&fixture->context, &fixture->minted);
	assert_null(strstr(logged(fixture), "eyJ"));
}

static void a_minted_token_is_counted_by_the_algorithm_of_its_key(void **state)
{
	struct fixture *fixture = *state;
	size_t alg = (size_t)(mm_key_alg(fixture->set->records[0].key) - mm_algs);

	mm_tokenlog_minted(&fixture->context, &fixture->minted);
	assert_int_equal(mm_counter_get(&fixture->stats.minted[alg]), 1);
	fixture->minted.minted.kid = "not-one-of-ours";
	mm_tokenlog_minted(&fixture->context, &fixture->minted);
	fixture->minted.minted.kid = NULL;
	mm_tokenlog_minted(&fixture->context, &fixture->minted);
	assert_int_equal(mm_counter_get(&fixture->stats.minted[alg]), 1);
}

/* Of the audience that is 'a' and 'é' in turn, what the lines have altogether. */
static void a_long_audience_is_told_in_several_lines(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};
	mm_auto_buf audience = {0}, told = {0};
	const char *line;

	for (int i = 0; i < 1500; i++)
		mm_buf_add_str(&audience, "a\xc3\xa9");
	assert_ok(mm_strings_add(&fixture->minted.audiences, audience.p, &err), &err);
	mm_tokenlog_minted(&fixture->context, &fixture->minted);
	line = logged(fixture);
	assert_contains(line, " exp=2026-11-22T00:15:00Z aud=\"sts.amazonaws.com,b,a\xc3\xa9");
	assert_contains(line, "msg=\"token minted for more\" jti=5f8a0a52-6a3e-4f0c-9d0a-1c2b3d4e5f60 aud=\"");
	for (const char *p = line; (p = strstr(p, "aud=\"")); p = strchr(p, '\n'))
		mm_buf_add(&told, p + strlen("aud=\""), strcspn(p + strlen("aud=\""), "\""));
	assert_memory_equal(told.p, "sts.amazonaws.com,b,", 20);
	assert_string_equal(told.p + 20, audience.p);
}

static void audiences_of_control_characters_are_told_too(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};
	char controls[2048];
	size_t told = 0;

	memset(controls, '\x01', sizeof controls);
	controls[sizeof controls - 1] = '\0';
	assert_ok(mm_strings_add(&fixture->minted.audiences, controls, &err), &err);
	mm_tokenlog_minted(&fixture->context, &fixture->minted);
	for (const char *p = logged(fixture); (p = strstr(p, "\\x01")); p++)
		told++;
	assert_int_equal(told, sizeof controls - 1);
}

static void a_comma_in_an_audience_is_told_from_one_between_two(void **state)
{
	struct fixture *fixture = *state;
	struct mm_err err = {0};

	assert_ok(mm_strings_add(&fixture->minted.audiences, "c,d\\", &err), &err);
	mm_tokenlog_minted(&fixture->context, &fixture->minted);
	assert_contains(logged(fixture), "aud=\"sts.amazonaws.com,b,c\\\\,d\\\\\\\\\"\n");
}

static void a_refused_token_is_a_line_with_the_reason(void **state)
{
	struct fixture *fixture = *state;
	struct mm_kube_status status = {.code = 404, .reason = "NotFound"};

	mm_buf_add_str(&status.message, "serviceaccounts \"payments\" not found");
	mm_tokenlog_refused(&fixture->context, &status, NULL);
	assert_string_equal(logged(fixture),
			    "level=audit msg=\"token refused\" caller=ci-runner via=token peer=192.0.2.1:4711 "
			    "account=prod/payments code=404 reason=NotFound "
			    "message=\"serviceaccounts \\\"payments\\\" not found\"\n");
	assert_int_equal(mm_counter_get(&fixture->stats.refused[mm_status_index(404)]), 1);
	mm_kube_status_clear(&status);
}

static void of_a_failure_inside_the_audit_knows_the_cause(void **state)
{
	struct fixture *fixture = *state;
	const struct mm_kube_status status = {.code = 500, .reason = "InternalError"};
	struct mm_err cause = {0};

	assert_fails(mm_fail(&cause, MM_ECRYPTO, "no entropy"), MM_ECRYPTO, NULL);
	mm_tokenlog_refused(&fixture->context, &status, &cause);
	assert_contains(logged(fixture), " error=\"no entropy\"\n");
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(a_minted_token_is_a_line_whatever_the_level),
		LOG_TEST(the_token_is_in_no_line),
		LOG_TEST(a_minted_token_is_counted_by_the_algorithm_of_its_key),
		LOG_TEST(a_long_audience_is_told_in_several_lines),
		LOG_TEST(audiences_of_control_characters_are_told_too),
		LOG_TEST(a_comma_in_an_audience_is_told_from_one_between_two),
		LOG_TEST(a_refused_token_is_a_line_with_the_reason),
		LOG_TEST(of_a_failure_inside_the_audit_knows_the_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
