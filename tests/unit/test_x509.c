/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/certificates.h"

#include <mintmark/ossl.h>
#include <mintmark/x509.h>

static void times_are_read(void **state)
{
	static const struct {
		const char *text;
		mm_time time;
	} rows[] = {
		{"19700101000000Z", 0},           {"20231114221320Z", 1700000000}, {"231114221320Z", 1700000000},
		{"99991231235959Z", MM_TIME_MAX}, {"19491231235959Z", -631152001},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		ASN1_TIME *time = ASN1_TIME_new();
		mm_time found;

		assert_int_equal(ASN1_TIME_set_string(time, rows[i].text), 1);
		assert_true(mm_x509_time(time, &found));
		assert_int_equal(found, rows[i].time);
		ASN1_TIME_free(time);
	}
}

static void what_is_no_time_is_not_read(void **state)
{
	ASN1_TIME *time = ASN1_TIME_new();
	mm_time found;

	(void)state;
	assert_int_equal(ASN1_STRING_set(time, "yesterday", -1), 1);
	assert_false(mm_x509_time(time, &found));
	assert_false(mm_x509_time(NULL, &found));
	ASN1_TIME_free(time);
}

static void names_are_shown(void **state)
{
	static const struct {
		struct test_name name[4];
		const char *text;
	} rows[] = {
		{{{0}}, ""},
		{{{.nid = NID_commonName, .text = "alice"}}, "CN=alice"},
		{{{.nid = NID_organizationName, .text = "ops"}, {.nid = NID_commonName, .text = "alice"}},
		 "CN=alice,O=ops"},
		{{{.nid = NID_commonName, .text = "J\xc3\xbcrgen, O=x"}}, "CN=J\xc3\xbcrgen\\, O=x"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		X509_NAME *name = X509_NAME_new();
		mm_auto_buf text = {0};

		for (const struct test_name *part = rows[i].name; part->nid != 0; part++)
			assert_int_equal(X509_NAME_add_entry_by_NID(name, part->nid, MBSTRING_UTF8,
								    (const unsigned char *)part->text, -1, -1, 0),
					 1);
		mm_x509_add_name(&text, name);
		assert_string_equal(mm_buf_span(&text).p, rows[i].text);
		X509_NAME_free(name);
	}
}

static size_t count_read(const char *text, enum mm_code expected)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	struct mm_err err = {0};
	size_t n;

	assert_int_equal(mm_x509_read_pem(mm_span_str(text), list, &err), expected);
	n = (size_t)sk_X509_num(list);
	sk_X509_pop_free(list, X509_free);
	return n;
}

static void pem_is_read_to_its_end_and_other_text_is_passed_over(void **state)
{
	MM_CLEANUP(test_certificate_free) struct test_certificate authority = test_authority("a");
	mm_auto_buf pem = {0}, twice = {0}, broken = {0};

	(void)state;
	test_add_pem(&pem, &authority);
	mm_buf_printf(&twice, "# first\n%s\n# second\n%s\nthe end\n", pem.p, pem.p);
	mm_buf_printf(&broken, "%s-----BEGIN CERTIFICATE-----\nAAAA\n", pem.p);
	assert_int_equal(count_read("", MM_OK), 0);
	assert_int_equal(count_read("no certificate", MM_OK), 0);
	assert_int_equal(count_read(twice.p, MM_OK), 2);
	assert_int_equal(count_read(broken.p, MM_EPARSE), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(what_is_no_time_is_not_read),
		cmocka_unit_test(names_are_shown),
		cmocka_unit_test(pem_is_read_to_its_end_and_other_text_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
