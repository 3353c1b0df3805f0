/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <ctype.h>
#include <mintmark/base64url.h>
#include <openssl/evp.h>
#include <string.h>

static enum mm_code decode(const char *text, uint8_t *out, size_t cap, size_t *len, struct mm_err *err)
{
	return mm_base64url_decode(mm_span_str(text), out, cap, len, err);
}

static void encodes_the_vectors_of_rfc_4648(void **state)
{
	/* §10, without padding */
	static const char *const cases[][2] = {
		{"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
		{"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		char out[16] = {0};
		uint8_t back[16] = {0};
		size_t len;

		assert_int_equal(mm_base64url_encode(out, cases[i][0], strlen(cases[i][0])), strlen(cases[i][1]));
		assert_string_equal(out, cases[i][1]);
		assert_ok(decode(cases[i][1], back, sizeof back, &len, NULL), NULL);
		assert_int_equal(len, strlen(cases[i][0]));
		assert_memory_equal(back, cases[i][0], len);
	}
}

static void encodes_the_example_of_rfc_7515(void **state)
{
	/* appendix C: the two characters in which base64url differs */
	char out[8] = {0};

	(void)state;
	mm_base64url_encode(out, "\x03\xec\xff\xe0\xc1", 5);
	assert_string_equal(out, "A-z_4ME");
}

static void every_byte_at_every_place_is_what_openssl_encodes(void **state)
{
	(void)state;
	for (int place = 0; place < 3; place++) {
		for (int value = 0; value < 256; value++) {
			uint8_t bytes[3] = {0x5a, 0xa5, 0x3c}, back[3];
			char ours[5] = {0}, theirs[5];
			size_t len;

			bytes[place] = (uint8_t)value;
			mm_base64url_encode(ours, bytes, 3);
			EVP_EncodeBlock((unsigned char *)theirs, bytes, 3);
			for (char *p = theirs; *p != '\0'; p++)
				*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
			assert_string_equal(ours, theirs);
			assert_ok(decode(ours, back, 3, &len, NULL), NULL);
			assert_memory_equal(back, bytes, 3);
		}
	}
}

static void every_length_comes_back(void **state)
{
	uint8_t bytes[100];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		mm_auto_buf text = {0}, back = {0};

		mm_base64url_add(&text, bytes, len);
		assert_int_equal(text.len, mm_base64url_len(len));
		assert_ok(mm_base64url_decode_buf(mm_buf_span(&text), &back, NULL), NULL);
		assert_int_equal(back.len, len);
		assert_memory_equal(back.p, bytes, len);
		assert_int_equal(back.p[len], '\0');
	}
}

static void encoding_writes_no_nul(void **state)
{
	char out[5] = "xxxx";

	(void)state;
	mm_base64url_encode(out, "f", 1);
	assert_string_equal(out, "Zgxx");
}

static void characters_outside_the_alphabet_are_refused_wherever_they_stand(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		if (c == '-' || c == '_' || (c < 128 && isalnum(c)))
			continue;
		for (size_t place = 0; place < 11; place++) {
			struct mm_err err = {0};
			char text[] = "AAAAAAAAAAA"; /* two groups and a tail of three */
			uint8_t out[9];
			size_t len;

			text[place] = (char)c;
			assert_fails(mm_base64url_decode(mm_span(text, 11), out, sizeof out, &len, &err), MM_EPARSE,
				     &err);
		}
	}
}

static void padding_whitespace_and_the_other_alphabet_are_refused(void **state)
{
	static const char *const cases[] = {"Zg==", "Zm8=", "=",       "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v=",
					    "A+z/", "A+z_", "Zm9vZg=", "Zg\t=",  "Zm9v.", "Zm\0v"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		uint8_t out[16];
		size_t len;

		assert_fails(decode(cases[i], out, sizeof out, &len, NULL), MM_EPARSE, NULL);
	}
}

static void the_line_names_the_place_of_a_foreign_character(void **state)
{
	struct mm_err err = {0};
	uint8_t out[16];
	size_t len;

	(void)state;
	(void)decode("AAAA+AAA", out, sizeof out, &len, &err);
	assert_contains(err.text, "byte 5 (0x2b)");
	mm_err_clear(&err);
	(void)decode("=A", out, sizeof out, &len, &err);
	assert_contains(err.text, "byte 1 (0x3d)");
}

static void last_bits_that_are_not_zero_are_refused(void **state)
{
	/* each of these decodes, in lenient readers, to what "AA" and "AAA" decode to */
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	(void)state;
	for (int value = 0; value < 64; value++) {
		char two[] = {'A', alphabet[value], '\0'}, three[] = {'A', 'A', alphabet[value], '\0'};
		uint8_t out[4];
		size_t len;

		assert_int_equal(decode(two, out, sizeof out, &len, NULL), value % 16 ? MM_EPARSE : MM_OK);
		assert_int_equal(decode(three, out, sizeof out, &len, NULL), value % 4 ? MM_EPARSE : MM_OK);
	}
}

static void impossible_lengths_are_refused(void **state)
{
	static const char *const cases[] = {"A", "AAAAA", "AAAAAAAAA"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		uint8_t out[16];
		size_t len;

		assert_fails(decode(cases[i], out, sizeof out, &len, &err), MM_EPARSE, &err);
	}
}

static void more_than_the_capacity_is_the_limit(void **state)
{
	struct mm_err err = {0};
	uint8_t out[3];
	size_t len;

	(void)state;
	assert_ok(decode("Zm9v", out, 3, &len, &err), &err);
	assert_fails(decode("Zm9vYg", out, 3, &len, &err), MM_ELIMIT, &err);
	assert_fails(decode("Zg", out, 0, &len, &err), MM_ELIMIT, &err);
	assert_ok(decode("", NULL, 0, &len, &err), &err);
	assert_int_equal(len, 0);
}

static void a_failed_decode_leaves_the_buffer_as_it_was(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf buf = {0};

	(void)state;
	mm_buf_add_str(&buf, "before");
	assert_fails(mm_base64url_decode_buf(mm_span_str("Zm9vZm9v+A"), &buf, &err), MM_EPARSE, &err);
	assert_string_equal(buf.p, "before");
	assert_int_equal(buf.len, 6);
}

static void decoding_appends(void **state)
{
	mm_auto_buf buf = {0};

	(void)state;
	mm_buf_add_str(&buf, "a");
	assert_ok(mm_base64url_decode_buf(mm_span_str("Zm9v"), &buf, NULL), NULL);
	assert_string_equal(buf.p, "afoo");
}

static void a_failed_buffer_is_out_of_memory(void **state)
{
	struct mm_err err = {0};
	struct mm_buf buf = {.failed = true};

	(void)state;
	assert_fails(mm_base64url_decode_buf(mm_span_str("Zm9v"), &buf, &err), MM_ENOMEM, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_the_vectors_of_rfc_4648),
		cmocka_unit_test(encodes_the_example_of_rfc_7515),
		cmocka_unit_test(every_byte_at_every_place_is_what_openssl_encodes),
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(encoding_writes_no_nul),
		cmocka_unit_test(characters_outside_the_alphabet_are_refused_wherever_they_stand),
		cmocka_unit_test(padding_whitespace_and_the_other_alphabet_are_refused),
		cmocka_unit_test(the_line_names_the_place_of_a_foreign_character),
		cmocka_unit_test(last_bits_that_are_not_zero_are_refused),
		cmocka_unit_test(impossible_lengths_are_refused),
		cmocka_unit_test(more_than_the_capacity_is_the_limit),
		cmocka_unit_test(a_failed_decode_leaves_the_buffer_as_it_was),
		cmocka_unit_test(decoding_appends),
		cmocka_unit_test(a_failed_buffer_is_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
