/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"

#include <mintmark/document.h>
#include <mintmark/keyio.h>
#include <string.h>

#define ISSUER "https://oidc.example.com/id/prod"

static struct mm_keyset *empty_set(void)
{
	struct mm_keyset *set;
	struct mm_err err = {0};

	assert_ok(mm_keyset_new(&set, &err), &err);
	set->revision = 3;
	set->committed = T0;
	return set;
}

static struct mm_documents *render(const struct mm_keyset *set)
{
	struct mm_documents *documents;
	struct mm_err err = {0};

	assert_ok(mm_documents_render(ISSUER, set, test_alg("ES256"), 600, T0, &documents, &err), &err);
	return documents;
}

static void discovery_is_kube_apiservers_and_claims_supported(void **state)
{
	mm_auto(mm_keyset) set = empty_set();
	mm_auto(mm_documents) documents = NULL;

	(void)state;
	test_active(set, "ES256");
	documents = render(set);
	assert_string_equal(documents->discovery.path, "/.well-known/openid-configuration");
	assert_string_equal(documents->discovery.content_type, "application/json");
	assert_string_equal(documents->discovery.body.p,
			    "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" ISSUER "/openid/v1/jwks\","
			    "\"response_types_supported\":[\"id_token\"],\"subject_types_supported\":[\"public\"],"
			    "\"id_token_signing_alg_values_supported\":[\"ES256\"],"
			    "\"claims_supported\":[\"aud\",\"exp\",\"iat\",\"iss\",\"jti\",\"kubernetes.io\",\"nbf\","
			    "\"sub\"]}");
}

static void discovery_names_each_algorithm_once_and_sorted(void **state)
{
	mm_auto(mm_keyset) set = empty_set();
	mm_auto(mm_documents) documents = NULL;

	(void)state;
	test_active(set, "RS256");
	test_active(set, "EdDSA");
	test_active(set, "ES256");
	test_published(test_record(set, "ES256"), T0);
	test_record(set, "ES384"); /* generated: not published yet */
	documents = render(set);
	assert_contains(documents->discovery.body.p, "\"id_token_signing_alg_values_supported\":[\"ES256\",\"EdDSA\","
						     "\"RS256\"]");
}

/* The position of the key in the JWKS; -1 when it is not there. */
static int position(const struct mm_documents *documents, const struct mm_key_record *record)
{
	json_t *document = json_loadb(documents->jwks.body.p, documents->jwks.body.len, 0, NULL);
	json_t *keys = json_object_get(document, "keys"), *jwk;
	int found = -1;
	size_t i;

	json_array_foreach(keys, i, jwk)
	{
		if (strcmp(json_string_value(json_object_get(jwk, "kid")), mm_key_kid(record->key)) == 0)
			found = (int)i;
	}
	json_decref(document);
	return found;
}

enum { RETIRED, REVOKED, STANDBY, ACTIVE_EDDSA, REMOVED, ACTIVE_ES256, GENERATED };

/* One key in each state, and the active ones neither first nor in the order that is wanted. */
static struct mm_keyset *set_of_all_states(void)
{
	struct mm_keyset *set = empty_set();

	test_active(set, "ES256")->retired = T0;
	test_active(set, "ES256")->revoked = T0;
	test_published(test_record(set, "ES256"), T0);
	test_active(set, "EdDSA");
	test_record(set, "ES256")->removed = T0;
	test_active(set, "ES256");
	test_record(set, "ES256");
	return set;
}

static void jwks_begins_with_the_keys_that_sign(void **state)
{
	mm_auto(mm_keyset) set = set_of_all_states();
	mm_auto(mm_documents) documents = render(set);

	(void)state;
	assert_int_equal(position(documents, &set->records[ACTIVE_ES256]), 0);
	assert_int_equal(position(documents, &set->records[ACTIVE_EDDSA]), 1);
	assert_int_equal(position(documents, &set->records[RETIRED]), 2);
	assert_int_equal(position(documents, &set->records[STANDBY]), 3);
}

/* ES256, which comes first otherwise, is being introduced: its key waits, and so comes after what signs. */
static void jwks_begins_with_what_signs_though_another_algorithm_is_wanted(void **state)
{
	mm_auto(mm_keyset) set = empty_set();
	mm_auto(mm_documents) documents = NULL;

	(void)state;
	test_published(test_record(set, "ES256"), T0);
	test_active(set, "EdDSA");
	documents = render(set);
	assert_int_equal(position(documents, &set->records[1]), 0);
	assert_int_equal(position(documents, &set->records[0]), 1);
}

static void jwks_has_nothing_that_is_not_published(void **state)
{
	mm_auto(mm_keyset) set = set_of_all_states();
	mm_auto(mm_documents) documents = render(set);

	(void)state;
	assert_int_equal(position(documents, &set->records[REVOKED]), -1);
	assert_int_equal(position(documents, &set->records[REMOVED]), -1);
	assert_int_equal(position(documents, &set->records[GENERATED]), -1);
}

static void jwks_is_what_verifiers_read(void **state)
{
	mm_auto(mm_keyset) set = set_of_all_states();
	mm_auto(mm_documents) documents = render(set);
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_string_equal(documents->jwks.path, "/openid/v1/jwks");
	assert_string_equal(documents->jwks.content_type, "application/jwk-set+json");
	assert_ok(mm_jwks_parse(mm_buf_span(&documents->jwks.body), &jwks, &err), &err);
	assert_int_equal(mm_jwks_count(jwks), 4);
}

/* KEP-1393. The keys of the set are private here, as those of the server are. */
static void jwks_has_no_private_member(void **state)
{
	static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "k"};
	mm_auto(mm_keyset) set = empty_set();
	mm_auto(mm_documents) documents = NULL;
	json_t *document, *jwk;
	size_t i;

	(void)state;
	for (size_t a = 0; a < MM_ALG_COUNT; a++)
		test_active(set, mm_algs[a].name);
	documents = render(set);
	document = json_loads(documents->jwks.body.p, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(document, "keys")), MM_ALG_COUNT);
	json_array_foreach(json_object_get(document, "keys"), i, jwk)
	{
		assert_true(mm_key_is_private(set->records[i].key));
		for (size_t m = 0; m < MM_COUNT(private_members); m++)
			assert_null(json_object_get(jwk, private_members[m]));
	}
	json_decref(document);
}

static void an_empty_jwks_is_refused(void **state)
{
	mm_auto(mm_keyset) set = empty_set();
	struct mm_documents *documents;
	struct mm_err err = {0};

	(void)state;
	test_record(set, "ES256");
	assert_fails(mm_documents_render(ISSUER, set, NULL, 600, T0, &documents, &err), MM_EREFUSED, &err);
	assert_null(documents);
}

static void headers_are_complete(void **state)
{
	mm_auto(mm_keyset) set = empty_set();
	mm_auto(mm_documents) documents = NULL;
	mm_auto_buf expected = {0};

	(void)state;
	test_active(set, "ES256");
	documents = render(set);
	mm_buf_printf(&expected,
		      "Content-Type: application/jwk-set+json\r\n"
		      "Content-Length: %zu\r\n"
		      "Last-Modified: Sun, 22 Nov 2026 00:15:00 GMT\r\n"
		      "X-Content-Type-Options: nosniff\r\n"
		      "Cache-Control: public, max-age=600\r\n"
		      "ETag: %s\r\n"
		      "Access-Control-Allow-Origin: *\r\n"
		      "\r\n",
		      documents->jwks.body.len, documents->jwks.etag);
	assert_string_equal(documents->jwks.headers.p, expected.p);
}

static void headers_of_304_leave_out_what_describes_the_body(void **state)
{
	mm_auto(mm_keyset) set = empty_set();
	mm_auto(mm_documents) documents = NULL;
	mm_auto_buf expected = {0};

	(void)state;
	test_active(set, "ES256");
	documents = render(set);
	mm_buf_printf(&expected,
		      "Cache-Control: public, max-age=600\r\nETag: %s\r\nAccess-Control-Allow-Origin: *\r\n\r\n",
		      documents->discovery.etag);
	assert_string_equal(documents->discovery.headers_not_modified.p, expected.p);
}

/* Two replicas that render the same revision at different moments, and with public keys or private ones. */
static void replicas_render_the_same_bytes(void **state)
{
	mm_auto(mm_keyset) set = set_of_all_states();
	mm_auto(mm_keyset) other = NULL;
	mm_auto(mm_documents) a = render(set);
	mm_auto(mm_documents) b = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_keyset_copy(set, &other, &err), &err);
	for (size_t i = 0; i < other->count; i++) {
		struct mm_key *public_key;

		assert_ok(mm_key_public(other->records[i].key, &public_key, &err), &err);
		mm_key_free(other->records[i].key);
		other->records[i].key = public_key;
	}
	assert_ok(mm_documents_render(ISSUER, other, test_alg("ES256"), 600, T0 + 86400, &b, &err), &err);
	assert_string_equal(a->jwks.body.p, b->jwks.body.p);
	assert_string_equal(a->jwks.headers.p, b->jwks.headers.p);
	assert_string_equal(a->discovery.body.p, b->discovery.body.p);
	assert_string_equal(a->discovery.headers.p, b->discovery.headers.p);
}

static void etag_changes_exactly_with_the_content(void **state)
{
	mm_auto(mm_keyset) set = empty_set();
	mm_auto(mm_documents) before = NULL;
	mm_auto(mm_documents) same = NULL;
	mm_auto(mm_documents) after = NULL;

	(void)state;
	test_active(set, "ES256");
	before = render(set);
	set->revision++;
	test_record(set, "ES256");
	same = render(set);
	assert_string_equal(before->jwks.etag, same->jwks.etag);
	test_published(&set->records[1], T0);
	after = render(set);
	assert_string_not_equal(before->jwks.etag, after->jwks.etag);
	assert_string_equal(before->discovery.etag, after->discovery.etag);
}

static void etag_is_strong_and_quoted(void **state)
{
	mm_auto(mm_keyset) set = empty_set();
	mm_auto(mm_documents) documents = NULL;

	(void)state;
	test_active(set, "ES256");
	documents = render(set);
	assert_int_equal(strlen(documents->jwks.etag), 45);
	assert_int_equal(documents->jwks.etag[0], '"');
	assert_int_equal(documents->jwks.etag[44], '"');
	assert_int_equal(strcspn(documents->jwks.etag + 1, "\""), 43);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(discovery_is_kube_apiservers_and_claims_supported),
		cmocka_unit_test(discovery_names_each_algorithm_once_and_sorted),
		cmocka_unit_test(jwks_begins_with_the_keys_that_sign),
		cmocka_unit_test(jwks_begins_with_what_signs_though_another_algorithm_is_wanted),
		cmocka_unit_test(jwks_has_nothing_that_is_not_published),
		cmocka_unit_test(jwks_is_what_verifiers_read),
		cmocka_unit_test(jwks_has_no_private_member),
		cmocka_unit_test(an_empty_jwks_is_refused),
		cmocka_unit_test(headers_are_complete),
		cmocka_unit_test(headers_of_304_leave_out_what_describes_the_body),
		cmocka_unit_test(replicas_render_the_same_bytes),
		cmocka_unit_test(etag_changes_exactly_with_the_content),
		cmocka_unit_test(etag_is_strong_and_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
