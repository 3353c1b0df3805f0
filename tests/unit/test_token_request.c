/* SPDX-License-Identifier: Apache-2.0 */
/* TokenRequest without HTTP: what is minted, and every row of Kubernetes' table of errors. */
#include "tests/unit/tokens.h"
#include "tests/unit/tokenworld.h"

#include <mintmark/json.h>
#include <string.h>

#define BUILDER_UID "11111111-2222-4333-8444-555555555555"
#define POD_UID     "66666666-2222-4333-8444-555555555555"
#define NODE_UID    "77777777-2222-4333-8444-555555555555"

/* A cluster in small: what is declared is all that there is. */
static const char declared[] = "tokens: {audiences: [api, api2]}\n"
			       "rules:\n"
			       "- {users: [alice], may: [mint], namespaces: [default], service_accounts: ['*'], "
			       "audiences: [api, api2, vault, aws]}\n"
			       "service_accounts:\n"
			       "- {namespace: default, name: builder, uid: " BUILDER_UID "}\n"
			       "- {namespace: default, name: derived}\n"
			       "- {namespace: default, name: limited, audiences: [vault, aws], max_ttl: 20m}\n"
			       "- {namespace: default, name: foreign, audiences: [gcp]}\n"
			       "bound_objects:\n"
			       "- {kind: Pod, namespace: default, name: web, uid: " POD_UID
			       ", service_account: builder, node_name: worker,"
			       " node_uid: " NODE_UID "}\n"
			       "- {kind: Pod, namespace: default, name: pending, uid: " POD_UID
			       ", service_account: builder}\n"
			       "- {kind: Pod, namespace: default, name: other, uid: " POD_UID
			       ", service_account: derived}\n"
			       "- {kind: Node, name: worker, uid: " NODE_UID "}\n"
			       "- {kind: Secret, namespace: default, name: legacy, uid: " POD_UID "}\n";

/* Any account and any object; whoever is somebody may mint everything. */
#define ANYTHING "rules:\n- {users: ['*'], may: [mint], namespaces: ['*'], service_accounts: ['*'], audiences: ['*']}\n"

/* An answer, or a refusal, and what it takes to look at it. */
struct answer {
	struct test_world world;
	struct mm_token_request request;
	struct mm_token_api_minted minted;
	struct mm_kube_status status;
	struct mm_err err;
	enum mm_code code;
	json_t *claims; /* of an answer */
};

static void ask(struct answer *answer, const char *name, const char *json)
{
	answer->code = test_world_request(&answer->world, "default", name, json, &answer->request, &answer->minted,
					  &answer->status, &answer->err);
	if (answer->code == MM_OK)
		answer->claims = test_world_claims(&answer->world, &answer->request.token);
}

static void begin(struct answer *answer, const char *yaml)
{
	*answer = (struct answer){0};
	test_world_make(&answer->world, yaml, "alice");
}

static void forget(struct answer *answer)
{
	mm_token_request_clear(&answer->request);
	mm_token_api_minted_clear(&answer->minted);
	mm_kube_status_clear(&answer->status);
	json_decref(answer->claims);
	answer->claims = NULL;
	mm_err_clear(&answer->err);
}

static void end(struct answer *answer)
{
	forget(answer);
	test_world_free(&answer->world);
}

/* The member, or an element, at a path such as "kubernetes.io", "pod", "uid". */
#define text_at(claims, ...) walk((claims), (const char *const[]){__VA_ARGS__, NULL})
static const char *walk(const json_t *value, const char *const *path)
{
	for (; *path; path++)
		value = json_object_get(value, *path);
	return json_string_value(value);
}

static int64_t time_at(const json_t *claims, const char *name)
{
	return json_integer_value(json_object_get(claims, name));
}

/* ---- what is minted ---------------------------------------------------------------------------------------------- */

static void an_empty_request_gets_what_kubernetes_would_give(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	ask(&answer, "builder", "{}");
	assert_ok(answer.code, &answer.err);
	assert_string_equal(answer.request.meta.name, "builder");
	assert_string_equal(answer.request.meta.namespace, "default");
	assert_string_equal(answer.request.meta.uid, BUILDER_UID);
	assert_int_equal(answer.request.meta.created, WORLD_NOW);
	assert_true(answer.request.has_expiration);
	assert_int_equal(answer.request.expiration_seconds, 3600);
	assert_int_equal(answer.request.audiences.n, 2);
	assert_string_equal(answer.request.audiences.v[0], "api");
	assert_int_equal(answer.request.expires, WORLD_NOW + 3600);
	assert_int_equal(time_at(answer.claims, "exp"), WORLD_NOW + 3600);
	assert_int_equal(json_array_size(json_object_get(answer.claims, "aud")), 2);
	assert_string_equal(text_at(answer.claims, "sub"), "system:serviceaccount:default:builder");
	assert_string_equal(text_at(answer.claims, "kubernetes.io", "serviceaccount", "uid"), BUILDER_UID);
	assert_int_equal(json_object_size(json_object_get(answer.claims, "kubernetes.io")), 2);
	assert_int_equal(answer.minted.warning.len, 0);
	end(&answer);
}

static void what_there_is_to_tell_is_told_and_the_token_is_not_there_twice(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	ask(&answer, "builder", "{\"spec\":{\"audiences\":[\"vault\",\"vault\"]}}");
	assert_ok(answer.code, &answer.err);
	assert_string_equal(answer.minted.subject.p, "system:serviceaccount:default:builder");
	assert_int_equal(answer.minted.audiences.n, 2);
	assert_string_equal(answer.minted.audiences.v[1], "vault");
	assert_string_equal(answer.minted.minted.jti, text_at(answer.claims, "jti"));
	assert_string_equal(answer.minted.minted.kid, mm_key_kid(test_shared_key("ES256", 0)));
	assert_int_equal(answer.minted.minted.expires_at, WORLD_NOW + 3600);
	assert_null(answer.minted.minted.token.p);
	end(&answer);
}

static void names_and_uid_that_agree_may_be_said(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	ask(&answer, "builder",
	    "{\"metadata\":{\"name\":\"builder\",\"namespace\":\"default\",\"uid\":\"" BUILDER_UID "\"}}");
	assert_ok(answer.code, &answer.err);
	end(&answer);
}

static void an_accounts_own_audiences_are_its_default(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	ask(&answer, "limited", "{}");
	assert_ok(answer.code, &answer.err);
	assert_int_equal(answer.request.audiences.n, 2);
	assert_string_equal(answer.request.audiences.v[0], "vault");
	assert_string_equal(answer.request.audiences.v[1], "aws");
	end(&answer);
}

static void where_any_account_may_be_its_uid_is_derived(void **state)
{
	char uid[MM_UUID_SIZE];
	struct answer answer;

	(void)state;
	assert_ok(mm_service_account_uid(WORLD_ISSUER, "default", "whoever", uid, NULL), NULL);
	begin(&answer, ANYTHING);
	ask(&answer, "whoever", "{}");
	assert_ok(answer.code, &answer.err);
	assert_string_equal(answer.request.meta.uid, uid);
	assert_string_equal(text_at(answer.claims, "kubernetes.io", "serviceaccount", "uid"), uid);
	assert_string_equal(answer.request.audiences.v[0], WORLD_ISSUER);
	end(&answer);
}

/* What somebody sends for an answer does not come back. */
static void a_status_that_was_sent_is_replaced(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	answer.request.expires = 7;
	mm_buf_add_str(&answer.request.token, "sent");
	answer.code = mm_token_request_answer(&answer.world.api, "default", "builder", &answer.request, &answer.minted,
					      &answer.status, &answer.err);
	assert_ok(answer.code, &answer.err);
	assert_int_equal(answer.request.expires, WORLD_NOW + 3600);
	answer.claims = test_world_claims(&answer.world, &answer.request.token);
	end(&answer);
}

/* ---- bound objects ----------------------------------------------------------------------------------------------- */

#define BIND(members) "{\"spec\":{\"boundObjectRef\":{" members "}}}"

static void a_token_for_a_pod_names_its_node(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	ask(&answer, "builder",
	    BIND("\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"name\":\"web\",\"uid\":\"" POD_UID "\""));
	assert_ok(answer.code, &answer.err);
	assert_string_equal(text_at(answer.claims, "kubernetes.io", "pod", "name"), "web");
	assert_string_equal(text_at(answer.claims, "kubernetes.io", "pod", "uid"), POD_UID);
	assert_string_equal(text_at(answer.claims, "kubernetes.io", "node", "name"), "worker");
	assert_string_equal(text_at(answer.claims, "kubernetes.io", "node", "uid"), NODE_UID);
	end(&answer);
}

static void a_pod_that_runs_nowhere_has_no_node(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	ask(&answer, "builder", BIND("\"kind\":\"Pod\",\"name\":\"pending\""));
	assert_ok(answer.code, &answer.err);
	assert_string_equal(text_at(answer.claims, "kubernetes.io", "pod", "uid"), POD_UID);
	assert_null(json_object_get(json_object_get(answer.claims, "kubernetes.io"), "node"));
	end(&answer);
}

static void nodes_and_secrets_can_be_bound_to(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	ask(&answer, "builder", BIND("\"kind\":\"Node\",\"name\":\"worker\""));
	assert_ok(answer.code, &answer.err);
	assert_string_equal(text_at(answer.claims, "kubernetes.io", "node", "uid"), NODE_UID);
	forget(&answer);
	ask(&answer, "builder", BIND("\"kind\":\"Secret\",\"name\":\"legacy\""));
	assert_ok(answer.code, &answer.err);
	assert_string_equal(text_at(answer.claims, "kubernetes.io", "secret", "uid"), POD_UID);
	end(&answer);
}

static void where_any_object_may_be_it_is_what_the_caller_says(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, ANYTHING);
	ask(&answer, "builder", BIND("\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u\""));
	assert_ok(answer.code, &answer.err);
	assert_string_equal(text_at(answer.claims, "kubernetes.io", "pod", "uid"), "u");
	forget(&answer);
	ask(&answer, "builder", BIND("\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"\""));
	assert_ok(answer.code, &answer.err);
	assert_null(text_at(answer.claims, "kubernetes.io", "pod", "uid"));
	end(&answer);
}

/* ---- lifetimes --------------------------------------------------------------------------------------------------- */

static void assert_lifetime(struct answer *answer, const char *name, const char *json, int64_t seconds,
			    const char *warning)
{
	ask(answer, name, json);
	assert_ok(answer->code, &answer->err);
	assert_int_equal(answer->request.expiration_seconds, seconds);
	assert_int_equal(answer->request.expires, WORLD_NOW + seconds);
	assert_int_equal(time_at(answer->claims, "exp"), WORLD_NOW + seconds);
	assert_string_equal(mm_buf_span(&answer->minted.warning).p, warning);
	forget(answer);
}

static void lifetimes_within_all_bounds_are_granted(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":600}}", 600, "");
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":86400}}", 86400, "");
	assert_lifetime(&answer, "limited", "{\"spec\":{\"expirationSeconds\":1200}}", 1200, "");
	end(&answer);
}

static void longer_ones_are_shortened_with_a_warning(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":86401}}", 86400,
			"requested expiration of 86401 seconds shortened to 86400 seconds");
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":4294967296}}", 86400,
			"requested expiration of 4294967296 seconds shortened to 86400 seconds");
	assert_lifetime(&answer, "limited", "{\"spec\":{\"expirationSeconds\":3600}}", 1200,
			"requested expiration of 3600 seconds shortened to 1200 seconds");
	end(&answer);
}

/* Kubernetes fills in the default first. */
static void the_default_is_shortened_with_a_warning_too(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	assert_lifetime(&answer, "limited", "{}", 1200,
			"requested expiration of 3600 seconds shortened to 1200 seconds");
	end(&answer);
}

static void rules_shorten_too_and_below_ten_minutes(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, "rules:\n"
		       "- {users: [alice], may: [mint], namespaces: ['*'], service_accounts: ['*'], audiences: ['*'],"
		       " max_ttl: 5m}\n"
		       "- {users: [alice], may: [mint], namespaces: ['*'], service_accounts: ['*'], audiences: [vault],"
		       " max_ttl: 30m}\n");
	assert_lifetime(&answer, "builder", "{}", 300, "requested expiration of 3600 seconds shortened to 300 seconds");
	assert_lifetime(&answer, "builder", "{\"spec\":{\"audiences\":[\"vault\"]}}", 1800,
			"requested expiration of 3600 seconds shortened to 1800 seconds");
	assert_lifetime(&answer, "builder", "{\"spec\":{\"audiences\":[\"vault\",\"b\"]}}", 300,
			"requested expiration of 3600 seconds shortened to 300 seconds");
	end(&answer);
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
		begin(&answer, yaml.p);
		ask(&answer, "builder", "{}");
		assert_ok(answer.code, &answer.err);
		assert_int_equal(answer.request.expiration_seconds, seconds[i]);
		end(&answer);
	}
}

static void what_the_key_set_has_not_promised_is_not_granted(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, ANYTHING "tokens: {max_ttl: 48h}\n");
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":172800}}", 86400,
			"requested expiration of 172800 seconds shortened to 86400 seconds");
	end(&answer);
}

/* ---- the extension ----------------------------------------------------------------------------------------------- */

#define YEAR      31536000
#define EXTENDING ANYTHING "tokens: {audiences: [api, api2], extend_expiration: true}\n"
#define BOUND     ",\"boundObjectRef\":{\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u\"}"

/* The key set has promised to keep its key for that long. */
static void begin_extending(struct answer *answer, const char *yaml, mm_duration promised)
{
	begin(answer, yaml);
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
	assert_int_equal(time_at(answer.claims, "exp"), WORLD_NOW + YEAR);
	assert_int_equal(time_at(json_object_get(answer.claims, "kubernetes.io"), "warnafter"), WORLD_NOW + 3607);
	assert_int_equal(answer.minted.minted.expires_at, WORLD_NOW + YEAR);
	assert_int_equal(answer.minted.warning.len, 0);
	end(&answer);
}

static void a_part_of_the_apis_audiences_is_extended_too(void **state)
{
	struct answer answer;

	(void)state;
	begin_extending(&answer, EXTENDING, YEAR);
	ask(&answer, "builder", "{\"spec\":{\"expirationSeconds\":3607,\"audiences\":[\"api2\"]" BOUND "}}");
	assert_ok(answer.code, &answer.err);
	assert_int_equal(time_at(answer.claims, "exp"), WORLD_NOW + YEAR);
	end(&answer);
}

static void assert_not_extended(const char *yaml, mm_duration promised, const char *json, int64_t seconds)
{
	struct answer answer;

	begin_extending(&answer, yaml, promised);
	ask(&answer, "builder", json);
	assert_ok(answer.code, &answer.err);
	assert_int_equal(time_at(answer.claims, "exp"), WORLD_NOW + seconds);
	assert_int_equal(answer.request.expires, WORLD_NOW + seconds);
	assert_null(json_object_get(json_object_get(answer.claims, "kubernetes.io"), "warnafter"));
	end(&answer);
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
	assert_not_extended(ANYTHING, YEAR, EXTENDABLE, 3607);
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
	assert_not_extended(ANYTHING "tokens: {extend_expiration: true}\n"
				     "service_accounts:\n- {namespace: default, name: builder, max_ttl: 2h}\n",
			    YEAR, EXTENDABLE, 3607);
}

/* It is the lifetime after the cap that counts, as in kube-apiserver. */
static void what_is_capped_first_is_not_extended(void **state)
{
	(void)state;
	assert_not_extended(ANYTHING "tokens: {extend_expiration: true, max_ttl: 1h}\n", YEAR, EXTENDABLE, 3600);
}

static void others_are_capped_as_before(void **state)
{
	struct answer answer;

	(void)state;
	begin_extending(&answer, EXTENDING, YEAR);
	assert_lifetime(&answer, "builder", "{\"spec\":{\"expirationSeconds\":172800}}", 86400,
			"requested expiration of 172800 seconds shortened to 86400 seconds");
	end(&answer);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static struct mm_buf status_of(int code, const char *reason, const char *message, const char *details)
{
	struct mm_buf text = {0};

	mm_buf_add_str(
		&text,
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":");
	mm_json_add_string(&text, message);
	mm_buf_printf(&text, ",\"reason\":\"%s\",", reason);
	if (details)
		mm_buf_printf(&text, "\"details\":%s,", details);
	mm_buf_printf(&text, "\"code\":%d}\n", code);
	return text;
}

struct refusal {
	const char *name, *json;
	int code;
	const char *reason, *message, *details;
};

static void assert_refused(struct answer *answer, const struct refusal *row)
{
	mm_auto_buf expected = status_of(row->code, row->reason, row->message, row->details);
	mm_auto_buf found = {0};
	struct mm_err err = {0};

	ask(answer, row->name, row->json);
	assert_int_not_equal(answer->code, MM_OK);
	assert_int_equal(answer->err.code, answer->code);
	assert_ok(mm_kube_status_encode(&answer->status, MM_MEDIA_JSON, &found, &err), &err);
	assert_string_equal(found.p, expected.p);
	assert_null(answer->minted.minted.token.p);
	assert_null(answer->request.token.p);
	forget(answer);
}

#define INVALID(name, field, value, why)                                                                               \
	422, "Invalid",                                                                                                \
		"TokenRequest.authentication.k8s.io \"" name "\" is invalid: " field ": Invalid value: " value         \
		": " why

static const struct refusal refusals[] = {
	{"builder", "{\"metadata\":{\"name\":\"other\"}}",
	 INVALID("builder", "metadata.name", "\"other\"", "must match the service account name if specified"),
	 "{\"name\":\"builder\",\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\",\"causes\":[{\"reason\":"
	 "\"FieldValueInvalid\",\"message\":\"Invalid value: \\\"other\\\": must match the service account name if "
	 "specified\",\"field\":\"metadata.name\"}]}"},
	{"builder", "{\"metadata\":{\"namespace\":\"other\"}}",
	 INVALID("builder", "metadata.namespace", "\"other\"", "must match the service account namespace if specified"),
	 "{\"name\":\"builder\",\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\",\"causes\":[{\"reason\":"
	 "\"FieldValueInvalid\",\"message\":\"Invalid value: \\\"other\\\": must match the service account namespace "
	 "if specified\",\"field\":\"metadata.namespace\"}]}"},
	{"x", "{}", 404, "NotFound", "serviceaccounts \"x\" not found",
	 "{\"name\":\"x\",\"kind\":\"serviceaccounts\"}"},
	{"builder", "{\"metadata\":{\"uid\":\"U\"}}", 409, "Conflict",
	 "Operation cannot be fulfilled on TokenRequest.authentication.k8s.io \"builder\": the UID in the token "
	 "request "
	 "(U) does not match the UID of the service account (" BUILDER_UID ")",
	 "{\"name\":\"builder\",\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\"}"},
	{"builder", "{\"spec\":{\"audiences\":[\"api\",\"\"]}}",
	 INVALID("", "spec.audiences", "\"\"", "may not have an empty audience"),
	 "{\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\",\"causes\":[{\"reason\":\"FieldValueInvalid\","
	 "\"message\":\"Invalid value: \\\"\\\": may not have an empty audience\",\"field\":\"spec.audiences\"}]}"},
	{"limited", "{\"spec\":{\"audiences\":[\"vault\",\"api\"]}}", 403, "Forbidden",
	 "serviceaccounts \"limited\" is forbidden: the service account has no audience \"api\"",
	 "{\"name\":\"limited\",\"kind\":\"serviceaccounts\"}"},
	{"builder", "{\"spec\":{\"audiences\":[\"gcp\"]}}", 403, "Forbidden",
	 "serviceaccounts \"builder\" is forbidden: User \"alice\" cannot create resource \"serviceaccounts/token\" in "
	 "API "
	 "group \"\" in the namespace \"default\": no rule allows the audience \"gcp\"",
	 "{\"name\":\"builder\",\"kind\":\"serviceaccounts\"}"},
	{"foreign", "{}", 403, "Forbidden",
	 "serviceaccounts \"foreign\" is forbidden: User \"alice\" cannot create resource \"serviceaccounts/token\" in "
	 "API "
	 "group \"\" in the namespace \"default\": no rule allows the audience \"gcp\"",
	 "{\"name\":\"foreign\",\"kind\":\"serviceaccounts\"}"},
	{"builder", "{\"spec\":{\"expirationSeconds\":60}}",
	 INVALID("", "spec.expirationSeconds", "60", "may not specify a duration less than 10 minutes"),
	 "{\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\",\"causes\":[{\"reason\":\"FieldValueInvalid\","
	 "\"message\":\"Invalid value: 60: may not specify a duration less than 10 minutes\",\"field\":"
	 "\"spec.expirationSeconds\"}]}"},
	{"builder", "{\"spec\":{\"expirationSeconds\":4294967297}}",
	 INVALID("", "spec.expirationSeconds", "4294967297", "may not specify a duration larger than 2^32 seconds"),
	 "{\"group\":\"authentication.k8s.io\",\"kind\":\"TokenRequest\",\"causes\":[{\"reason\":\"FieldValueInvalid\","
	 "\"message\":\"Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds\",\"field\":"
	 "\"spec.expirationSeconds\"}]}"},
	{"builder", BIND("\"kind\":\"Pod\",\"name\":\"gone\""), 404, "NotFound", "pods \"gone\" not found",
	 "{\"name\":\"gone\",\"kind\":\"pods\"}"},
	{"builder", BIND("\"kind\":\"Node\",\"name\":\"gone\""), 404, "NotFound", "nodes \"gone\" not found",
	 "{\"name\":\"gone\",\"kind\":\"nodes\"}"},
	{"builder", BIND("\"kind\":\"Secret\",\"name\":\"gone\""), 404, "NotFound", "secrets \"gone\" not found",
	 "{\"name\":\"gone\",\"kind\":\"secrets\"}"},
	{"builder", BIND("\"kind\":\"Pod\",\"name\":\"other\""), 400, "BadRequest",
	 "cannot bind token for serviceaccount \"builder\" to pod running with different serviceaccount name.", NULL},
	{"builder", BIND("\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"name\":\"c\""), 400, "BadRequest",
	 "cannot bind token to object of type /v1, Kind=ConfigMap", NULL},
	{"builder", BIND("\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\",\"name\":\"c\""), 400, "BadRequest",
	 "cannot bind token to object of type apps/v1, Kind=Deployment", NULL},
	{"builder", BIND("\"kind\":\"Pod\",\"apiVersion\":\"v2\",\"name\":\"web\""), 400, "BadRequest",
	 "cannot bind token to object of type /v2, Kind=Pod", NULL},
	{"builder", BIND("\"kind\":\"pod\",\"name\":\"web\""), 400, "BadRequest",
	 "cannot bind token to object of type /, Kind=pod", NULL},
	{"builder", BIND(""), 400, "BadRequest", "cannot bind token to object of type /, Kind=", NULL},
	{"builder", BIND("\"kind\":\"Pod\""), 400, "BadRequest", "Name parameter required.", NULL},
	{"builder", BIND("\"kind\":\"Pod\",\"name\":\"web\",\"uid\":\"U\""), 409, "Conflict",
	 "Operation cannot be fulfilled on Pod \"web\": the UID in the bound object reference (U) does not match the "
	 "UID "
	 "in record. The object might have been deleted and then recreated",
	 "{\"name\":\"web\",\"kind\":\"Pod\"}"},
};

static void every_error_of_the_table_is_told_in_kubernetes_words(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	for (size_t i = 0; i < MM_COUNT(refusals); i++)
		assert_refused(&answer, &refusals[i]);
	end(&answer);
}

/* Of a request that is wrong in every way the first in the order of the checks is told, then the next, and so on. */
static void the_checks_come_in_their_order(void **state)
{
	static const struct {
		const char *name, *json;
		const char *message;
	} rows[] = {
		{"x", "{\"metadata\":{\"name\":\"y\"}}", "metadata.name"},
		{"x", "{\"metadata\":{\"uid\":\"U\"},\"spec\":{\"expirationSeconds\":1}}", "\"x\" not found"},
		{"builder", "{\"metadata\":{\"uid\":\"U\"},\"spec\":{\"audiences\":[\"gcp\"]}}",
		 "the UID in the token"},
		{"limited", "{\"spec\":{\"audiences\":[\"gcp\"],\"expirationSeconds\":1}}", "has no audience \"gcp\""},
		{"builder", "{\"spec\":{\"audiences\":[\"gcp\"],\"expirationSeconds\":1}}", "no rule allows"},
		{"builder",
		 "{\"spec\":{\"expirationSeconds\":1,\"boundObjectRef\":{\"kind\":\"Pod\",\"name\":\"gone\"}}}",
		 "10 minutes"},
		{"builder", BIND("\"kind\":\"Pod\",\"name\":\"other\",\"uid\":\"U\""), "different serviceaccount name"},
	};
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		ask(&answer, rows[i].name, rows[i].json);
		assert_int_not_equal(answer.code, MM_OK);
		assert_contains(answer.status.message.p, rows[i].message);
		forget(&answer);
	}
	end(&answer);
}

/* `any` is not everything: names that no cluster could have are unknown. */
static void names_that_kubernetes_would_not_allow_are_not_found(void **state)
{
	static const struct refusal rows[] = {
		{"Builder", "{}", 404, "NotFound", "serviceaccounts \"Builder\" not found",
		 "{\"name\":\"Builder\",\"kind\":\"serviceaccounts\"}"},
		{"builder", BIND("\"kind\":\"Pod\",\"name\":\"a/b\""), 404, "NotFound", "pods \"a/b\" not found",
		 "{\"name\":\"a/b\",\"kind\":\"pods\"}"},
	};
	struct answer answer;

	(void)state;
	begin(&answer, ANYTHING);
	for (size_t i = 0; i < MM_COUNT(rows); i++)
		assert_refused(&answer, &rows[i]);
	end(&answer);
}

static void a_name_that_is_hostile_is_quoted(void **state)
{
	struct answer answer;

	(void)state;
	begin(&answer, declared);
	ask(&answer, "builder", "{\"metadata\":{\"name\":\"a\\\"\\n\\u202e\"}}");
	assert_int_equal(answer.status.code, 422);
	assert_contains(answer.status.message.p, "Invalid value: \"a\\\"\\n\\u202e\": must match");
	end(&answer);
}

/* Why it cannot sign is for the log of the issuer, not for its callers. */
static void a_token_that_cannot_be_signed_is_an_internal_error(void **state)
{
	static const struct refusal row = {"builder",
					   "{}",
					   500,
					   "InternalError",
					   "Internal error occurred: failed to generate token: signing failed",
					   NULL};
	struct answer answer;
	size_t signers;

	(void)state;
	begin(&answer, declared);
	signers = answer.world.snapshot->signer_count;
	answer.world.snapshot->signer_count = 0;
	assert_refused(&answer, &row);
	ask(&answer, row.name, row.json);
	assert_string_equal(answer.err.text, "no active key to sign with");
	answer.world.snapshot->signer_count = signers;
	end(&answer);
}

static void a_token_that_no_verifier_would_take_is_the_callers_fault(void **state)
{
	mm_auto_buf json = {0};
	struct answer answer;

	(void)state;
	mm_buf_add_str(&json, "{\"spec\":{\"audiences\":[\"x\"");
	for (int i = 0; i < 5; i++)
		mm_buf_printf(&json, ",\"%04000d\"", i);
	mm_buf_add_str(&json, "]}}");
	begin(&answer, ANYTHING);
	ask(&answer, "builder", json.p);
	assert_int_equal(answer.status.code, 400);
	assert_string_equal(answer.status.reason, "BadRequest");
	assert_contains(answer.status.message.p, "verifiers accept at most 20000");
	end(&answer);
}

/* ---- what is wrong on purpose ------------------------------------------------------------------------------------ */

static void a_wrong_token_is_minted_where_that_is_asked_for(void **state)
{
	struct mm_fault_request faulty = {.fault = mm_fault_find("expired")};
	struct answer answer;

	(void)state;
	begin(&answer, ANYTHING);
	answer.world.api.faulty = &faulty;
	answer.code = test_world_request(&answer.world, "default", "builder", "{}", &answer.request, &answer.minted,
					 &answer.status, &answer.err);
	assert_ok(answer.code, &answer.err);
	assert_true(answer.minted.minted.expires_at < WORLD_NOW);
	end(&answer);
}

static void a_fault_that_cannot_be_made_is_told(void **state)
{
	struct mm_fault_request faulty = {.fault = mm_fault_find("retired-key")};
	struct answer answer;

	(void)state;
	assert_non_null(faulty.fault);
	begin(&answer, ANYTHING);
	answer.world.api.faulty = &faulty;
	ask(&answer, "builder", "{}");
	assert_int_equal(answer.status.code, 400);
	assert_contains(answer.status.message.p, "no retired key");
	end(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_request_gets_what_kubernetes_would_give),
		cmocka_unit_test(what_there_is_to_tell_is_told_and_the_token_is_not_there_twice),
		cmocka_unit_test(names_and_uid_that_agree_may_be_said),
		cmocka_unit_test(an_accounts_own_audiences_are_its_default),
		cmocka_unit_test(where_any_account_may_be_its_uid_is_derived),
		cmocka_unit_test(a_status_that_was_sent_is_replaced),
		cmocka_unit_test(a_token_for_a_pod_names_its_node),
		cmocka_unit_test(a_pod_that_runs_nowhere_has_no_node),
		cmocka_unit_test(nodes_and_secrets_can_be_bound_to),
		cmocka_unit_test(where_any_object_may_be_it_is_what_the_caller_says),
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
		cmocka_unit_test(every_error_of_the_table_is_told_in_kubernetes_words),
		cmocka_unit_test(the_checks_come_in_their_order),
		cmocka_unit_test(names_that_kubernetes_would_not_allow_are_not_found),
		cmocka_unit_test(a_name_that_is_hostile_is_quoted),
		cmocka_unit_test(a_token_that_cannot_be_signed_is_an_internal_error),
		cmocka_unit_test(a_token_that_no_verifier_would_take_is_the_callers_fault),
		cmocka_unit_test(a_wrong_token_is_minted_where_that_is_asked_for),
		cmocka_unit_test(a_fault_that_cannot_be_made_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
