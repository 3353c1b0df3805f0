/* SPDX-License-Identifier: Apache-2.0 */
/* Which files of authorities and of revoked certificates are taken. */
#include "tests/unit/certificates.h"

#include "issuer/kube/client_ca.h"

#include <openssl/obj_mac.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CA  "ca.pem"
#define CRL "crl.pem"

struct files {
	struct test_dir dir;
	struct test_certificate one, other; /* two authorities */
};

static int set_up(void **state)
{
	static struct files files;

	test_dir_make(&files.dir);
	files.one = test_authority("One");
	files.other = test_authority("Other");
	*state = &files;
	return 0;
}

static int tear_down(void **state)
{
	struct files *files = *state;

	test_certificate_free(&files->one);
	test_certificate_free(&files->other);
	test_dir_remove(&files->dir);
	return 0;
}

static enum mm_code load(const struct files *files, bool with_crl, struct mm_client_ca **out, struct mm_err *err)
{
	char ca[512], crl[512];
	enum mm_code code;

	snprintf(ca, sizeof ca, "%s/" CA, files->dir.path);
	snprintf(crl, sizeof crl, "%s/" CRL, files->dir.path);
	code = mm_client_ca_load(ca, out, err);
	if (code == MM_OK && with_crl)
		code = mm_client_ca_load_lists(*out, crl, err);
	if (code != MM_OK)
		mm_client_ca_free(mm_take(*out));
	return code;
}

static void assert_loads(const struct files *files, bool with_crl, int authorities, int lists)
{
	mm_auto(mm_client_ca) ca = NULL;
	struct mm_err err = {0};

	assert_ok(load(files, with_crl, &ca, &err), &err);
	assert_int_equal(sk_X509_num(ca->authorities), authorities);
	assert_int_equal(sk_X509_NAME_num(ca->names), authorities);
	assert_int_equal(sk_X509_CRL_num(ca->lists), lists);
}

static void assert_refused(const struct files *files, bool with_crl, enum mm_code code, const char *why)
{
	struct mm_client_ca *ca;
	struct mm_err err = {0};

	assert_int_equal(load(files, with_crl, &ca, &err), code);
	assert_int_equal(err.code, code);
	assert_null(ca);
	assert_contains(err.text, why);
}

static void all_authorities_of_the_file_are_taken(void **state)
{
	const struct files *files = *state;

	test_pem_add(&files->dir, CA, files->one.x509);
	test_pem_add(&files->dir, CA, files->other.x509);
	assert_loads(files, false, 2, 0);
}

static void an_authority_may_stand_there_twice(void **state)
{
	const struct files *files = *state;

	test_pem_add(&files->dir, CA, files->one.x509);
	test_pem_add(&files->dir, CA, files->one.x509);
	assert_loads(files, false, 2, 0);
}

static void an_intermediate_is_an_authority(void **state)
{
	const struct files *files = *state;
	const struct test_name subject[] = {{.nid = NID_commonName, .text = "Clients"}, {0}};
	struct test_certificate intermediate = test_certificate_make(&(struct test_certificate_spec){
		.issuer = &files->one, .subject = subject, .serial = 2, .is_authority = true});

	test_pem_add(&files->dir, CA, intermediate.x509);
	assert_loads(files, false, 1, 0);
	test_certificate_free(&intermediate);
}

static void files_without_an_authority_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"", "no certificate in it"},
		{"Certificate:\n", "no certificate in it"},
		{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1 is damaged"},
		{"-----BEGIN CERTIFICATE-----\nAAAA\n", "certificate 1 is damaged"},
	};
	const struct files *files = *state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		test_file_write(files->dir.fd, CA, rows[i].text, 0644);
		assert_refused(files, false, MM_ECONFIG, rows[i].why);
	}
}

/* Each handshake would fail, and nobody would know why. */
static void more_names_than_tls_can_ask_for_are_refused(void **state)
{
	struct files *files = *state;
	char name[20001];
	struct test_certificate authority;

	memset(name, 'a', sizeof name);
	name[sizeof name - 1] = '\0';
	authority = test_authority(name);
	for (int i = 0; i < 3; i++)
		test_pem_add(&files->dir, CA, authority.x509);
	assert_loads(files, false, 3, 0);
	for (int i = 0; i < 50; i++)
		test_pem_add(&files->dir, CA, files->one.x509);
	assert_loads(files, false, 53, 0);
	test_pem_add(&files->dir, CA, authority.x509);
	assert_refused(files, false, MM_ECONFIG, "ca.pem: the names of its 54 certificates take ");
	test_certificate_free(&authority);
}

static void a_client_s_certificate_is_no_authority(void **state)
{
	const struct files *files = *state;
	struct test_certificate client = test_client(&files->one, "alice", "ops");

	test_pem_add(&files->dir, CA, files->one.x509);
	test_pem_add(&files->dir, CA, client.x509);
	assert_refused(files, false, MM_ECONFIG, "ca.pem: certificate 2 (CN=alice,O=ops): is of no authority");
	test_certificate_free(&client);
}

static void a_damaged_second_certificate_is_told(void **state)
{
	const struct files *files = *state;
	mm_auto_string good = NULL;
	mm_auto_buf text = {0};

	test_pem_add(&files->dir, CA, files->one.x509);
	good = test_file_read(files->dir.fd, CA);
	mm_buf_printf(&text, "%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", good);
	test_file_write(files->dir.fd, CA, text.p, 0644);
	assert_refused(files, false, MM_ECONFIG, "certificate 2 is damaged");
}

static void others_may_read_but_not_write_the_files(void **state)
{
	const struct files *files = *state;

	test_pem_add(&files->dir, CA, files->one.x509);
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->one, CERT_NOW, CERT_NOW + 60, 0));
	assert_loads(files, true, 1, 1);
	assert_int_equal(fchmodat(files->dir.fd, CRL, 0664, 0), 0);
	assert_refused(files, true, MM_EUNSAFE, "chmod go-w");
	assert_loads(files, false, 1, 0);
	assert_int_equal(fchmodat(files->dir.fd, CA, 0646, 0), 0);
	assert_refused(files, false, MM_EUNSAFE, "chmod go-w");
}

static void files_that_are_missing_are_named(void **state)
{
	const struct files *files = *state;

	assert_refused(files, false, MM_ENOTFOUND, "ca.pem");
	test_pem_add(&files->dir, CA, files->one.x509);
	assert_refused(files, true, MM_ENOTFOUND, "crl.pem");
}

static void each_authority_may_have_a_list(void **state)
{
	const struct files *files = *state;

	test_pem_add(&files->dir, CA, files->one.x509);
	test_pem_add(&files->dir, CA, files->other.x509);
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->one, CERT_NOW, CERT_NOW + 60, 7));
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->other, CERT_NOW, CERT_NOW + 60, 0));
	assert_loads(files, true, 2, 2);
}

static void a_second_list_by_an_authority_is_refused(void **state)
{
	const struct files *files = *state;

	test_pem_add(&files->dir, CA, files->other.x509);
	test_pem_add(&files->dir, CA, files->one.x509);
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->one, CERT_NOW, CERT_NOW + 60, 7));
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->other, CERT_NOW, CERT_NOW + 60, 7));
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->one, CERT_NOW + 30, CERT_NOW + 90, 8));
	assert_refused(files, true, MM_ECONFIG, "CRL 3 (CN=One): is by the same authority as CRL 1");
}

/* As after a change of its key. */
static void authorities_of_one_name_may_have_a_list_each(void **state)
{
	const struct files *files = *state;
	struct test_certificate renewed = test_authority("One");

	test_pem_add(&files->dir, CA, files->one.x509);
	test_pem_add(&files->dir, CA, renewed.x509);
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->one, CERT_NOW, CERT_NOW + 60, 7));
	test_pem_add_crl(&files->dir, CRL, test_crl(&renewed, CERT_NOW, CERT_NOW + 60, 7));
	assert_loads(files, true, 2, 2);
	test_certificate_free(&renewed);
}

static void a_list_by_another_authority_is_refused(void **state)
{
	const struct files *files = *state;
	struct test_certificate impostor = test_authority("One");

	test_pem_add(&files->dir, CA, files->one.x509);
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->other, CERT_NOW, CERT_NOW + 60, 0));
	assert_refused(files, true, MM_ECONFIG, "crl.pem: CRL 1 (CN=Other): is signed by none of the authorities");
	unlinkat(files->dir.fd, CRL, 0);
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->one, CERT_NOW, CERT_NOW + 60, 0));
	test_pem_add_crl(&files->dir, CRL, test_crl(&impostor, CERT_NOW, CERT_NOW + 60, 0));
	assert_refused(files, true, MM_ECONFIG, "CRL 2 (CN=One): is signed by none of the authorities");
	test_certificate_free(&impostor);
}

static void a_list_that_never_ends_is_refused(void **state)
{
	const struct files *files = *state;

	test_pem_add(&files->dir, CA, files->one.x509);
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->one, CERT_NOW, 0, 0));
	assert_refused(files, true, MM_ECONFIG, "CRL 1 (CN=One): has no nextUpdate");
}

static void a_file_of_lists_without_one_is_refused(void **state)
{
	const struct files *files = *state;

	test_pem_add(&files->dir, CA, files->one.x509);
	test_file_write(files->dir.fd, CRL, "", 0644);
	assert_refused(files, true, MM_ECONFIG, "crl.pem: no CRL in it");
	test_pem_add(&files->dir, CRL, files->one.x509);
	assert_refused(files, true, MM_ECONFIG, "crl.pem: no CRL in it");
}

/* Its own list says that it is not to be trusted, and the operator that it is. */
static void an_authority_that_a_list_revokes_is_refused(void **state)
{
	const struct files *files = *state;
	const struct test_name subject[] = {{.nid = NID_commonName, .text = "Clients"}, {0}};
	struct test_certificate intermediate = test_certificate_make(&(struct test_certificate_spec){
		.issuer = &files->one, .subject = subject, .serial = 2, .is_authority = true});

	test_pem_add(&files->dir, CA, files->one.x509);
	test_pem_add(&files->dir, CA, intermediate.x509);
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->one, CERT_NOW, CERT_NOW + 60, 3));
	assert_loads(files, true, 2, 1);
	unlinkat(files->dir.fd, CRL, 0);
	test_pem_add_crl(&files->dir, CRL, test_crl(&files->one, CERT_NOW, CERT_NOW + 60, 2));
	assert_refused(files, true, MM_ECONFIG, "CRL 1 (CN=One): revokes certificate 2 of the authorities");
	test_certificate_free(&intermediate);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_authorities_of_the_file_are_taken),
		TEST(an_authority_may_stand_there_twice),
		TEST(an_intermediate_is_an_authority),
		TEST(files_without_an_authority_are_refused),
		TEST(more_names_than_tls_can_ask_for_are_refused),
		TEST(a_client_s_certificate_is_no_authority),
		TEST(a_damaged_second_certificate_is_told),
		TEST(others_may_read_but_not_write_the_files),
		TEST(files_that_are_missing_are_named),
		TEST(each_authority_may_have_a_list),
		TEST(a_second_list_by_an_authority_is_refused),
		TEST(authorities_of_one_name_may_have_a_list_each),
		TEST(a_list_by_another_authority_is_refused),
		TEST(a_list_that_never_ends_is_refused),
		TEST(a_file_of_lists_without_one_is_refused),
		TEST(an_authority_that_a_list_revokes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
