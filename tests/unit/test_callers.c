/* SPDX-License-Identifier: Apache-2.0 */
/* Who is calling: each kind of credential, at CERT_NOW, and what comes before what. */
#include "tests/unit/certificates.h"
#include "tests/unit/keysets.h"
#include "tests/unit/tokens.h"
#include "tests/unit/users.h"

#include <mintmark/callers.h>
#include <mintmark/token.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOW    CERT_NOW
#define ISSUER "https://oidc.example.com/id/prod"
#define TOKENS "secret,alice,1,\"ops,dev\"\na.b.c,bob,2\n"
#define ALICE  "alice 1 [ops,dev,system:authenticated]"
#define CAROL  "carol - [ops,system:authenticated]"
#define WEB                                                                                                            \
	"system:serviceaccount:prod:web u1 "                                                                           \
	"[system:serviceaccounts,system:serviceaccounts:prod,system:authenticated] "                                   \
	"authentication.kubernetes.io/credential-id=JTI=j1"

struct world {
	struct test_dir dir;
	struct mm_config config;
	char tokens[512], ca[512], crl[512];
	struct test_certificate authority, carol;
	struct mm_snapshot *snapshot; /* key 0 signs, key 1 was revoked, key 2 is not known */
	struct mm_callers *callers;
	struct mm_directory *directory; /* any account */
};

static struct mm_snapshot *snapshot_of(const struct mm_config *config)
{
	struct mm_snapshot *snapshot;
	mm_auto(mm_keyset) set = NULL;
	struct mm_err err = {0};

	assert_ok(mm_keyset_new(&set, &err), &err);
	test_add_first(set, test_shared_key("ES256", 0), NOW);
	test_add_first(set, test_shared_key("ES256", 1), NOW);
	set->records[1].revoked = NOW;
	set->revision = 1;
	assert_ok(mm_snapshot_build(config, set, true, NOW, &snapshot, &err), &err);
	return snapshot;
}

static struct mm_callers *load(const struct mm_config *config)
{
	struct mm_callers *callers;
	struct mm_err err = {0};

	assert_ok(mm_callers_load(config, &callers, &err), &err);
	return callers;
}

static struct mm_directory *directory_of(const struct mm_config *config)
{
	struct mm_directory *directory;
	struct mm_err err = {0};

	assert_ok(mm_directory_build(config, &directory, &err), &err);
	return directory;
}

static int set_up(void **state)
{
	static struct world world;

	test_dir_make(&world.dir);
	world.config = test_config();
	snprintf(world.tokens, sizeof world.tokens, "%s/tokens.csv", world.dir.path);
	snprintf(world.ca, sizeof world.ca, "%s/ca.pem", world.dir.path);
	snprintf(world.crl, sizeof world.crl, "%s/crl.pem", world.dir.path);
	world.config.callers.tokens = world.tokens;
	world.config.callers.client_ca = world.ca;
	world.config.service_accounts.any = world.config.bound_objects.any = true;
	world.authority = test_authority("Clients");
	world.carol = test_client(&world.authority, "carol", "ops");
	test_file_write(world.dir.fd, "tokens.csv", TOKENS, 0600);
	test_pem_add(&world.dir, "ca.pem", world.authority.x509);
	world.snapshot = snapshot_of(&world.config);
	world.callers = load(&world.config);
	world.directory = directory_of(&world.config);
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	mm_directory_free(mm_take(world->directory));
	mm_callers_free(mm_take(world->callers));
	mm_snapshot_free(mm_take(world->snapshot));
	test_certificate_free(&world->carol);
	test_certificate_free(&world->authority);
	test_dir_remove(&world->dir);
	return 0;
}

static struct mm_peer peer_with(const struct test_certificate *certificate)
{
	X509_up_ref(certificate->x509);
	return (struct mm_peer){.certificate = certificate->x509};
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static struct mm_credentials credentials(const char *authorization, struct mm_peer *peer)
{
	return (struct mm_credentials){
		.authorization_count = authorization != NULL,
		.authorization = mm_span_str(authorization),
		.peer = peer,
	};
}

static void assert_is(const struct world *world, const struct mm_credentials *shown, mm_time now,
		      enum mm_caller_kind kind, const char *user)
{
	MM_CLEANUP(mm_identity_clear) struct mm_identity identity;
	struct mm_err err = {0};

	assert_ok(mm_authenticate(world->callers, world->snapshot, world->directory, shown, now, &identity, &err),
		  &err);
	assert_int_equal(identity.kind, kind);
	if (user)
		assert_user(identity.user, user);
	else
		assert_null(identity.user);
}

static void assert_is_refused(const struct world *world, const struct mm_credentials *shown, mm_time now,
			      const char *why)
{
	MM_CLEANUP(mm_identity_clear) struct mm_identity identity;
	struct mm_err err = {0};

	assert_int_equal(
		mm_authenticate(world->callers, world->snapshot, world->directory, shown, now, &identity, &err),
		MM_EVERIFY);
	assert_int_equal(err.code, MM_EVERIFY);
	assert_contains(err.text, why);
	assert_int_equal(identity.kind, MM_CALLER_NOBODY);
	assert_null(identity.user);
	assert_null(strstr(err.text, "secr"));
}

/* ---- bearer tokens ----------------------------------------------------------------------------------------------- */

static void without_credentials_one_is_nobody(void **state)
{
	struct mm_peer nothing = {0};
	struct mm_credentials none = credentials(NULL, NULL), of_connection = credentials(NULL, &nothing);

	assert_is(*state, &none, NOW, MM_CALLER_NOBODY, NULL);
	assert_is(*state, &of_connection, NOW, MM_CALLER_NOBODY, NULL);
}

static void tokens_of_the_file_are_users(void **state)
{
	static const struct {
		const char *authorization, *user; /* NULL: refused */
	} rows[] = {
		{"Bearer secret", ALICE},
		{"bearer secret", ALICE},
		{"Bearer a.b.c", "bob 2 [system:authenticated]"}, /* looks like a JWS */
		{"Bearer secreT", NULL},
		{"Bearer secre", NULL},
		{"Bearer secrets", NULL},
		{"Bearer secret ", NULL},
		{"Bearer  secret", NULL},
		{"Bearer", NULL},
		{"Bearer a.b.d", NULL},
		{"Bearer ..", NULL},
		{"Basic c2VjcmV0", NULL},
		{"secret", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_credentials shown = credentials(rows[i].authorization, NULL);

		if (rows[i].user)
			assert_is(*state, &shown, NOW, MM_CALLER_TOKEN, rows[i].user);
		else
			assert_is_refused(*state, &shown, NOW, "");
	}
}

static void two_headers_are_refused_whatever_they_say(void **state)
{
	struct mm_credentials shown = credentials("Bearer secret", NULL);

	shown.authorization_count = 2;
	assert_is_refused(*state, &shown, NOW, "2 Authorization headers");
}

#define KUBERNETES "{\"namespace\":\"prod\",\"serviceaccount\":{\"name\":\"web\",\"uid\":\"u1\"}}"

/* "Bearer " and a token by the n-th key. Freed by the caller. */
static char *bearer(unsigned key, const char *issuer, const char *audience, mm_time issued, mm_time expires,
		    const char *kubernetes)
{
	mm_auto_string token = NULL;
	mm_auto_buf claims = {0}, out = {0};

	mm_buf_printf(&claims, "{\"aud\":[\"%s\"],\"exp\":%lld,\"iat\":%lld,\"iss\":\"%s\",\"jti\":\"j1\"", audience,
		      (long long)expires, (long long)issued, issuer);
	if (kubernetes)
		mm_buf_printf(&claims, ",\"kubernetes.io\":%s", kubernetes);
	mm_buf_printf(&claims, ",\"nbf\":%lld,\"sub\":\"system:serviceaccount:prod:web\"}", (long long)issued);
	token = test_token(test_shared_key("ES256", key), NULL, claims.p);
	mm_buf_printf(&out, "Bearer %s", token);
	return mm_buf_take(&out);
}

static void tokens_of_our_own_are_service_accounts(void **state)
{
	static const struct {
		unsigned key;
		const char *issuer, *audience;
		mm_time issued, expires;
		const char *kubernetes;
		const char *why; /* NULL: it is the account's */
	} rows[] = {
		{0, ISSUER, ISSUER, NOW, NOW + 60, KUBERNETES, NULL},
		{0, ISSUER, ISSUER, NOW - 600, NOW - MM_LEEWAY + 1, KUBERNETES, NULL},
		{0, ISSUER, ISSUER, NOW + MM_LEEWAY, NOW + 600, KUBERNETES, NULL},
		{0, ISSUER, ISSUER, NOW - 600, NOW - MM_LEEWAY, KUBERNETES, "expired at"},
		{0, ISSUER, ISSUER, NOW + MM_LEEWAY + 1, NOW + 600, KUBERNETES, "not valid before"},
		{0, ISSUER, "sts.amazonaws.com", NOW, NOW + 60, KUBERNETES, "aud is"},
		{0, "https://oidc.example.com", ISSUER, NOW, NOW + 60, KUBERNETES, "iss is"},
		{1, ISSUER, ISSUER, NOW, NOW + 60, KUBERNETES, "no key has its kid"}, /* revoked */
		{2, ISSUER, ISSUER, NOW, NOW + 60, KUBERNETES, "no key has its kid"},
		{0, ISSUER, ISSUER, NOW, NOW + 60, NULL, "no kubernetes.io"},
		{0, ISSUER, ISSUER, NOW, NOW + 60,
		 "{\"namespace\":\"prod\",\"serviceaccount\":{\"name\":\"other\",\"uid\":\"u\"}}", "sub is"},
	};

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_string authorization = bearer(rows[i].key, rows[i].issuer, rows[i].audience, rows[i].issued,
						      rows[i].expires, rows[i].kubernetes);
		struct mm_credentials shown = credentials(authorization, NULL);

		if (rows[i].why)
			assert_is_refused(*state, &shown, NOW, rows[i].why);
		else
			assert_is(*state, &shown, NOW, MM_CALLER_SERVICE_ACCOUNT, WEB);
	}
}

static void replace_directory(struct world *world, struct mm_account_record *record)
{
	world->config.service_accounts = (struct mm_records){.n = 1, .v = record};
	mm_directory_free(world->directory);
	world->directory = directory_of(&world->config);
}

/* As TokenReview does: else a token would outlive its account here and nowhere else. */
static void tokens_of_an_account_that_is_declared_no_more_are_refused(void **state)
{
	char namespace[] = "prod", web[] = "web", other[] = "other", new_uid[] = "u2";
	struct world *world = *state;
	mm_auto_string token = bearer(0, ISSUER, ISSUER, NOW, NOW + 60, KUBERNETES);
	struct mm_credentials shown = credentials(token, NULL);

	replace_directory(world, &(struct mm_account_record){.namespace = namespace, .name = web});
	assert_is(world, &shown, NOW, MM_CALLER_SERVICE_ACCOUNT, WEB);
	replace_directory(world, &(struct mm_account_record){.namespace = namespace, .name = web, .uid = new_uid});
	assert_is_refused(world, &shown, NOW, "service account UID (u2) does not match claim (u1)");
	replace_directory(world, &(struct mm_account_record){.namespace = namespace, .name = other});
	assert_is_refused(world, &shown, NOW, "serviceaccounts \"web\" not found");
}

static void a_signature_by_another_key_is_refused(void **state)
{
	mm_auto_string good = bearer(0, ISSUER, ISSUER, NOW, NOW + 60, KUBERNETES);
	mm_auto_string other = bearer(2, ISSUER, ISSUER, NOW, NOW + 60, KUBERNETES);
	mm_auto_buf mixed = {0};
	struct mm_credentials shown;

	mm_buf_add(&mixed, good, (size_t)(strrchr(good, '.') - good));
	mm_buf_add_str(&mixed, strrchr(other, '.'));
	shown = credentials(mixed.p, NULL);
	assert_is_refused(*state, &shown, NOW, "signature does not verify");
}

static void audiences_of_the_api_are_the_configured_ones(void **state)
{
	static char api[] = "https://api.example.com", *list[] = {api};
	struct world *world = *state;
	mm_auto_string ours = bearer(0, ISSUER, api, NOW, NOW + 60, KUBERNETES);
	mm_auto_string issuers = bearer(0, ISSUER, ISSUER, NOW, NOW + 60, KUBERNETES);
	struct mm_credentials good = credentials(ours, NULL), bad = credentials(issuers, NULL);

	world->config.tokens.audiences = (struct mm_strings){.v = list, .n = 1};
	mm_snapshot_free(world->snapshot);
	world->snapshot = snapshot_of(&world->config);
	assert_is(world, &good, NOW, MM_CALLER_SERVICE_ACCOUNT, WEB);
	assert_is_refused(world, &bad, NOW, "aud is");
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

static void a_certificate_is_a_user(void **state)
{
	struct world *world = *state;
	MM_CLEANUP(mm_peer_clear) struct mm_peer peer = peer_with(&world->carol);
	struct mm_credentials shown = credentials(NULL, &peer);

	assert_is(world, &shown, NOW, MM_CALLER_CERTIFICATE, CAROL);
	assert_is(world, &shown, NOW, MM_CALLER_CERTIFICATE, CAROL);
}

static void a_certificate_that_does_not_hold_is_not_nobody(void **state)
{
	struct world *world = *state;
	struct test_certificate stranger = test_authority("Clients");
	struct test_certificate client = test_client(&stranger, "carol", "ops");
	MM_CLEANUP(mm_peer_clear) struct mm_peer peer = peer_with(&client);
	struct mm_credentials shown = credentials(NULL, &peer);

	assert_is_refused(world, &shown, NOW, "signature failure");
	assert_is_refused(world, &shown, NOW, "signature failure");
	test_certificate_free(&client);
	test_certificate_free(&stranger);
}

static void a_connection_does_not_outlive_its_certificate(void **state)
{
	struct world *world = *state;
	MM_CLEANUP(mm_peer_clear) struct mm_peer peer = peer_with(&world->carol);
	struct mm_credentials shown = credentials(NULL, &peer);

	assert_is(world, &shown, NOW, MM_CALLER_CERTIFICATE, CAROL);
	assert_is(world, &shown, NOW + 1799, MM_CALLER_CERTIFICATE, CAROL);
	assert_is_refused(world, &shown, NOW + 1800, "has expired");
	assert_is(world, &shown, NOW + 1799, MM_CALLER_CERTIFICATE, CAROL);
	assert_is_refused(world, &shown, NOW - 1801, "not yet valid");
}

/* A clock that was wrong, or a test's, must not have said yes for a time at which nobody looked. */
static void what_was_found_later_says_nothing_of_before(void **state)
{
	struct world *world = *state;
	MM_CLEANUP(mm_peer_clear) struct mm_peer peer = peer_with(&world->carol);
	struct mm_credentials shown = credentials(NULL, &peer);

	assert_is(world, &shown, NOW + 60, MM_CALLER_CERTIFICATE, CAROL);
	assert_int_equal(peer.judged_from, NOW + 60);
	assert_is(world, &shown, NOW, MM_CALLER_CERTIFICATE, CAROL);
	assert_int_equal(peer.judged_from, NOW);
	assert_is_refused(world, &shown, NOW - 3600, "not yet valid");
	assert_string_equal(peer.user.name ? peer.user.name : "", "");
}

static void who_was_seen_before_is_not_looked_at_again(void **state)
{
	struct world *world = *state;
	MM_CLEANUP(mm_peer_clear) struct mm_peer peer = peer_with(&world->carol);
	struct mm_credentials shown = credentials(NULL, &peer);

	assert_is(world, &shown, NOW, MM_CALLER_CERTIFICATE, CAROL);
	peer.user.name[0] = 'K';
	assert_is(world, &shown, NOW + 1799, MM_CALLER_CERTIFICATE, "Karol - [ops,system:authenticated]");
}

static void who_was_refused_is_not_looked_at_again_in_that_second(void **state)
{
	struct world *world = *state;
	MM_CLEANUP(mm_peer_clear) struct mm_peer peer = peer_with(&world->carol);
	struct mm_credentials shown = credentials(NULL, &peer);

	assert_is_refused(world, &shown, NOW + 1800, "has expired");
	peer.refusal[0] = 'K';
	assert_is_refused(world, &shown, NOW + 1800, "Klient certificate");
	assert_is_refused(world, &shown, NOW + 1801, "client certificate");
	assert_is(world, &shown, NOW, MM_CALLER_CERTIFICATE, CAROL);
	assert_null(peer.refusal);
}

static void other_callers_look_again(void **state)
{
	struct world *world = *state;
	MM_CLEANUP(mm_peer_clear) struct mm_peer peer = peer_with(&world->carol);
	struct mm_credentials shown = credentials(NULL, &peer);
	uint64_t number;

	assert_is(world, &shown, NOW, MM_CALLER_CERTIFICATE, CAROL);
	number = peer.judged_by;
	test_pem_add_crl(&world->dir, "crl.pem", test_crl(&world->authority, NOW, NOW + 60, 0));
	world->config.callers.client_crl = world->crl;
	mm_callers_free(world->callers);
	world->callers = load(&world->config);
	assert_is(world, &shown, NOW, MM_CALLER_CERTIFICATE, CAROL);
	assert_true(peer.judged_by != number);
	assert_int_equal(unlinkat(world->dir.fd, "crl.pem", 0), 0);
	test_pem_add_crl(&world->dir, "crl.pem", test_crl(&world->authority, NOW, NOW + 60, 7));
	mm_callers_free(world->callers);
	world->callers = load(&world->config);
	assert_is_refused(world, &shown, NOW, "certificate revoked");
	world->config.callers.client_ca = NULL;
	mm_callers_free(world->callers);
	world->callers = load(&world->config);
	assert_is_refused(world, &shown, NOW, "callers.client_ca is not set");
}

static void a_peer_of_a_socket_is_its_uid(void **state)
{
	MM_CLEANUP(mm_peer_clear) struct mm_peer peer = {.has_uid = true, .uid = 1000, .gid = 100};
	MM_CLEANUP(mm_peer_clear) struct mm_peer root = {.has_uid = true};
	struct mm_credentials shown = credentials(NULL, &peer), of_root = credentials(NULL, &root);

	assert_is(*state, &shown, NOW, MM_CALLER_UNIX, "unix:uid:1000 - [unix:gid:100,system:authenticated]");
	assert_is(*state, &shown, NOW - 60, MM_CALLER_UNIX, "unix:uid:1000 - [unix:gid:100,system:authenticated]");
	assert_is(*state, &of_root, NOW, MM_CALLER_UNIX, "unix:uid:0 - [unix:gid:0,system:authenticated]");
}

static void an_authorization_header_decides_alone(void **state)
{
	struct world *world = *state;
	MM_CLEANUP(mm_peer_clear) struct mm_peer carol = peer_with(&world->carol);
	MM_CLEANUP(mm_peer_clear) struct mm_peer root = {.has_uid = true};
	static const char *const wrong[] = {"Bearer other", "Basic c2VjcmV0", "", "Bearer a.b.d"};
	struct mm_credentials shown = credentials("Bearer secret", &carol);

	assert_is(world, &shown, NOW, MM_CALLER_TOKEN, ALICE);
	shown = credentials("Bearer secret", &root);
	assert_is(world, &shown, NOW, MM_CALLER_TOKEN, ALICE);
	for (size_t i = 0; i < MM_COUNT(wrong); i++) {
		shown = credentials(wrong[i], &carol);
		assert_is_refused(world, &shown, NOW, "");
		shown = credentials(wrong[i], &root);
		assert_is_refused(world, &shown, NOW, "");
	}
}

/* ---- the object -------------------------------------------------------------------------------------------------- */

static void what_is_not_configured_is_nobody_s(void **state)
{
	struct world *world = *state;
	MM_CLEANUP(mm_peer_clear) struct mm_peer root = {.has_uid = true};
	struct mm_credentials file = credentials("Bearer secret", NULL), socket = credentials(NULL, &root);
	mm_auto_string own = bearer(0, ISSUER, ISSUER, NOW, NOW + 60, KUBERNETES);
	struct mm_credentials account = credentials(own, NULL);

	world->config.callers.tokens = NULL;
	world->config.callers.client_ca = NULL;
	mm_callers_free(world->callers);
	world->callers = load(&world->config);
	assert_is_refused(world, &file, NOW, "bearer token: unknown");
	assert_is(world, &account, NOW, MM_CALLER_SERVICE_ACCOUNT, WEB);
	assert_is(world, &socket, NOW, MM_CALLER_UNIX, "unix:uid:0 - [unix:gid:0,system:authenticated]");
	assert_null(mm_callers_authorities(world->callers));
}

static void clients_are_told_the_authorities(void **state)
{
	struct world *world = *state;
	const struct stack_st_X509_NAME *names = mm_callers_authorities(world->callers);

	assert_non_null(names);
	assert_int_equal(sk_X509_NAME_num(names), 1);
	assert_int_equal(X509_NAME_cmp(sk_X509_NAME_value(names, 0), X509_get_subject_name(world->authority.x509)), 0);
}

static void a_file_that_cannot_be_taken_is_told_with_its_option(void **state)
{
	struct world *world = *state;
	struct mm_callers *callers;
	struct mm_err err = {0};

	world->config.name = (char[]){"mintmark.yaml"};
	test_file_write(world->dir.fd, "tokens.csv", TOKENS, 0644);
	assert_int_equal(mm_callers_load(&world->config, &callers, &err), MM_EUNSAFE);
	assert_null(callers);
	assert_contains(err.text, "mintmark.yaml: callers.tokens: ");
	assert_contains(err.text, "chmod go-rwx");
	mm_err_clear(&err);
	test_file_write(world->dir.fd, "tokens.csv", TOKENS, 0600);
	test_file_write(world->dir.fd, "ca.pem", "", 0644);
	assert_int_equal(mm_callers_load(&world->config, &callers, &err), MM_ECONFIG);
	assert_null(callers);
	assert_contains(err.text, "mintmark.yaml: callers.client_ca: ");
	mm_err_clear(&err);
	test_pem_add(&world->dir, "ca.pem", world->authority.x509);
	world->config.callers.client_crl = world->crl;
	assert_int_equal(mm_callers_load(&world->config, &callers, &err), MM_ENOTFOUND);
	assert_null(callers);
	assert_contains(err.text, "mintmark.yaml: callers.client_crl: ");
	assert_contains(err.text, "crl.pem");
}

static void one_token_may_be_all_there_is(void **state)
{
	struct world *world = *state;
	struct mm_credentials good = credentials("Bearer devtoken", NULL), bad = credentials("Bearer secret", NULL);
	struct mm_err err = {0};

	mm_callers_free(mm_take(world->callers));
	assert_ok(mm_callers_of_token("devtoken", "dev", &world->callers, &err), &err);
	assert_is(world, &good, NOW, MM_CALLER_TOKEN, "dev - [system:authenticated]");
	assert_is_refused(world, &bad, NOW, "unknown");
	assert_null(mm_callers_authorities(world->callers));
}

static void a_reference_keeps_the_callers(void **state)
{
	struct world *world = *state;
	struct mm_credentials shown = credentials("Bearer secret", NULL);

	assert_ptr_equal(mm_callers_ref(world->callers), world->callers);
	mm_callers_free(world->callers);
	assert_is(world, &shown, NOW, MM_CALLER_TOKEN, ALICE);
}

static void kinds_have_names_for_the_log(void **state)
{
	(void)state;
	assert_string_equal(mm_caller_kind_name(MM_CALLER_NOBODY), "nobody");
	assert_string_equal(mm_caller_kind_name(MM_CALLER_TOKEN), "token");
	assert_string_equal(mm_caller_kind_name(MM_CALLER_CERTIFICATE), "certificate");
	assert_string_equal(mm_caller_kind_name(MM_CALLER_SERVICE_ACCOUNT), "service-account");
	assert_string_equal(mm_caller_kind_name(MM_CALLER_UNIX), "unix");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_credentials_one_is_nobody),
		TEST(tokens_of_the_file_are_users),
		TEST(two_headers_are_refused_whatever_they_say),
		TEST(tokens_of_our_own_are_service_accounts),
		TEST(tokens_of_an_account_that_is_declared_no_more_are_refused),
		TEST(a_signature_by_another_key_is_refused),
		TEST(audiences_of_the_api_are_the_configured_ones),
		TEST(a_certificate_is_a_user),
		TEST(a_certificate_that_does_not_hold_is_not_nobody),
		TEST(a_connection_does_not_outlive_its_certificate),
		TEST(what_was_found_later_says_nothing_of_before),
		TEST(who_was_seen_before_is_not_looked_at_again),
		TEST(who_was_refused_is_not_looked_at_again_in_that_second),
		TEST(other_callers_look_again),
		TEST(a_peer_of_a_socket_is_its_uid),
		TEST(an_authorization_header_decides_alone),
		TEST(what_is_not_configured_is_nobody_s),
		TEST(clients_are_told_the_authorities),
		TEST(a_file_that_cannot_be_taken_is_told_with_its_option),
		TEST(one_token_may_be_all_there_is),
		TEST(a_reference_keeps_the_callers),
		cmocka_unit_test(kinds_have_names_for_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
