/* SPDX-License-Identifier: Apache-2.0 */
/* Requests in pieces: every behaviour must be the same whether the bytes come at once or one by one. */
#include "issuer/http/codec.h"
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct outcome {
	enum mm_parse parse;
	struct mm_codec codec;
	struct mm_request request;
	char buf[MM_REQUEST_MAX + 4096];
	size_t len; /* bytes in `buf` when the codec came to its result */
};

/* Feeds `step` bytes at a time; the buffer moves each time, as a growing one would. */
static void feed(struct outcome *outcome, const char *bytes, size_t total, size_t step)
{
	memset(outcome, 0, sizeof *outcome);
	for (size_t fed = 0; fed < total && outcome->parse == MM_PARSE_MORE;) {
		size_t n = total - fed < step ? total - fed : step;
		char *moved = malloc(outcome->len + n + 1);
		size_t len = outcome->len + n;

		assert_non_null(moved);
		assert_true(outcome->len + n <= sizeof outcome->buf);
		memcpy(moved, outcome->buf, outcome->len);
		memcpy(moved + outcome->len, bytes + fed, n);
		fed += n;
		outcome->parse = mm_codec_feed(&outcome->codec, moved, &len, &outcome->request);
		outcome->len = len;
		memcpy(outcome->buf, moved, len);
		if (outcome->parse == MM_PARSE_DONE) { /* views into what is about to be freed */
			outcome->request.path.p = outcome->buf + (outcome->request.path.p - moved);
			outcome->request.body.p = outcome->buf + (outcome->request.body.p - moved);
		}
		free(moved);
	}
}

static struct outcome *at_once, *bytewise;

static void parse_n(const char *bytes, size_t len)
{
	feed(at_once, bytes, len, len);
	feed(bytewise, bytes, len, 1);
	assert_int_equal(at_once->parse, bytewise->parse);
	assert_int_equal(at_once->codec.status, bytewise->codec.status);
	if (at_once->parse == MM_PARSE_DONE)
		assert_true(mm_span_eq(at_once->request.body, bytewise->request.body));
}

static void parse(const char *text)
{
	parse_n(text, strlen(text));
}

static void assert_bad(const char *text, int status)
{
	parse(text);
	assert_int_equal(at_once->parse, MM_PARSE_BAD);
	assert_int_equal(at_once->codec.status, status);
	assert_non_null(at_once->codec.why);
}

#define CHUNKED "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

static void a_request_without_a_body_ends_at_the_empty_line(void **state)
{
	(void)state;
	parse("GET /p HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_int_equal(at_once->parse, MM_PARSE_DONE);
	assert_true(mm_span_is(bytewise->request.path, "/p"));
	assert_int_equal(at_once->codec.consumed, at_once->len);
	assert_int_equal(bytewise->request.body.len, 0);
}

static void every_prefix_of_a_request_waits_for_more(void **state)
{
	static const char whole[] = CHUNKED "5;ext=1\r\nhello\r\n0\r\nTrailer: x\r\n\r\n";

	(void)state;
	for (size_t len = 1; len < sizeof whole - 1; len++) {
		parse_n(whole, len);
		assert_int_equal(at_once->parse, MM_PARSE_MORE);
	}
	parse(whole);
	assert_int_equal(at_once->parse, MM_PARSE_DONE);
}

static void what_follows_belongs_to_the_next_request(void **state)
{
	static const char two[] = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";

	(void)state;
	feed(at_once, two, sizeof two - 1, sizeof two - 1);
	assert_int_equal(at_once->parse, MM_PARSE_DONE);
	assert_true(mm_span_is(at_once->request.path, "/1"));
	assert_memory_equal(at_once->buf + at_once->codec.consumed, "GET /2", 6);
}

static void a_body_of_known_length_is_read_whole(void **state)
{
	(void)state;
	parse("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
	assert_int_equal(at_once->parse, MM_PARSE_DONE);
	assert_true(mm_span_is(at_once->request.body, "hello"));
	assert_true(mm_span_is(bytewise->request.path, "/p"));
	parse("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhell");
	assert_int_equal(at_once->parse, MM_PARSE_MORE);
	assert_true(mm_codec_in_body(&at_once->codec));
}

static void chunks_are_joined(void **state)
{
	(void)state;
	parse(CHUNKED "5\r\nhello\r\n00000001\r\n,\r\n6;a=\"b\"\r\n world\r\n0\r\n\r\n");
	assert_int_equal(at_once->parse, MM_PARSE_DONE);
	assert_true(mm_span_is(at_once->request.body, "hello, world"));
	assert_true(mm_span_is(bytewise->request.body, "hello, world"));
}

static void a_chunked_body_is_followed_by_the_next_request(void **state)
{
	static const char two[] = CHUNKED "A\r\n0123456789\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n";

	(void)state;
	feed(at_once, two, sizeof two - 1, sizeof two - 1);
	assert_int_equal(at_once->parse, MM_PARSE_DONE);
	assert_memory_equal(at_once->buf + at_once->codec.consumed, "GET /2", 6);
}

static void trailers_are_checked_and_dropped(void **state)
{
	(void)state;
	parse(CHUNKED "0\r\nContent-Length: 99\r\n\r\n");
	assert_int_equal(at_once->parse, MM_PARSE_DONE);
	assert_int_equal(at_once->request.header_count, 2);
	assert_bad(CHUNKED "0\r\nno colon\r\n\r\n", 400);
	assert_bad(CHUNKED "0\r\n folded: x\r\n\r\n", 400);
}

static void malformed_chunk_sizes_are_refused(void **state)
{
	static const char *const sizes[] = {"0x5", "-1", "+5", "",          " 5",
					    "5 ",  "g",  ";a", "000000005", "ffffffffffffffff"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < MM_COUNT(sizes); i++) {
		snprintf(text, sizeof text, CHUNKED "%s\r\nhello\r\n0\r\n\r\n", sizes[i]);
		assert_bad(text, 400);
	}
}

static void control_characters_in_chunk_extensions_are_refused(void **state)
{
	(void)state;
	assert_bad(CHUNKED "5;a\rb\r\nhello\r\n0\r\n\r\n", 400);
	assert_bad(CHUNKED "5;a\x01\r\nhello\r\n0\r\n\r\n", 400);
}

static void chunk_lines_have_a_limit(void **state)
{
	char text[512] = CHUNKED "5;";
	size_t len = strlen(text);

	(void)state;
	memset(text + len, 'a', MM_CHUNK_LINE_MAX);
	assert_bad(text, 400);
}

static void a_chunk_longer_than_its_size_is_refused(void **state)
{
	(void)state;
	assert_bad(CHUNKED "4\r\nhello\r\n0\r\n\r\n", 400);
	assert_bad(CHUNKED "5\r\nhello\n0\r\n\r\n", 400);
}

static void a_chunked_body_over_the_limit_is_413_before_it_arrives(void **state)
{
	(void)state;
	assert_bad(CHUNKED "10001\r\n", 413);
	assert_bad(CHUNKED "1\r\na\r\n10000\r\n", 413);
	assert_bad(CHUNKED "ffffffff\r\n", 413);
	parse(CHUNKED "10000\r\n");
	assert_int_equal(at_once->parse, MM_PARSE_MORE);
}

static void a_body_of_one_byte_chunks_needs_no_larger_buffer(void **state)
{
	static char text[sizeof CHUNKED + 6 * MM_BODY_MAX + 6] = CHUNKED;
	char *p = text + sizeof CHUNKED - 1;

	(void)state;
	for (int i = 0; i < MM_BODY_MAX; i++, p += 6)
		memcpy(p, "1\r\nx\r\n", 6);
	memcpy(p, "0\r\n\r\n", 5);
	feed(at_once, text, (size_t)(p + 5 - text), 1024); /* asserts that the buffer suffices */
	assert_int_equal(at_once->parse, MM_PARSE_DONE);
	assert_int_equal(at_once->request.body.len, MM_BODY_MAX);
}

static void trailers_have_a_limit(void **state)
{
	static const char field[] = "A: 1234\r\n";
	static char text[MM_HEAD_MAX + 512] = CHUNKED "0\r\n";
	size_t len = strlen(text);

	(void)state;
	for (size_t trailer = 0; trailer <= MM_HEAD_MAX; trailer += sizeof field - 1, len += sizeof field - 1)
		memcpy(text + len, field, sizeof field - 1);
	assert_bad(text, 431);
}

static void a_trailer_line_without_an_end_is_431(void **state)
{
	static char text[MM_HEAD_MAX + 512] = CHUNKED "0\r\n";
	size_t len = strlen(text);

	(void)state;
	memset(text + len, 'a', MM_HEAD_MAX + 1);
	feed(at_once, text, len + MM_HEAD_MAX + 1, 100);
	assert_int_equal(at_once->parse, MM_PARSE_BAD);
	assert_int_equal(at_once->codec.status, 431);
}

static void a_bare_lf_is_refused_as_soon_as_it_comes(void **state)
{
	(void)state;
	assert_bad("GET / HTTP/1.1\n", 400);
	assert_bad("GET / HTTP/1.1\r\nHost: h\n", 400);
	assert_bad("GET / HTTP/1.1\r\nHost: h\r\n\n", 400);
	assert_bad("\n", 400);
	assert_bad(CHUNKED "5\n", 400);
}

static void one_empty_line_before_the_request_is_passed_over(void **state)
{
	(void)state;
	parse("\r\nGET /p HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_int_equal(at_once->parse, MM_PARSE_DONE);
	assert_true(mm_span_is(bytewise->request.path, "/p"));
	assert_bad("\r\n\r\n", 400);
}

/* A head of exactly `len` bytes. */
static char *head_of(size_t len)
{
	static const char start[] = "GET / HTTP/1.1\r\nHost: h\r\nA: ";
	char *head = malloc(len + 1);

	assert_non_null(head);
	memcpy(head, start, sizeof start - 1);
	memset(head + sizeof start - 1, 'a', len - sizeof start + 1);
	memcpy(head + len - 4, "\r\n\r\n", 5);
	return head;
}

static void a_head_of_8192_bytes_is_taken_and_one_more_is_431(void **state)
{
	mm_auto_string fits = head_of(MM_HEAD_MAX);
	mm_auto_string too_large = head_of(MM_HEAD_MAX + 1);

	(void)state;
	parse(fits);
	assert_int_equal(at_once->parse, MM_PARSE_DONE);
	assert_bad(too_large, 431);
}

static void a_head_without_an_end_is_431_at_the_limit(void **state)
{
	mm_auto_string head = head_of(MM_HEAD_MAX + 100);

	(void)state;
	parse_n(head, MM_HEAD_MAX);
	assert_int_equal(at_once->parse, MM_PARSE_MORE);
	parse_n(head, MM_HEAD_MAX + 1);
	assert_int_equal(at_once->codec.status, 431);
}

static void a_request_line_without_an_end_is_414(void **state)
{
	static char line[4096];

	(void)state;
	memset(line, 'a', sizeof line - 1);
	memcpy(line, "GET /", 5);
	assert_bad(line, 414);
}

static void sixty_five_fields_are_431_before_the_head_ends(void **state)
{
	mm_auto_buf head = {0};

	(void)state;
	mm_buf_add_str(&head, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < MM_HEADERS_MAX + 1; i++)
		mm_buf_add_str(&head, "A: b\r\n");
	assert_bad(head.p, 431);
}

static void begun_from_the_first_byte_on(void **state)
{
	struct mm_codec codec = {0};
	char byte[] = "G";
	size_t len = 1;

	(void)state;
	assert_false(mm_codec_begun(&codec));
	assert_int_equal(mm_codec_feed(&codec, byte, &len, &at_once->request), MM_PARSE_MORE);
	assert_true(mm_codec_begun(&codec));
	assert_false(mm_codec_in_body(&codec));
}

static void expect_is_told_while_the_body_is_missing(void **state)
{
	(void)state;
	parse("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	assert_int_equal(at_once->parse, MM_PARSE_MORE);
	assert_true(at_once->codec.expect_continue);
	assert_true(bytewise->codec.expect_continue);
}

static void a_body_that_is_dropped_is_checked_and_not_kept(void **state)
{
	static const struct {
		const char *head, *body;
		size_t len;
	} rows[] = {{"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n", "hello worldGET", 11},
		    {CHUNKED, "5\r\nhello\r\n6;x\r\n world\r\n0\r\nA: b\r\n\r\nGET", 34}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		size_t head = strlen(rows[i].head), len = head + 3;
		struct mm_codec codec = {0};
		enum mm_parse got;

		memcpy(at_once->buf, rows[i].head, head);
		memcpy(at_once->buf + head, rows[i].body, 3);
		assert_int_equal(mm_codec_feed(&codec, at_once->buf, &len, &at_once->request), MM_PARSE_MORE);
		mm_codec_drop_body(&codec, at_once->buf, &len);
		for (size_t fed = 3; (got = MM_PARSE_MORE, fed < rows[i].len); fed++) {
			at_once->buf[len++] = rows[i].body[fed];
			assert_true(len <= head + 8); /* what is kept is the head and the line that is not complete */
			got = mm_codec_feed(&codec, at_once->buf, &len, &at_once->request);
			if (got == MM_PARSE_DONE)
				break;
			assert_int_equal(got, MM_PARSE_MORE);
		}
		assert_int_equal(got, MM_PARSE_DONE);
		assert_int_equal(codec.consumed, len);
		assert_int_equal(at_once->request.body.len, 0);
		assert_true(mm_span_is(at_once->request.path, "/p"));
	}
}

static void a_dropped_body_has_the_same_limit(void **state)
{
	size_t len = sizeof CHUNKED - 1;
	struct mm_codec codec = {0};
	enum mm_parse got;

	(void)state;
	memcpy(at_once->buf, CHUNKED, len);
	assert_int_equal(mm_codec_feed(&codec, at_once->buf, &len, &at_once->request), MM_PARSE_MORE);
	mm_codec_drop_body(&codec, at_once->buf, &len);
	for (int i = 0; i < 16; i++) {
		memset(at_once->buf + len, 'x', 6 + 4096 + 2);
		memcpy(at_once->buf + len, "1000\r\n", 6);
		memcpy(at_once->buf + len + 6 + 4096, "\r\n", 2);
		len += 6 + 4096 + 2;
		assert_int_equal(mm_codec_feed(&codec, at_once->buf, &len, &at_once->request), MM_PARSE_MORE);
		assert_int_equal(len, sizeof CHUNKED - 1);
	}
	memcpy(at_once->buf + len, "1\r\n", 3);
	len += 3;
	got = mm_codec_feed(&codec, at_once->buf, &len, &at_once->request);
	assert_int_equal(got, MM_PARSE_BAD);
	assert_int_equal(codec.status, 413);
}

static void of_a_bad_request_the_line_that_was_understood_is_known(void **state)
{
	static const struct {
		const char *text, *path;
		enum mm_method method;
	} rows[] = {
		{"HEAD /p HTTP/1.1\r\n: bad\r\n\r\n", "/p", MM_HEAD},
		{"\r\nHEAD /p?q HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", "/p", MM_HEAD},
		{"HEAD /p HTTP/1.9\r\nHost: h\r\n\r\n", NULL, MM_OTHER_METHOD},
		{"HEAD /p HTTP/1.1\nHost: h\r\n\r\n", NULL, MM_OTHER_METHOD},
		{"\n", NULL, MM_OTHER_METHOD},
		{"\r\n\r\n", NULL, MM_OTHER_METHOD},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_request *request = &at_once->request;

		parse(rows[i].text);
		assert_int_equal(at_once->parse, MM_PARSE_BAD);
		request->path = mm_span_str("/of another request");
		mm_codec_glean(&at_once->codec, at_once->buf, at_once->len, request);
		assert_int_equal(request->method, rows[i].method);
		assert_true(rows[i].path ? mm_span_is(request->path, rows[i].path) : !request->path.p);
		assert_int_equal(request->method_text.len, rows[i].path ? 4 : 0);
	}
}

/* What Accept says decides on the form of the 413. */
static void of_a_body_that_is_too_large_the_fields_are_known(void **state)
{
	static const char *const texts[] = {
		"POST /p HTTP/1.1\r\nHost: h\r\nAccept: x/y\r\nContent-Length: 65537\r\n\r\n",
		"POST /p HTTP/1.1\r\nHost: h\r\nAccept: x/y\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n",
	};
	struct mm_request *request = &at_once->request;

	(void)state;
	for (size_t i = 0; i < MM_COUNT(texts); i++) {
		parse(texts[i]);
		assert_int_equal(at_once->codec.status, 413);
		request->header_count = 0;
		mm_codec_glean(&at_once->codec, at_once->buf, at_once->len, request);
		assert_true(mm_span_is(request->path, "/p"));
		assert_true(mm_span_is(mm_request_header(request, "accept"), "x/y"));
	}
}

static void of_any_other_bad_request_no_field_is_known(void **state)
{
	struct mm_request *request = &at_once->request;

	(void)state;
	parse("POST /p HTTP/1.1\r\nHost: h\r\nAccept: x/y\r\n: bad\r\n\r\n");
	request->header_count = 1;
	mm_codec_glean(&at_once->codec, at_once->buf, at_once->len, request);
	assert_int_equal(request->header_count, 0);
}

static int setup(void **state)
{
	(void)state;
	at_once = malloc(sizeof *at_once);
	bytewise = malloc(sizeof *bytewise);
	return at_once && bytewise ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	free(at_once);
	free(bytewise);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_without_a_body_ends_at_the_empty_line),
		cmocka_unit_test(every_prefix_of_a_request_waits_for_more),
		cmocka_unit_test(what_follows_belongs_to_the_next_request),
		cmocka_unit_test(a_body_of_known_length_is_read_whole),
		cmocka_unit_test(chunks_are_joined),
		cmocka_unit_test(a_chunked_body_is_followed_by_the_next_request),
		cmocka_unit_test(trailers_are_checked_and_dropped),
		cmocka_unit_test(malformed_chunk_sizes_are_refused),
		cmocka_unit_test(control_characters_in_chunk_extensions_are_refused),
		cmocka_unit_test(chunk_lines_have_a_limit),
		cmocka_unit_test(a_chunk_longer_than_its_size_is_refused),
		cmocka_unit_test(a_chunked_body_over_the_limit_is_413_before_it_arrives),
		cmocka_unit_test(a_body_of_one_byte_chunks_needs_no_larger_buffer),
		cmocka_unit_test(trailers_have_a_limit),
		cmocka_unit_test(a_trailer_line_without_an_end_is_431),
		cmocka_unit_test(a_bare_lf_is_refused_as_soon_as_it_comes),
		cmocka_unit_test(one_empty_line_before_the_request_is_passed_over),
		cmocka_unit_test(a_head_of_8192_bytes_is_taken_and_one_more_is_431),
		cmocka_unit_test(a_head_without_an_end_is_431_at_the_limit),
		cmocka_unit_test(a_request_line_without_an_end_is_414),
		cmocka_unit_test(sixty_five_fields_are_431_before_the_head_ends),
		cmocka_unit_test(begun_from_the_first_byte_on),
		cmocka_unit_test(expect_is_told_while_the_body_is_missing),
		cmocka_unit_test(a_body_that_is_dropped_is_checked_and_not_kept),
		cmocka_unit_test(a_dropped_body_has_the_same_limit),
		cmocka_unit_test(of_a_bad_request_the_line_that_was_understood_is_known),
		cmocka_unit_test(of_a_body_that_is_too_large_the_fields_are_known),
		cmocka_unit_test(of_any_other_bad_request_no_field_is_known),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
