/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "cli/throwaway_tls.h"
#include "issuer/http/tls.h"

#include <mintmark/ossl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

struct made {
	struct mm_throwaway_tls tls;
	X509 *certificate;
};

static int make(void **state)
{
	static struct made made;
	mm_ossl_auto(BIO) bio = NULL;
	struct mm_err err = {0};

	made = (struct made){.tls = MM_NO_THROWAWAY_TLS};
	assert_ok(mm_throwaway_tls_make(&made.tls, &err), &err);
	bio = BIO_new_mem_buf(made.tls.certificate.p, -1);
	made.certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_non_null(made.certificate);
	*state = &made;
	return 0;
}

static int clear(void **state)
{
	struct made *made = *state;

	X509_free(made->certificate);
	mm_throwaway_tls_clear(&made->tls);
	return 0;
}

static void the_server_takes_it_by_its_paths(void **state)
{
	const struct made *made = *state;
	mm_auto(mm_tls) tls = NULL;
	struct mm_err err = {0};

	assert_ok(mm_tls_load(made->tls.certificate_path, made->tls.key_path, mm_clock_now(), &tls, &err), &err);
	assert_false(mm_tls_key_exposed(made->tls.key_path));
}

static void clients_that_trust_it_find_every_loopback_name_in_it(void **state)
{
	const struct made *made = *state;

	assert_int_equal(X509_check_host(made->certificate, "localhost", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(made->certificate, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(made->certificate, "::1", 0), 1);
	assert_int_equal(X509_check_host(made->certificate, "example.com", 0, 0, NULL), 0);
}

static void strict_clients_verify_it(void **state)
{
	const struct made *made = *state;
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();

	assert_int_equal(X509_STORE_add_cert(store, made->certificate), 1);
	assert_int_equal(X509_STORE_set_flags(store, X509_V_FLAG_X509_STRICT), 1);
	assert_int_equal(X509_STORE_CTX_init(context, store, made->certificate, NULL), 1);
	assert_int_equal(X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER), 1);
	assert_int_equal(X509_verify_cert(context), 1);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
}

static void no_two_are_the_same(void **state)
{
	const struct made *made = *state;
	MM_CLEANUP(mm_throwaway_tls_clear) struct mm_throwaway_tls other = MM_NO_THROWAWAY_TLS;
	struct mm_err err = {0};

	assert_ok(mm_throwaway_tls_make(&other, &err), &err);
	assert_string_not_equal(other.certificate.p, made->tls.certificate.p);
}

static void others_cannot_read_the_key(void **state)
{
	const struct made *made = *state;
	struct stat found;

	assert_int_equal(fstat(made->tls.key_fd, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	assert_int_equal(found.st_nlink, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_server_takes_it_by_its_paths, make, clear),
		cmocka_unit_test_setup_teardown(clients_that_trust_it_find_every_loopback_name_in_it, make, clear),
		cmocka_unit_test_setup_teardown(strict_clients_verify_it, make, clear),
		cmocka_unit_test_setup_teardown(no_two_are_the_same, make, clear),
		cmocka_unit_test_setup_teardown(others_cannot_read_the_key, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
