/* SPDX-License-Identifier: Apache-2.0 */
/* TokenReview without HTTP: whom a token is taken for, and what is said of one that is not valid. */
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"
#include "tests/unit/tokenworld.h"
#include "tests/unit/users.h"

#include <mintmark/base64url.h>
#include <mintmark/json.h>
#include <string.h>

#define BUILDER_UID "11111111-2222-4333-8444-555555555555"
#define POD_UID     "66666666-2222-4333-8444-555555555555"

static const char declared[] = "tokens: {audiences: [api, api2]}\n"
			       "rules:\n- {users: [reviewer], may: [review]}\n"
			       "service_accounts:\n"
			       "- {namespace: default, name: builder, uid: " BUILDER_UID "}\n"
			       "- {namespace: default, name: derived}\n"
			       "bound_objects:\n"
			       "- {kind: Pod, namespace: default, name: web, uid: " POD_UID
			       ", service_account: builder}\n"
			       "- {kind: Node, name: worker, uid: " POD_UID "}\n"
			       "- {kind: Secret, namespace: default, name: legacy, uid: " POD_UID "}\n";

/* Any account and any object. */
static const char anything[] = "rules:\n- {users: [reviewer], may: [review]}\n";

struct reviewed {
	struct test_world world;
	struct mm_token_review review;
	struct mm_kube_status status;
	struct mm_err err;
};

static void begin(struct reviewed *reviewed, const char *yaml)
{
	*reviewed = (struct reviewed){0};
	test_world_make(&reviewed->world, yaml, "reviewer");
}

static void forget(struct reviewed *reviewed)
{
	mm_token_review_clear(&reviewed->review);
	mm_kube_status_clear(&reviewed->status);
	mm_err_clear(&reviewed->err);
}

static void end(struct reviewed *reviewed)
{
	forget(reviewed);
	test_world_free(&reviewed->world);
}

/* `audiences` is a list of one or two, or NULL. */
static void review(struct reviewed *reviewed, struct mm_span token, const char *const *audiences)
{
	forget(reviewed);
	mm_buf_add_span(&reviewed->review.token, token);
	for (; audiences && *audiences; audiences++)
		assert_ok(mm_strings_add(&reviewed->review.audiences, *audiences, NULL), NULL);
	assert_ok(mm_token_review_answer(&reviewed->world.api, &reviewed->review, &reviewed->status, &reviewed->err),
		  &reviewed->err);
	assert_int_equal(reviewed->err.code, MM_OK);
	assert_int_equal(reviewed->status.code, 0);
}

static void assert_accepted(const struct reviewed *reviewed, const char *user)
{
	assert_string_equal(mm_buf_span(&reviewed->review.error).p, "");
	assert_true(reviewed->review.authenticated);
	assert_user(&reviewed->review.user, user);
}

static void assert_rejected(const struct reviewed *reviewed, const char *error)
{
	assert_string_equal(mm_buf_span(&reviewed->review.error).p, error);
	assert_false(reviewed->review.authenticated);
	assert_user(&reviewed->review.user, TEST_NOBODY);
	assert_int_equal(reviewed->review.status_audiences.n, 0);
}

/* A token of the world's own for the account, bound to an object of that kind, or to none. */
static struct mm_minted mint(const struct reviewed *reviewed, struct mm_mint_request request)
{
	struct mm_minted minted = {0};
	struct mm_err err = {0};

	request.namespace = request.namespace ? request.namespace : "default";
	request.service_account = request.service_account ? request.service_account : "builder";
	request.uid = request.uid ? request.uid : BUILDER_UID;
	assert_ok(mm_mint(reviewed->world.snapshot, &request, WORLD_NOW, &minted, &err), &err);
	return minted;
}

/* Mints, reviews for the API's audiences, and forgets the token. */
static void review_minted(struct reviewed *reviewed, struct mm_mint_request request)
{
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = mint(reviewed, request);

	review(reviewed, mm_buf_span(&minted.token), NULL);
}

/* ---- whom a good token means ------------------------------------------------------------------------------------- */

static void a_good_token_means_its_account(void **state)
{
	struct reviewed reviewed;
	mm_auto_buf user = {0};
	struct mm_minted minted;

	(void)state;
	begin(&reviewed, declared);
	minted = mint(&reviewed, (struct mm_mint_request){0});
	review(&reviewed, mm_buf_span(&minted.token), NULL);
	mm_buf_printf(&user,
		      "system:serviceaccount:default:builder " BUILDER_UID
		      " [system:serviceaccounts,system:serviceaccounts:default,system:authenticated]"
		      " authentication.kubernetes.io/credential-id=JTI=%s",
		      minted.jti);
	assert_accepted(&reviewed, user.p);
	mm_minted_clear(&minted);
	end(&reviewed);
}

static void white_space_behind_a_token_does_not_matter(void **state)
{
	struct reviewed reviewed;
	struct mm_minted minted;
	mm_auto_buf text = {0};

	(void)state;
	begin(&reviewed, declared);
	minted = mint(&reviewed, (struct mm_mint_request){0});
	mm_buf_printf(&text, "%s \r\n", minted.token.p);
	review(&reviewed, mm_buf_span(&text), NULL);
	assert_true(reviewed.review.authenticated);
	assert_true(mm_span_eq(mm_buf_span(&reviewed.review.token), mm_buf_span(&text)));
	review(&reviewed, mm_span_str("\n"), NULL);
	assert_rejected(&reviewed, "invalid bearer token");
	mm_minted_clear(&minted);
	end(&reviewed);
}

static void what_was_sent_stays_in_the_answer(void **state)
{
	static const char *const audiences[] = {"api2", NULL};
	struct reviewed reviewed;
	struct mm_minted minted;

	(void)state;
	begin(&reviewed, declared);
	minted = mint(&reviewed, (struct mm_mint_request){0});
	review(&reviewed, mm_buf_span(&minted.token), audiences);
	assert_true(mm_span_eq(mm_buf_span(&reviewed.review.token), mm_buf_span(&minted.token)));
	assert_int_equal(reviewed.review.audiences.n, 1);
	review(&reviewed, mm_buf_span(&minted.token), NULL);
	assert_int_equal(reviewed.review.audiences.n, 0);
	mm_minted_clear(&minted);
	end(&reviewed);
}

static void assert_audiences(struct reviewed *reviewed, struct mm_span token, const char *const *wanted,
			     const char *const *expected)
{
	size_t n = 0;

	review(reviewed, token, wanted);
	assert_true(reviewed->review.authenticated);
	for (; expected[n]; n++)
		assert_string_equal(reviewed->review.status_audiences.v[n], expected[n]);
	assert_int_equal(reviewed->review.status_audiences.n, n);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void the_audiences_are_those_in_common_in_the_order_of_the_request(void **state)
{
	static const char *const asked[] = {"vault", "api2", "api"};
	struct reviewed reviewed;
	struct mm_minted minted;
	struct mm_span token;

	(void)state;
	begin(&reviewed, declared);
	minted = mint(&reviewed, (struct mm_mint_request){.audiences = asked, .audience_count = 3});
	token = mm_buf_span(&minted.token);
	assert_audiences(&reviewed, token, NULL, LIST("api", "api2"));
	assert_audiences(&reviewed, token, LIST("api2", "other", "vault"), LIST("api2", "vault"));
	assert_audiences(&reviewed, token, LIST("vault"), LIST("vault"));
	mm_minted_clear(&minted);
	end(&reviewed);
}

/* ---- by which key ------------------------------------------------------------------------------------------------ */

#define CLAIMS_HEAD                                                                                                    \
	"{\"aud\":[\"" WORLD_ISSUER "\"],\"exp\":1700003600,\"iat\":1700000000,\"iss\":\"" WORLD_ISSUER "\","
#define CLAIMS_TAIL                                                                                                    \
	"\"jti\":\"j\",\"kubernetes.io\":{\"namespace\":\"default\",\"serviceaccount\":{\"name\":\"builder\","         \
	"\"uid\":\"u\"}},\"nbf\":1700000000,\"sub\":\"system:serviceaccount:default:builder\"}"
#define CLAIMS CLAIMS_HEAD CLAIMS_TAIL
#define USER                                                                                                           \
	"system:serviceaccount:default:builder u [system:serviceaccounts,system:serviceaccounts:default,"              \
	"system:authenticated] authentication.kubernetes.io/credential-id=JTI=j"

static void review_signed(struct reviewed *reviewed, const struct mm_key *key, const char *header, const char *claims)
{
	mm_auto_string token = test_token(key, header, claims);

	review(reviewed, mm_span_str(token), NULL);
}

/* Beside the signer: a standby, a retired, a tainted and a revoked key. */
static const struct mm_key *add_key(struct reviewed *reviewed, unsigned n, enum mm_key_state state)
{
	const struct mm_key *key = test_shared_key("EdDSA", n);
	struct mm_key_record *record;

	assert_ok(mm_keyset_publish(reviewed->world.set, key, &test_policy, 0, WORLD_NOW, NULL), NULL);
	record = &reviewed->world.set->records[reviewed->world.set->count - 1];
	record->activated = state == MM_STATE_READY ? MM_NEVER : WORLD_NOW;
	record->retired = record->activated;
	record->revoked = state == MM_STATE_REVOKED ? WORLD_NOW : MM_NEVER;
	record->removed = state == MM_STATE_REMOVED ? WORLD_NOW : MM_NEVER;
	test_world_refresh(&reviewed->world);
	return key;
}

static void keys_that_are_published_are_accepted(void **state)
{
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, anything);
	review_signed(&reviewed, add_key(&reviewed, 0, MM_STATE_READY), NULL, CLAIMS);
	assert_accepted(&reviewed, USER);
	review_signed(&reviewed, add_key(&reviewed, 1, MM_STATE_RETIRED), NULL, CLAIMS);
	assert_accepted(&reviewed, USER);
	reviewed.world.set->records[2].tainted = WORLD_NOW;
	test_world_refresh(&reviewed.world);
	review_signed(&reviewed, test_shared_key("EdDSA", 1), NULL, CLAIMS);
	assert_accepted(&reviewed, USER);
	end(&reviewed);
}

static void keys_that_are_gone_are_not_known(void **state)
{
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, anything);
	review_signed(&reviewed, add_key(&reviewed, 0, MM_STATE_REVOKED), NULL, CLAIMS);
	assert_rejected(&reviewed, "[invalid bearer token, invalid signature, no keys found]");
	review_signed(&reviewed, add_key(&reviewed, 1, MM_STATE_REMOVED), NULL, CLAIMS);
	assert_rejected(&reviewed, "[invalid bearer token, invalid signature, no keys found]");
	end(&reviewed);
}

static void without_a_kid_every_key_is_tried(void **state)
{
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, anything);
	add_key(&reviewed, 0, MM_STATE_RETIRED);
	review_signed(&reviewed, add_key(&reviewed, 1, MM_STATE_RETIRED), "{\"alg\":\"EdDSA\"}", CLAIMS);
	assert_accepted(&reviewed, USER);
	end(&reviewed);
}

static void a_kid_selects_its_key(void **state)
{
	mm_auto_buf header = {0};
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, anything);
	add_key(&reviewed, 0, MM_STATE_RETIRED);
	add_key(&reviewed, 1, MM_STATE_RETIRED);
	mm_buf_printf(&header, "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", mm_key_kid(test_shared_key("EdDSA", 0)));
	review_signed(&reviewed, test_shared_key("EdDSA", 1), header.p, CLAIMS);
	assert_rejected(&reviewed, "[invalid bearer token, invalid signature]");
	end(&reviewed);
}

/* ---- what is not valid ------------------------------------------------------------------------------------------- */

static const struct mm_key *own_key(void)
{
	return test_shared_key("ES256", 0);
}

#define AUD(list)   "{\"aud\":" list ",\"exp\":1700003600,\"iss\":\"" WORLD_ISSUER "\"," CLAIMS_TAIL
#define TIMES(text) "{\"aud\":[\"" WORLD_ISSUER "\"],\"iss\":\"" WORLD_ISSUER "\"," text "}"

static void every_error_is_told_in_kubernetes_words(void **state)
{
	static const struct {
		const char *claims, *error;
	} rows[] = {
		{TIMES("\"exp\":1699999940"), "[invalid bearer token, service account token has expired]"},
		{TIMES("\"exp\":1700003600,\"nbf\":1700000061"),
		 "[invalid bearer token, service account token is not valid yet]"},
		{TIMES("\"exp\":1700003600,\"iat\":1700000061"),
		 "[invalid bearer token, service account token is issued in the future]"},
		{AUD("[\"a\"]"), "[invalid bearer token, token audiences [\"a\"] is invalid for the target audiences "
				 "[\"" WORLD_ISSUER "\"]]"},
		{AUD("\"a\""), "[invalid bearer token, token audiences [\"a\"] is invalid for the target audiences "
			       "[\"" WORLD_ISSUER "\"]]"},
		{AUD("[\"a\",\"b\\\"\\n\"]"),
		 "[invalid bearer token, token audiences [\"a\" \"b\\\"\\n\"] is invalid for "
		 "the target audiences [\"" WORLD_ISSUER "\"]]"},
		{AUD("[]"), "[invalid bearer token, token audiences [] is invalid for the target audiences "
			    "[\"" WORLD_ISSUER "\"]]"},
		{TIMES("\"exp\":\"1700003600\""), "[invalid bearer token, service account token claims could not be "
						  "validated due to unexpected validation "
						  "error]"},
		{TIMES("\"exp\":1700003600,\"sub\":\"somebody\""),
		 "[invalid bearer token, service account token claims could not be validated due to unexpected "
		 "validation "
		 "error]"},
		{"{\"aud\":\"a\",\"exp\":1,\"iss\":\"https://elsewhere.example\"}", "invalid bearer token"},
		{"{\"aud\":\"" WORLD_ISSUER "\",\"exp\":1700003600,\"iss\":\"" WORLD_ISSUER "/\"," CLAIMS_TAIL,
		 "invalid bearer token"},
		{"{\"aud\":\"a\",\"exp\":1}", "invalid bearer token"},
		{"[]", "invalid bearer token"},
	};
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, anything);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		review_signed(&reviewed, own_key(), NULL, rows[i].claims);
		assert_rejected(&reviewed, rows[i].error);
	}
	end(&reviewed);
}

/* Signed by this issuer or not: what is no identity token is not looked at any further. */
static void what_has_not_the_form_of_an_identity_token_is_just_invalid(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}",
		"{\"alg\":\"ES256\",\"crit\":[\"exp\"]}",
		"{\"alg\":\"none\"}",
		"{}",
	};
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, anything);
	for (size_t i = 0; i < MM_COUNT(headers); i++) {
		review_signed(&reviewed, own_key(), headers[i], CLAIMS);
		assert_rejected(&reviewed, "invalid bearer token");
	}
	end(&reviewed);
}

static void several_target_audiences_are_all_named(void **state)
{
	struct reviewed reviewed;
	struct mm_minted minted;

	(void)state;
	begin(&reviewed, declared);
	minted = mint(&reviewed, (struct mm_mint_request){0});
	review(&reviewed, mm_buf_span(&minted.token), LIST("x", "y"));
	assert_rejected(&reviewed,
			"[invalid bearer token, token audiences [\"api\" \"api2\"] is invalid for the target "
			"audiences [\"x\" \"y\"]]");
	mm_minted_clear(&minted);
	end(&reviewed);
}

/* kube-apiserver's leeway, on either side. */
static void a_minute_of_leeway_is_given(void **state)
{
	struct reviewed reviewed;
	struct mm_minted minted;

	(void)state;
	begin(&reviewed, declared);
	minted = mint(&reviewed, (struct mm_mint_request){.ttl = 600});
	reviewed.world.api.now = WORLD_NOW + 600 + 59;
	review(&reviewed, mm_buf_span(&minted.token), NULL);
	assert_true(reviewed.review.authenticated);
	reviewed.world.api.now = WORLD_NOW - 60;
	review(&reviewed, mm_buf_span(&minted.token), NULL);
	assert_true(reviewed.review.authenticated);
	reviewed.world.api.now = WORLD_NOW + 600 + 60;
	review(&reviewed, mm_buf_span(&minted.token), NULL);
	assert_rejected(&reviewed, "[invalid bearer token, service account token has expired]");
	reviewed.world.api.now = WORLD_NOW - 61;
	review(&reviewed, mm_buf_span(&minted.token), NULL);
	assert_rejected(&reviewed, "[invalid bearer token, service account token is not valid yet]");
	mm_minted_clear(&minted);
	end(&reviewed);
}

static void what_is_no_jwt_is_just_invalid(void **state)
{
	static const char *const texts[] = {"x", "a.b.c", "...", "e30.e30.e30", "\xff"};
	mm_auto_buf long_text = {0};
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, anything);
	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		review(&reviewed, mm_span_str(texts[i]), NULL);
		assert_rejected(&reviewed, "invalid bearer token");
	}
	mm_buf_printf(&long_text, "%0*d.e30.e30", MM_TOKEN_MAX, 0);
	review(&reviewed, mm_buf_span(&long_text), NULL);
	assert_rejected(&reviewed, "invalid bearer token");
	end(&reviewed);
}

/* Of another issuer's token nothing is told, whatever else would be wrong with it. */
static void a_token_by_an_unknown_key_is_foreign_unless_it_names_this_issuer(void **state)
{
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, anything);
	review_signed(&reviewed, test_shared_key("ES256", 1), NULL, "{\"iss\":\"https://elsewhere.example\"}");
	assert_rejected(&reviewed, "invalid bearer token");
	review_signed(&reviewed, test_shared_key("ES256", 1), NULL, CLAIMS);
	assert_rejected(&reviewed, "[invalid bearer token, invalid signature, no keys found]");
	end(&reviewed);
}

static void a_signature_that_does_not_verify_is_told(void **state)
{
	struct reviewed reviewed;
	struct mm_minted minted;
	char *last;

	(void)state;
	begin(&reviewed, declared);
	minted = mint(&reviewed, (struct mm_mint_request){0});
	last = strrchr(minted.token.p, '.') + 1;
	*last = *last == 'A' ? 'B' : 'A';
	review(&reviewed, mm_buf_span(&minted.token), NULL);
	assert_rejected(&reviewed, "[invalid bearer token, invalid signature]");
	mm_minted_clear(&minted);
	end(&reviewed);
}

static void a_review_without_a_token_is_a_bad_request(void **state)
{
	struct reviewed reviewed;
	mm_auto_buf text = {0};

	(void)state;
	begin(&reviewed, anything);
	assert_int_equal(mm_token_review_answer(&reviewed.world.api, &reviewed.review, &reviewed.status, &reviewed.err),
			 MM_EREFUSED);
	assert_ok(mm_kube_status_encode(&reviewed.status, MM_MEDIA_JSON, &text, NULL), NULL);
	assert_string_equal(
		text.p,
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":"
		"\"token is required for TokenReview in authentication\",\"reason\":\"BadRequest\",\"code\":400}\n");
	end(&reviewed);
}

/* ---- what is not there any more ---------------------------------------------------------------------------------- */

static void an_account_that_is_declared_no_more_is_not_authenticated(void **state)
{
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, declared);
	review_minted(&reviewed, (struct mm_mint_request){.service_account = "gone"});
	assert_rejected(&reviewed, "[invalid bearer token, serviceaccounts \"gone\" not found]");
	end(&reviewed);
}

static void an_account_that_was_made_again_is_another(void **state)
{
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, declared);
	review_minted(&reviewed, (struct mm_mint_request){.uid = "old"});
	assert_rejected(&reviewed, "[invalid bearer token, service account UID (" BUILDER_UID ") does not match claim "
				   "(old)]");
	end(&reviewed);
}

static void a_uid_that_nobody_declared_does_not_matter(void **state)
{
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, declared);
	review_minted(&reviewed, (struct mm_mint_request){.service_account = "derived", .uid = "any"});
	assert_true(reviewed.review.authenticated);
	end(&reviewed);
	begin(&reviewed, anything);
	review_minted(&reviewed, (struct mm_mint_request){.uid = "any"});
	assert_true(reviewed.review.authenticated);
	end(&reviewed);
}

static void what_a_token_is_bound_to_must_be_there(void **state)
{
	static const struct {
		const char *kind, *name, *uid, *error; /* NULL: good */
	} rows[] = {
		{"Pod", "web", POD_UID, NULL},
		{"Pod", "gone", POD_UID, "[invalid bearer token, service account token has been invalidated]"},
		{"Pod", "web", "old",
		 "[invalid bearer token, pod UID (" POD_UID ") does not match service account pod ref claim (old)]"},
		{"Pod", "web", NULL,
		 "[invalid bearer token, pod UID (" POD_UID ") does not match service account pod ref claim ()]"},
		{"Node", "worker", POD_UID, NULL},
		{"Node", "gone", POD_UID, "[invalid bearer token, service account token has been invalidated]"},
		{"Node", "worker", "old",
		 "[invalid bearer token, node UID (" POD_UID ") does not match service account node ref claim (old)]"},
		{"Secret", "legacy", POD_UID, NULL},
		{"Secret", "gone", POD_UID, "[invalid bearer token, service account token has been invalidated]"},
		{"Secret", "legacy", "old",
		 "[invalid bearer token, secret UID (" POD_UID
		 ") does not match service account secret ref claim (old)]"},
	};
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, declared);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		review_minted(&reviewed, (struct mm_mint_request){.bound_kind = rows[i].kind,
								  .bound = {rows[i].name, rows[i].uid}});
		if (rows[i].error)
			assert_rejected(&reviewed, rows[i].error);
		else
			assert_true(reviewed.review.authenticated);
	}
	end(&reviewed);
}

/* As kube-apiserver: a pod's node is only told. */
static void the_node_of_a_pod_need_not_be_there(void **state)
{
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, declared);
	review_minted(&reviewed, (struct mm_mint_request){
					 .bound_kind = "Pod", .bound = {"web", POD_UID}, .node = {"elsewhere", "u"}});
	assert_true(reviewed.review.authenticated);
	assert_int_equal(reviewed.review.user.extra_count, 5);
	end(&reviewed);
}

static void where_any_object_may_be_all_are_there(void **state)
{
	struct reviewed reviewed;

	(void)state;
	begin(&reviewed, anything);
	review_minted(&reviewed, (struct mm_mint_request){.bound_kind = "Pod", .bound = {"web", NULL}});
	assert_true(reviewed.review.authenticated);
	review_minted(&reviewed, (struct mm_mint_request){.bound_kind = "Secret", .bound = {"s", "u"}});
	assert_true(reviewed.review.authenticated);
	end(&reviewed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_token_means_its_account),
		cmocka_unit_test(white_space_behind_a_token_does_not_matter),
		cmocka_unit_test(what_was_sent_stays_in_the_answer),
		cmocka_unit_test(the_audiences_are_those_in_common_in_the_order_of_the_request),
		cmocka_unit_test(keys_that_are_published_are_accepted),
		cmocka_unit_test(keys_that_are_gone_are_not_known),
		cmocka_unit_test(without_a_kid_every_key_is_tried),
		cmocka_unit_test(a_kid_selects_its_key),
		cmocka_unit_test(every_error_is_told_in_kubernetes_words),
		cmocka_unit_test(what_has_not_the_form_of_an_identity_token_is_just_invalid),
		cmocka_unit_test(several_target_audiences_are_all_named),
		cmocka_unit_test(a_minute_of_leeway_is_given),
		cmocka_unit_test(what_is_no_jwt_is_just_invalid),
		cmocka_unit_test(a_token_by_an_unknown_key_is_foreign_unless_it_names_this_issuer),
		cmocka_unit_test(a_signature_that_does_not_verify_is_told),
		cmocka_unit_test(a_review_without_a_token_is_a_bad_request),
		cmocka_unit_test(an_account_that_is_declared_no_more_is_not_authenticated),
		cmocka_unit_test(an_account_that_was_made_again_is_another),
		cmocka_unit_test(a_uid_that_nobody_declared_does_not_matter),
		cmocka_unit_test(what_a_token_is_bound_to_must_be_there),
		cmocka_unit_test(the_node_of_a_pod_need_not_be_there),
		cmocka_unit_test(where_any_object_may_be_all_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
