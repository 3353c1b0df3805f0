/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/tls.h"
#include "tests/unit/tlspair.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NOW     ((mm_time)1795309200)
#define EXPIRES (NOW + 1800)

static struct test_dir dir;

static int setup(void **state)
{
	(void)state;
	test_dir_make(&dir);
	test_tls_pair(&dir, "a.crt", "a.key", EXPIRES);
	test_tls_pair(&dir, "b.crt", "b.key", EXPIRES);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_dir_remove(&dir);
	return 0;
}

static const char *path(const char *name)
{
	static char paths[2][512];
	static int turn;

	turn = !turn;
	snprintf(paths[turn], sizeof paths[turn], "%s/%s", dir.path, name);
	return paths[turn];
}

static enum mm_code load(const char *certificate, const char *key, mm_time now, struct mm_tls **tls, struct mm_err *err)
{
	return mm_tls_load(path(certificate), path(key), now, tls, err);
}

/* Appends one file to another. */
static void append(const char *to, const char *from)
{
	mm_auto_string first = test_file_read(dir.fd, to);
	mm_auto_string second = test_file_read(dir.fd, from);
	mm_auto_buf both = {0};

	mm_buf_add_str(&both, first);
	mm_buf_add_str(&both, second);
	test_file_write(dir.fd, to, both.p, 0600);
}

static void a_pair_is_loaded_and_its_expiry_known(void **state)
{
	mm_auto(mm_tls) tls = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(load("a.crt", "a.key", NOW, &tls, &err), &err);
	assert_int_equal(mm_tls_expires(tls), EXPIRES);
}

static void a_chain_is_loaded_whole(void **state)
{
	mm_auto(mm_tls) tls = NULL;
	STACK_OF(X509) * chain;
	struct mm_err err = {0};
	SSL *ssl;

	(void)state;
	append("a.crt", "b.crt");
	assert_ok(load("a.crt", "a.key", NOW, &tls, &err), &err);
	ssl = mm_tls_accept(tls, dir.fd);
	assert_non_null(ssl);
	assert_int_equal(SSL_get0_chain_certs(ssl, &chain), 1);
	assert_int_equal(sk_X509_num(chain), 1);
	SSL_free(ssl);
}

static void a_chain_that_is_damaged_is_refused(void **state)
{
	struct mm_tls *tls = NULL;
	struct mm_err err = {0};

	(void)state;
	test_file_write(dir.fd, "junk", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0600);
	append("a.crt", "junk");
	assert_fails(load("a.crt", "a.key", NOW, &tls, &err), MM_ECONFIG, &err);
	assert_null(tls);
}

static void the_key_of_another_certificate_is_refused(void **state)
{
	struct mm_tls *tls = NULL;
	struct mm_err err = {0};
	enum mm_code code = load("a.crt", "b.key", NOW, &tls, &err);

	(void)state;
	assert_int_equal(code, MM_ECONFIG);
	assert_contains(err.text, "b.key: not the key of the certificate in");
	assert_null(tls);
}

static void an_expired_certificate_is_refused_with_its_date(void **state)
{
	struct mm_tls *tls = NULL;
	struct mm_err err = {0};
	enum mm_code code = load("a.crt", "a.key", EXPIRES + 1, &tls, &err);

	(void)state;
	assert_int_equal(code, MM_ECONFIG);
	assert_contains(err.text, "expired at 2026-11-22T01:30:00Z");
}

static void a_certificate_of_the_future_is_refused_with_its_date(void **state)
{
	const mm_time begins = EXPIRES - 3600;
	mm_auto(mm_tls) tls = NULL;
	struct mm_err err = {0};
	enum mm_code code = load("a.crt", "a.key", begins - 301, &tls, &err);

	(void)state;
	assert_int_equal(code, MM_ECONFIG);
	assert_contains(err.text, "not valid before 2026-11-22T00:30:00Z");
	mm_err_clear(&err);
	assert_ok(load("a.crt", "a.key", begins - 300, &tls, &err), &err);
}

static void files_that_hold_something_else_are_refused_by_name(void **state)
{
	struct mm_tls *tls = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(load("a.key", "a.key", NOW, &tls, &err), MM_ECONFIG);
	assert_contains(err.text, "a.key: no certificate in it");
	mm_err_clear(&err);
	assert_int_equal(load("a.crt", "a.crt", NOW, &tls, &err), MM_ECONFIG);
	assert_contains(err.text, "a.crt: no private key in it");
	mm_err_clear(&err);
	assert_fails(load("missing", "a.key", NOW, &tls, &err), MM_ENOTFOUND, &err);
}

static void an_encrypted_key_is_refused_and_nobody_is_asked(void **state)
{
	/* Encrypted with the passphrase "x"; what is inside does not matter. */
	static const char encrypted[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
					"MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw\n"
					"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAAAAAAAAAAAAAAAAAAAAAAEgZAA\n"
					"-----END ENCRYPTED PRIVATE KEY-----\n";
	struct mm_tls *tls = NULL;
	struct mm_err err = {0};

	(void)state;
	test_file_write(dir.fd, "encrypted", encrypted, 0600);
	assert_fails(load("a.crt", "encrypted", NOW, &tls, &err), MM_ECONFIG, &err);
}

static void a_key_is_exposed_when_others_may_read_it_not_when_the_group_may(void **state)
{
	static const struct {
		mode_t mode;
		bool exposed;
	} rows[] = {{0600, false}, {0440, false}, {0640, false}, {0644, true}, {0604, true}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		assert_int_equal(fchmodat(dir.fd, "a.key", rows[i].mode, 0), 0);
		assert_int_equal(mm_tls_key_exposed(path("a.key")), rows[i].exposed);
	}
	assert_false(mm_tls_key_exposed(path("missing")));
}

static void a_reference_outlives_the_first_owner(void **state)
{
	struct mm_tls *tls;
	struct mm_tls *second;
	struct mm_err err = {0};

	(void)state;
	assert_ok(load("a.crt", "a.key", NOW, &tls, &err), &err);
	second = mm_tls_ref(tls);
	mm_tls_free(tls);
	assert_int_equal(mm_tls_expires(second), EXPIRES);
	mm_tls_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_pair_is_loaded_and_its_expiry_known, setup, teardown),
		cmocka_unit_test_setup_teardown(a_chain_is_loaded_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(a_chain_that_is_damaged_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(the_key_of_another_certificate_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(an_expired_certificate_is_refused_with_its_date, setup, teardown),
		cmocka_unit_test_setup_teardown(a_certificate_of_the_future_is_refused_with_its_date, setup, teardown),
		cmocka_unit_test_setup_teardown(files_that_hold_something_else_are_refused_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(an_encrypted_key_is_refused_and_nobody_is_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_is_exposed_when_others_may_read_it_not_when_the_group_may, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_reference_outlives_the_first_owner, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
