/* SPDX-License-Identifier: Apache-2.0 */
/* TokenRequest without HTTP: how long a token lives, and what is extended to a year. */
#include "tests/unit/asking.h"

/* ---- lifetimes --------------------------------------------------------------------------------------------------- */

static void assert_lifetime(struct answer *answer, const char *name, const char *json, int64_t seconds,
			    const char *warning)
{
	ask(answer, name, json);
	assert_ok(answer->code, &answer->err);
	assert_int_equal(answer->request.expiration_seconds, seconds);
	assert_int_equal(answer->request.expires, WORLD_NOW + seconds);
	assert_int_equal(claim_time(answer->claims, "exp"), WORLD_NOW + seconds);
	assert_string_equal(mm_buf_span(&answer->minted.warning).p, warning);
	ask_forget(answer);
}

static void lifetimes_within_all_bounds_are_granted(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":600}}", 600, "");
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":86400}}", 86400, "");
	assert_lifetime(&answer, "limited", "{\"spec\":{\"expirationSeconds\":1200}}", 1200, "");
	ask_end(&answer);
}

static void longer_ones_are_shortened_with_a_warning(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":86401}}", 86400,
			"requested expiration of 86401 seconds shortened to 86400 seconds");
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":4294967296}}", 86400,
			"requested expiration of 4294967296 seconds shortened to 86400 seconds");
	assert_lifetime(&answer, "limited", "{\"spec\":{\"expirationSeconds\":3600}}", 1200,
			"requested expiration of 3600 seconds shortened to 1200 seconds");
	ask_end(&answer);
}

/* Kubernetes fills in the default first. */
static void the_default_is_shortened_with_a_warning_too(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ask_declared);
	assert_lifetime(&answer, "limited", "{}", 1200,
			"requested expiration of 3600 seconds shortened to 1200 seconds");
	ask_end(&answer);
}

static void rules_shorten_too_and_below_ten_minutes(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer,
		  "rules:\n"
		  "- {users: [alice], may: [mint], namespaces: ['*'], service_accounts: ['*'], audiences: ['*'],"
		  " max_ttl: 5m}\n"
		  "- {users: [alice], may: [mint], namespaces: ['*'], service_accounts: ['*'], audiences: [vault],"
		  " max_ttl: 30m}\n");
	assert_lifetime(&answer, "builder", "{}", 300, "requested expiration of 3600 seconds shortened to 300 seconds");
	assert_lifetime(&answer, "builder", "{\"spec\":{\"audiences\":[\"vault\"]}}", 1800,
			"requested expiration of 3600 seconds shortened to 1800 seconds");
	assert_lifetime(&answer, "builder", "{\"spec\":{\"audiences\":[\"vault\",\"b\"]}}", 300,
			"requested expiration of 3600 seconds shortened to 300 seconds");
	ask_end(&answer);
}

static void the_shorter_of_a_rules_and_an_accounts_lifetime_holds(void **state)
{
	static const char account[] = "service_accounts:\n- {namespace: default, name: builder, max_ttl: 20m}\n";
	static const char *const rule_ttls[] = {"15m", "25m"};
	static const int64_t seconds[] = {900, 1200};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rule_ttls); i++) {
		mm_auto_buf yaml = {0};
		struct answer answer;

		mm_buf_printf(&yaml,
			      "%srules:\n- {users: [alice], may: [mint], namespaces: ['*'], service_accounts: ['*'],"
			      " audiences: ['*'], max_ttl: %s}\n",
			      account, rule_ttls[i]);
		ask_begin(&answer, yaml.p);
		ask(&answer, "builder", "{}");
		assert_ok(answer.code, &answer.err);
		assert_int_equal(answer.request.expiration_seconds, seconds[i]);
		ask_end(&answer);
	}
}

static void what_the_key_set_has_not_promised_is_not_granted(void **state)
{
	struct answer answer;

	(void)state;
	ask_begin(&answer, ASK_ANYTHING "tokens: {max_ttl: 48h}\n");
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":172800}}", 86400,
			"requested expiration of 172800 seconds shortened to 86400 seconds");
	ask_end(&answer);
}

/* ---- the extension ----------------------------------------------------------------------------------------------- */

#define YEAR      31536000
#define EXTENDING ASK_ANYTHING "tokens: {audiences: [api, api2], extend_expiration: true}\n"
#define BOUND     ",\"boundObjectRef\":{\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u\"}"

/* The key set has promised to keep its key for that long. */
static void begin_extending(struct answer *answer, const char *yaml, mm_duration promised)
{
	ask_begin(answer, yaml);
	answer->world.set->records[0].retire_wait = promised + 120;
	test_world_refresh(&answer->world);
}

static void what_kubelet_asks_for_by_itself_is_extended_to_a_year(void **state)
{
	struct answer answer;

	(void)state;
	begin_extending(&answer, EXTENDING, YEAR);
	ask(&answer, "builder", "{\"spec\":{\"expirationSeconds\":3607" BOUND "}}");
	assert_ok(answer.code, &answer.err);
	assert_int_equal(answer.request.expiration_seconds, 3607);
	assert_int_equal(answer.request.expires, WORLD_NOW + 3607);
	assert_int_equal(claim_time(answer.claims, "exp"), WORLD_NOW + YEAR);
	assert_int_equal(claim_time(json_object_get(answer.claims, "kubernetes.io"), "warnafter"), WORLD_NOW + 3607);
	assert_int_equal(answer.minted.minted.expires_at, WORLD_NOW + YEAR);
	assert_int_equal(answer.minted.warning.len, 0);
	ask_end(&answer);
}

static void a_part_of_the_apis_audiences_is_extended_too(void **state)
{
	struct answer answer;

	(void)state;
	begin_extending(&answer, EXTENDING, YEAR);
	ask(&answer, "builder", "{\"spec\":{\"expirationSeconds\":3607,\"audiences\":[\"api2\"]" BOUND "}}");
	assert_ok(answer.code, &answer.err);
	assert_int_equal(claim_time(answer.claims, "exp"), WORLD_NOW + YEAR);
	ask_end(&answer);
}

static void assert_not_extended(const char *yaml, mm_duration promised, const char *json, int64_t seconds)
{
	struct answer answer;

	begin_extending(&answer, yaml, promised);
	ask(&answer, "builder", json);
	assert_ok(answer.code, &answer.err);
	assert_int_equal(claim_time(answer.claims, "exp"), WORLD_NOW + seconds);
	assert_int_equal(answer.request.expires, WORLD_NOW + seconds);
	assert_null(json_object_get(json_object_get(answer.claims, "kubernetes.io"), "warnafter"));
	ask_end(&answer);
}

#define EXTENDABLE "{\"spec\":{\"expirationSeconds\":3607" BOUND "}}"

static void nothing_else_is_extended(void **state)
{
	static const struct {
		const char *json;
		int64_t seconds;
	} rows[] = {
		{"{\"spec\":{\"expirationSeconds\":3606" BOUND "}}", 3606},
		{"{\"spec\":{\"expirationSeconds\":3608" BOUND "}}", 3608},
		{"{\"spec\":{\"expirationSeconds\":3607}}", 3607},
		{"{\"spec\":{\"expirationSeconds\":3607,\"boundObjectRef\":{\"kind\":\"Node\",\"name\":\"n\"}}}", 3607},
		{"{\"spec\":{\"expirationSeconds\":3607,\"boundObjectRef\":{\"kind\":\"Secret\",\"name\":\"n\"}}}",
		 3607},
		{"{\"spec\":{\"expirationSeconds\":3607,\"audiences\":[\"vault\"]" BOUND "}}", 3607},
		{"{\"spec\":{\"expirationSeconds\":3607,\"audiences\":[\"api\",\"vault\"]" BOUND "}}", 3607},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++)
		assert_not_extended(EXTENDING, YEAR, rows[i].json, rows[i].seconds);
	assert_not_extended(ASK_ANYTHING, YEAR, EXTENDABLE, 3607);
}

static void nothing_is_extended_beyond_what_the_key_set_has_promised(void **state)
{
	(void)state;
	assert_not_extended(EXTENDING, YEAR - 1, EXTENDABLE, 3607);
}

static void nothing_is_extended_beyond_what_a_rule_or_an_account_allows(void **state)
{
	(void)state;
	assert_not_extended("tokens: {extend_expiration: true}\n"
			    "rules:\n- {users: ['*'], may: [mint], namespaces: ['*'], service_accounts: ['*'],"
			    " audiences: ['*'], max_ttl: 24h}\n",
			    YEAR, EXTENDABLE, 3607);
	assert_not_extended(ASK_ANYTHING "tokens: {extend_expiration: true}\n"
					 "service_accounts:\n- {namespace: default, name: builder, max_ttl: 2h}\n",
			    YEAR, EXTENDABLE, 3607);
}

/* It is the lifetime after the cap that counts, as in kube-apiserver. */
static void what_is_capped_first_is_not_extended(void **state)
{
	(void)state;
	assert_not_extended(ASK_ANYTHING "tokens: {extend_expiration: true, max_ttl: 1h}\n", YEAR, EXTENDABLE, 3600);
}

static void others_are_capped_as_before(void **state)
{
	struct answer answer;

	(void)state;
	begin_extending(&answer, EXTENDING, YEAR);
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":172800}}", 86400,
			"requested expiration of 172800 seconds shortened to 86400 seconds");
	ask_end(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifetimes_within_all_bounds_are_granted),
		cmocka_unit_test(longer_ones_are_shortened_with_a_warning),
		cmocka_unit_test(the_default_is_shortened_with_a_warning_too),
		cmocka_unit_test(rules_shorten_too_and_below_ten_minutes),
		cmocka_unit_test(the_shorter_of_a_rules_and_an_accounts_lifetime_holds),
		cmocka_unit_test(what_the_key_set_has_not_promised_is_not_granted),
		cmocka_unit_test(what_kubelet_asks_for_by_itself_is_extended_to_a_year),
		cmocka_unit_test(a_part_of_the_apis_audiences_is_extended_too),
		cmocka_unit_test(nothing_else_is_extended),
		cmocka_unit_test(nothing_is_extended_beyond_what_the_key_set_has_promised),
		cmocka_unit_test(nothing_is_extended_beyond_what_a_rule_or_an_account_allows),
		cmocka_unit_test(what_is_capped_first_is_not_extended),
		cmocka_unit_test(others_are_capped_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
