/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "conf/checks.h"

#include <string.h>

typedef enum mm_code check_fn(const char *value, struct mm_err *err);

static void accept_all(check_fn *check, const char *const values[], size_t n)
{
	struct mm_err err = {0};

	for (size_t i = 0; i < n; i++)
		assert_ok(check(values[i], &err), &err);
}

/* Each is refused with `part` in the line. */
static void refuse_all(check_fn *check, const char *const values[], size_t n, const char *part)
{
	for (size_t i = 0; i < n; i++) {
		struct mm_err err = {0};

		if (check(values[i], &err) == MM_OK)
			fail_msg("accepted: %s", values[i]);
		assert_contains(err.text, part);
	}
}

static void addresses_are_host_and_port(void **state)
{
	static const char *const good[] = {"0.0.0.0:443", "[::1]:0", "host.example:65535"};
	static const char *const bad[] = {"8443", "host:99999", "host:http", "host:", ":1", "", "off", "unix:/run/s"};
	(void)state;

	accept_all(mm_check_address, good, MM_COUNT(good));
	refuse_all(mm_check_address, bad, MM_COUNT(bad), "");
}

static void the_admin_address_may_be_a_socket_or_off(void **state)
{
	static const char *const good[] = {"off", "127.0.0.1:8444", "0.0.0.0:8444", "[::]:1",
					   "unix:/run/mintmark.sock"};
	static const char *const relative[] = {"unix:",          "unix:run/s", "unix:8444", "unix:./s",
					       "unix:@abstract", "unix:/",     "unix:/run/"};
	static const char *const bad[] = {"Off", "/run/s", "unix", "UNIX:/run/s"};
	(void)state;

	accept_all(mm_check_admin_address, good, MM_COUNT(good));
	refuse_all(mm_check_admin_address, relative, MM_COUNT(relative), "not the absolute path of a socket");
	refuse_all(mm_check_admin_address, bad, MM_COUNT(bad), "");
}

/* sun_path has 108 bytes, with the NUL (unix(7)). */
static void the_path_of_a_socket_has_at_most_107_bytes(void **state)
{
	char address[5 + 108 + 1] = "unix:/";
	struct mm_err err = {0};
	(void)state;

	memset(address + 6, 'x', 106);
	assert_ok(mm_check_admin_address(address, &err), &err);
	address[5 + 107] = 'x';
	assert_int_equal(mm_check_admin_address(address, &err), MM_EREFUSED);
	assert_contains(err.text, "at most 107 bytes");
}

static void globs_consist_of_what_names_may_have(void **state)
{
	static const char *const labels[] = {"*", "a", "team-*", "*-x-*", "0"};
	static const char *const dotted[] = {"a.b", "*.c"};
	static const char *const never[] = {"Team", "a_b", "a b", "a/b", "a?", "[ab]", "\xc3\xa4"};
	(void)state;

	accept_all(mm_check_label_glob, labels, MM_COUNT(labels));
	accept_all(mm_check_subdomain_glob, labels, MM_COUNT(labels));
	accept_all(mm_check_subdomain_glob, dotted, MM_COUNT(dotted));
	refuse_all(mm_check_label_glob, dotted, MM_COUNT(dotted), "no name has a \".\" in it");
	refuse_all(mm_check_label_glob, never, MM_COUNT(never), "no name has a ");
	refuse_all(mm_check_subdomain_glob, never, MM_COUNT(never), "no name has a ");
}

static void whoever_is_meant_is_written_in_full(void **state)
{
	static const char *const good[] = {"*",
					   "ann",
					   "system:serviceaccount:n:a",
					   "system:authenticated",
					   "unix:uid:0",
					   "CN with spaces",
					   "https://issuer#sub"};
	static const char *const globs[] = {"a*", "*a", "**", "system:serviceaccount:n:*", "unix:uid:*"};
	static const char *const nobody[] = {"system:anonymous", "system:unauthenticated"};
	(void)state;

	accept_all(mm_check_who, good, MM_COUNT(good));
	refuse_all(mm_check_who, globs, MM_COUNT(globs), "compared byte for byte");
	refuse_all(mm_check_who, nobody, MM_COUNT(nobody), "nobody without credentials can be allowed anything");
}

static void annotations_are_qualified_names(void **state)
{
	static const char *const good[] = {"a", "A_b.c-9", "eks.amazonaws.com/role-arn", "a.b/C",
					   "123456789012345678901234567890123456789012345678901234567890123"};
	static const char *const bad[] = {
		"-a",   "a-",       "a b",
		"a/",   "a/b/c",    ".a",
		"a/-b", "\xc3\xa4", "1234567890123456789012345678901234567890123456789012345678901234"};
	static const char *const prefixes[] = {"/a", "A.b/c", "-a/b", "a..b/c", "a_b/c"};
	(void)state;

	accept_all(mm_check_annotation, good, MM_COUNT(good));
	refuse_all(mm_check_annotation, bad, MM_COUNT(bad), "no name of an annotation");
	refuse_all(mm_check_annotation, prefixes, MM_COUNT(prefixes), "before the slash");
}

static void rsa_keys_have_three_sizes(void **state)
{
	static const char *const good[] = {"2048", "3072", "4096"};
	static const char *const bad[] = {"1024", "2049", "8192"};
	(void)state;

	accept_all(mm_check_rsa_bits, good, MM_COUNT(good));
	refuse_all(mm_check_rsa_bits, bad, MM_COUNT(bad), "not a size");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_host_and_port),
		cmocka_unit_test(the_admin_address_may_be_a_socket_or_off),
		cmocka_unit_test(the_path_of_a_socket_has_at_most_107_bytes),
		cmocka_unit_test(globs_consist_of_what_names_may_have),
		cmocka_unit_test(whoever_is_meant_is_written_in_full),
		cmocka_unit_test(annotations_are_qualified_names),
		cmocka_unit_test(rsa_keys_have_three_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
