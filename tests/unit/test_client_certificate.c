/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a client certificate names, at CERT_NOW, and why it is nobody's. */
#include "tests/unit/certificates.h"
#include "tests/unit/users.h"

#include "issuer/kube/client_certificate.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <unistd.h>

#define CN(value)                                                                                                      \
	{                                                                                                              \
		.nid = NID_commonName, .text = (value)                                                                 \
	}
#define O(value)                                                                                                       \
	{                                                                                                              \
		.nid = NID_organizationName, .text = (value)                                                           \
	}

struct world {
	struct test_dir dir;
	struct test_certificate authority, stranger; /* both are called "Clients", one of them is ours */
	struct mm_client_ca *ca;
};

static int set_up(void **state)
{
	static struct world world;

	test_dir_make(&world.dir);
	world.authority = test_authority("Clients");
	world.stranger = test_authority("Clients");
	test_pem_add(&world.dir, "ca.pem", world.authority.x509);
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	mm_client_ca_free(mm_take(world->ca));
	test_certificate_free(&world->authority);
	test_certificate_free(&world->stranger);
	test_dir_remove(&world->dir);
	return 0;
}

/* What is in ca.pem, and in crl.pem if that is there. */
static void load(struct world *world)
{
	bool with_lists = test_file_exists(world->dir.fd, "crl.pem");
	char ca[512], crl[512];
	struct mm_err err = {0};

	snprintf(ca, sizeof ca, "%s/ca.pem", world->dir.path);
	snprintf(crl, sizeof crl, "%s/crl.pem", world->dir.path);
	mm_client_ca_free(mm_take(world->ca));
	assert_ok(mm_client_ca_load(ca, &world->ca, &err), &err);
	if (with_lists)
		assert_ok(mm_client_ca_load_lists(world->ca, crl, &err), &err);
}

/* In place of what is there; NULL: none any more. */
static void load_list(struct world *world, X509_CRL *list)
{
	(void)!unlinkat(world->dir.fd, "crl.pem", 0);
	if (list)
		test_pem_add_crl(&world->dir, "crl.pem", list);
	load(world);
}

static void assert_names(const struct world *world, X509 *certificate, struct stack_st_X509 *chain, const char *user,
			 mm_time until)
{
	MM_CLEANUP(mm_user_clear) struct mm_user found;
	mm_time found_until;
	struct mm_err err = {0};

	assert_ok(mm_client_certificate_user(world->ca, certificate, chain, CERT_NOW, &found, &found_until, &err),
		  &err);
	assert_user(&found, user);
	assert_int_equal(found_until, until);
}

static void assert_nobody_s(const struct world *world, X509 *certificate, struct stack_st_X509 *chain, const char *why)
{
	struct mm_user found;
	mm_time until;
	struct mm_err err = {0};

	assert_int_equal(mm_client_certificate_user(world->ca, certificate, chain, CERT_NOW, &found, &until, &err),
			 MM_EVERIFY);
	assert_int_equal(err.code, MM_EVERIFY);
	assert_contains(err.text, why);
	assert_contains(err.text, "client certificate \"");
	assert_user(&found, TEST_NOBODY);
}

static void subjects_name_users(void **state)
{
	static const struct {
		struct test_name subject[6];
		const char *user;
	} rows[] = {
		{{CN("alice")}, "alice - [system:authenticated]"},
		{{O("ops"), CN("alice")}, "alice - [ops,system:authenticated]"},
		{{CN("alice"), O("ops"), O("dev")}, "alice - [ops,dev,system:authenticated]"},
		{{O("ops"), O("ops"), CN("alice"), O("ops")}, "alice - [ops,system:authenticated]"},
		{{O("system:authenticated"), CN("alice")}, "alice - [system:authenticated]"},
		{{O("system:masters"), CN("kubernetes-admin")},
		 "kubernetes-admin - [system:masters,system:authenticated]"},
		{{{.nid = NID_countryName, .text = "SE", .type = V_ASN1_PRINTABLESTRING},
		  {.nid = NID_organizationalUnitName, .text = "x"},
		  CN("alice")},
		 "alice - [system:authenticated]"},
		{{{.nid = NID_commonName, .text = "alice", .type = V_ASN1_PRINTABLESTRING}},
		 "alice - [system:authenticated]"},
		{{{.nid = NID_commonName, .text = "a\0l", .len = 4, .type = V_ASN1_BMPSTRING}},
		 "\xe6\x84\x80\xe6\xb0\x80 - [system:authenticated]"},
		{{CN("J\xc3\xbcrgen")}, "J\xc3\xbcrgen - [system:authenticated]"},
	};
	struct world *world = *state;

	load(world);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct test_certificate client = test_certificate_make(&(struct test_certificate_spec){
			.issuer = &world->authority, .subject = rows[i].subject, .serial = 7, .usage = "clientAuth"});

		assert_names(world, client.x509, NULL, rows[i].user, CERT_NOW + 1800);
		test_certificate_free(&client);
	}
}

/* Texts that are not UTF-8 are not here: a certificate with one cannot even be read. */
static void subjects_that_name_nobody_are_refused(void **state)
{
	static const struct {
		struct test_name subject[4];
		const char *why;
	} rows[] = {
		{{O("ops")}, "0 CNs in place of one"},
		{{CN("alice"), CN("bob")}, "2 CNs in place of one"},
		{{CN("alice"), CN("alice")}, "2 CNs in place of one"},
		{{{.nid = NID_commonName, .text = "alice\0.example", .len = 14}}, "CN has a NUL in it"},
		{{CN("alice"), {.nid = NID_organizationName, .text = "\0", .len = 1}}, "O has a NUL in it"},
		{{{.nid = NID_commonName, .text = "alice", .type = V_ASN1_BIT_STRING}}, "CN is not a text"},
		{{CN("al\nice")}, "the user is not UTF-8, has control characters"},
		{{CN("alice ")}, "space at one of its ends"},
		{{CN("alice"), O("ops\x07")}, "the group is not UTF-8, has control characters"},
		{{CN("system:anonymous")}, "is reserved"},
		{{CN("system:serviceaccount:kube-system:default")}, "is reserved"},
		{{CN("unix:uid:0")}, "is reserved"},
		{{CN("alice"), O("system:unauthenticated")}, "is reserved"},
		{{CN("alice"), O("ops"), O("system:serviceaccounts")}, "is reserved"},
	};
	struct world *world = *state;

	load(world);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct test_certificate client = test_certificate_make(&(struct test_certificate_spec){
			.issuer = &world->authority, .subject = rows[i].subject, .serial = 7, .usage = "clientAuth"});

		assert_nobody_s(world, client.x509, NULL, rows[i].why);
		test_certificate_free(&client);
	}
}

static void what_a_certificate_is_must_fit(void **state)
{
	static const struct test_name subject[] = {CN("alice"), {0}};
	struct world *world = *state;
	const struct {
		struct test_certificate_spec spec;
		const char *why; /* NULL: it is alice's */
		mm_time until;
	} rows[] = {
		{{.issuer = &world->authority, .usage = "clientAuth"}, NULL, CERT_NOW + 1800},
		{{.issuer = &world->authority}, NULL, CERT_NOW + 1800},
		{{.issuer = &world->authority, .usage = "serverAuth,clientAuth"}, NULL, CERT_NOW + 1800},
		{{.issuer = &world->authority, .from = CERT_NOW, .until = CERT_NOW + 1}, NULL, CERT_NOW + 1},
		{{.issuer = &world->authority, .rsa_bits = 2048}, NULL, CERT_NOW + 1800},
		{{.issuer = &world->authority, .usage = "serverAuth"}, "certificate purpose", 0},
		{{.issuer = &world->authority, .usage = "emailProtection"}, "certificate purpose", 0},
		{{.issuer = &world->authority, .from = 1, .until = CERT_NOW}, "certificate has expired", 0},
		{{.issuer = &world->authority, .from = CERT_NOW + 1, .until = CERT_NOW + 9}, "is not yet valid", 0},
		{{.issuer = &world->stranger, .usage = "clientAuth"}, "certificate signature failure", 0},
		{{.issuer = NULL, .usage = "clientAuth"}, "self-signed certificate", 0},
		{{.issuer = &world->authority, .rsa_bits = 1024}, "EE certificate key too weak", 0},
		{{.issuer = &world->authority, .digest = EVP_sha1()}, "CA signature digest algorithm too weak", 0},
	};

	load(world);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct test_certificate_spec spec = rows[i].spec;
		struct test_certificate client;

		spec.subject = subject;
		spec.serial = 7;
		client = test_certificate_make(&spec);
		if (rows[i].why)
			assert_nobody_s(world, client.x509, NULL, rows[i].why);
		else
			assert_names(world, client.x509, NULL, "alice - [system:authenticated]", rows[i].until);
		test_certificate_free(&client);
	}
}

static void an_authority_of_another_name_is_unknown(void **state)
{
	struct world *world = *state;
	struct test_certificate other = test_authority("Others");
	struct test_certificate client = test_client(&other, "alice", "ops");

	load(world);
	assert_nobody_s(world, client.x509, NULL, "\"CN=alice,O=ops\": unable to get local issuer certificate");
	test_certificate_free(&client);
	test_certificate_free(&other);
}

static struct test_certificate intermediate_by(const struct test_certificate *issuer, bool is_authority, mm_time until)
{
	const struct test_name subject[] = {CN("Team"), {0}};

	return test_certificate_make(&(struct test_certificate_spec){.issuer = issuer,
								     .subject = subject,
								     .serial = 2,
								     .from = CERT_NOW - 60,
								     .until = until,
								     .is_authority = is_authority});
}

static void an_intermediate_that_the_client_sends_is_followed(void **state)
{
	struct world *world = *state;
	struct test_certificate intermediate = intermediate_by(&world->authority, true, CERT_NOW + 5);
	struct test_certificate client = test_client(&intermediate, "alice", "ops");
	struct stack_st_X509 *chain = sk_X509_new_null();

	load(world);
	assert_nobody_s(world, client.x509, NULL, "unable to get local issuer certificate");
	assert_true(sk_X509_push(chain, intermediate.x509) > 0);
	assert_names(world, client.x509, chain, "alice - [ops,system:authenticated]", CERT_NOW + 5);
	sk_X509_free(chain);
	test_certificate_free(&client);
	test_certificate_free(&intermediate);
}

/* Whether a client is known who sends that many intermediates. */
static bool is_known_through(const struct world *world, int intermediates)
{
	struct stack_st_X509 *chain = sk_X509_new_null();
	struct test_certificate issuer = {0}, client;
	struct mm_user user;
	mm_time until;
	enum mm_code code;

	for (int i = 0; i < intermediates; i++) {
		const char letter[] = {(char)('A' + i), '\0'};
		const struct test_name subject[] = {CN(letter), {0}};
		struct test_certificate next = test_certificate_make(
			&(struct test_certificate_spec){.issuer = i > 0 ? &issuer : &world->authority,
							.subject = subject,
							.serial = 2,
							.is_authority = true});

		X509_up_ref(next.x509);
		assert_true(sk_X509_push(chain, next.x509) > 0);
		test_certificate_free(&issuer);
		issuer = next;
	}
	client = test_client(&issuer, "alice", "ops");
	code = mm_client_certificate_user(world->ca, client.x509, chain, CERT_NOW, &user, &until, NULL);
	mm_user_clear(&user);
	test_certificate_free(&client);
	test_certificate_free(&issuer);
	sk_X509_pop_free(chain, X509_free);
	return code == MM_OK;
}

static void a_chain_has_a_longest_length(void **state)
{
	struct world *world = *state;

	load(world);
	assert_true(is_known_through(world, 8));
	assert_false(is_known_through(world, 9));
}

static void a_client_is_no_authority(void **state)
{
	struct world *world = *state;
	struct test_certificate client = intermediate_by(&world->authority, false, CERT_NOW + 60);
	struct test_certificate forged = test_client(&client, "root", "system:masters");
	struct stack_st_X509 *chain = sk_X509_new_null();

	load(world);
	assert_true(sk_X509_push(chain, client.x509) > 0);
	assert_nobody_s(world, forged.x509, chain, "invalid CA certificate");
	sk_X509_free(chain);
	test_certificate_free(&forged);
	test_certificate_free(&client);
}

static void what_a_client_sends_is_not_trusted_for_that(void **state)
{
	struct world *world = *state;
	struct test_certificate client = test_client(&world->stranger, "alice", "ops");
	struct stack_st_X509 *chain = sk_X509_new_null();

	load(world);
	assert_true(sk_X509_push(chain, world->stranger.x509) > 0);
	assert_nobody_s(world, client.x509, chain, "certificate");
	sk_X509_free(chain);
	test_certificate_free(&client);
}

/* To look into a list costs by its length, and names can be written by everybody. */
static void a_forgery_is_not_looked_for_in_the_lists(void **state)
{
	struct world *world = *state;
	struct test_certificate forged = test_client(&world->stranger, "alice", "ops");

	load_list(world, test_crl(&world->authority, CERT_NOW - 60, CERT_NOW + 60, 7));
	assert_nobody_s(world, forged.x509, NULL, "certificate signature failure");
	load_list(world, NULL);
	test_certificate_free(&forged);
}

/* Its root, which is not in the file, may have signed many others. */
static void an_intermediate_in_the_file_is_trusted_without_its_root(void **state)
{
	struct world *world = *state;
	struct test_certificate intermediate = intermediate_by(&world->stranger, true, CERT_NOW + 60);
	struct test_certificate client = test_client(&intermediate, "alice", "ops");
	struct test_certificate sibling = test_client(&world->stranger, "bob", "ops");

	test_file_write(world->dir.fd, "ca.pem", "", 0644);
	test_pem_add(&world->dir, "ca.pem", intermediate.x509);
	load(world);
	assert_names(world, client.x509, NULL, "alice - [ops,system:authenticated]", CERT_NOW + 60);
	assert_nobody_s(world, sibling.x509, NULL, "unable to get local issuer certificate");
	test_certificate_free(&sibling);
	test_certificate_free(&client);
	test_certificate_free(&intermediate);
}

static void lists_revoke(void **state)
{
	struct world *world = *state;
	struct test_certificate client = test_client(&world->authority, "alice", "ops"); /* serial number 7 */
	const struct {
		mm_time from, until;
		long serial;
		const char *why; /* NULL: it is alice's */
		mm_time believed_until;
	} rows[] = {
		{CERT_NOW, CERT_NOW + 9, 0, NULL, CERT_NOW + 9},
		{CERT_NOW, CERT_NOW + 9, 8, NULL, CERT_NOW + 9},
		{CERT_NOW - 9, CERT_NOW + 9000, 8, NULL, CERT_NOW + 1800},
		{CERT_NOW, CERT_NOW + 9, 7, "certificate revoked", 0},
		{CERT_NOW - 9, CERT_NOW, 8, "CRL has expired: callers.client_crl needs a newer one", 0},
		{CERT_NOW - 9, CERT_NOW, 7, "CRL has expired", 0},
		{CERT_NOW + 1, CERT_NOW + 9, 8, "CRL is not yet valid", 0},
	};

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		load_list(world, test_crl(&world->authority, rows[i].from, rows[i].until, rows[i].serial));
		if (rows[i].why)
			assert_nobody_s(world, client.x509, NULL, rows[i].why);
		else
			assert_names(world, client.x509, NULL, "alice - [ops,system:authenticated]",
				     rows[i].believed_until);
	}
	load_list(world, NULL);
	assert_names(world, client.x509, NULL, "alice - [ops,system:authenticated]", CERT_NOW + 1800);
	test_certificate_free(&client);
}

static void where_there_are_lists_each_issuer_needs_one(void **state)
{
	struct world *world = *state;
	struct test_certificate other = test_authority("Others");
	struct test_certificate client = test_client(&other, "alice", "ops");
	struct test_certificate intermediate = intermediate_by(&world->authority, true, CERT_NOW + 60);
	struct test_certificate below = test_client(&intermediate, "bob", "ops");
	struct stack_st_X509 *chain = sk_X509_new_null();

	test_pem_add(&world->dir, "ca.pem", other.x509);
	load_list(world, test_crl(&world->authority, CERT_NOW, CERT_NOW + 9, 0));
	assert_nobody_s(world, client.x509, NULL, "unable to get certificate CRL: callers.client_crl needs one");
	assert_true(sk_X509_push(chain, intermediate.x509) > 0);
	assert_nobody_s(world, below.x509, chain, "unable to get certificate CRL: callers.client_crl needs one");
	sk_X509_free(chain);
	test_certificate_free(&below);
	test_certificate_free(&intermediate);
	test_certificate_free(&client);
	test_certificate_free(&other);
}

static void an_authority_ends_too(void **state)
{
	static const struct test_name subject[] = {CN("Clients"), {0}};
	struct world *world = *state;
	struct test_certificate ended = test_certificate_make(&(struct test_certificate_spec){
		.subject = subject, .serial = 1, .from = CERT_NOW - 9, .until = CERT_NOW, .is_authority = true});
	struct test_certificate client = test_client(&ended, "alice", "ops");

	test_file_write(world->dir.fd, "ca.pem", "", 0644);
	test_pem_add(&world->dir, "ca.pem", ended.x509);
	load(world);
	assert_nobody_s(world, client.x509, NULL, "certificate has expired");
	test_certificate_free(&client);
	test_certificate_free(&ended);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(subjects_name_users),
		TEST(subjects_that_name_nobody_are_refused),
		TEST(what_a_certificate_is_must_fit),
		TEST(an_authority_of_another_name_is_unknown),
		TEST(an_intermediate_that_the_client_sends_is_followed),
		TEST(a_chain_has_a_longest_length),
		TEST(a_client_is_no_authority),
		TEST(what_a_client_sends_is_not_trusted_for_that),
		TEST(a_forgery_is_not_looked_for_in_the_lists),
		TEST(an_intermediate_in_the_file_is_trusted_without_its_root),
		TEST(lists_revoke),
		TEST(where_there_are_lists_each_issuer_needs_one),
		TEST(an_authority_ends_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
