/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "issuer/publish/s3_error.h"

#include <string.h>

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static struct mm_s3_error read_error(const char *body)
{
	struct mm_s3_error error;

	mm_s3_error_read(mm_span_str(body), &error);
	return error;
}

static void what_a_store_says_is_read(void **state)
{
	struct mm_s3_error error = read_error(
		XML "<Error xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Code>NoSuchKey</Code>"
		    "<Message>a &lt;b&gt; &amp;amp; &quot;c&apos;</Message><Region>eu-west-1</Region>"
		    "<Header>If-Match</Header><HostId>x</HostId></Error>");
	(void)state;

	assert_string_equal(error.code, "NoSuchKey");
	assert_string_equal(error.message, "a <b> &amp; \"c'");
	assert_string_equal(error.region, "eu-west-1");
	assert_string_equal(error.header, "If-Match");
}

static void what_is_no_error_of_s3_is_nothing(void **state)
{
	static const char *const bodies[] = {
		"",
		"<html><Code>x</Code></html>",
		"{\"Code\": \"x\"}",
		"<Code>x</Code>",
		"<Error><code>x</code>",
		"<Erro",
		"<Error>",
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(bodies); i++)
		assert_string_equal(read_error(bodies[i]).code, "");
	assert_string_equal(read_error("").message, "");
}

static void what_is_too_long_is_cut(void **state)
{
	mm_auto_buf body = {0};
	struct mm_s3_error error;
	(void)state;

	mm_buf_add_str(&body, "<Error><Code>Slow</Code><Message>");
	for (int i = 0; i < 1000; i++)
		mm_buf_add_str(&body, "&amp;");
	mm_s3_error_read(mm_buf_span(&body), &error);
	assert_string_equal(error.code, "Slow");
	assert_int_equal(strlen(error.message), sizeof error.message - 1);
}

static void a_store_without_conditional_writes_is_known_by_what_it_refuses(void **state)
{
	static const struct {
		long status;
		const char *body;
		bool expected;
	} rows[] = {
		{501, "", true},
		{501, "<Error><Code>NotImplemented</Code><Header>If-None-Match</Header></Error>", true},
		{501, "<Error><Code>NotImplemented</Code><Header>if-match</Header></Error>", true},
		{501, "<Error><Code>NotImplemented</Code><Header>Transfer-Encoding</Header></Error>", false},
		{400, "<Error><Code>InvalidArgument</Code><ArgumentName>If-Match</ArgumentName></Error>", true},
		{400, "<Error><Code>InvalidRequest</Code><Message>If-Match is not supported</Message></Error>", true},
		{400, "<Error><Code>InvalidRequest</Code><Message>no</Message></Error>", false},
		{412, "<Error><Code>PreconditionFailed</Code><Condition>If-Match</Condition></Error>", false},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_s3_error error = read_error(rows[i].body);

		if (mm_s3_error_is_of_condition(rows[i].status, &error) != rows[i].expected)
			fail_msg("%ld %s", rows[i].status, rows[i].body);
	}
}

static void a_refusal_is_told_with_its_remedy(void **state)
{
	static const struct {
		long status;
		const char *body, *bucket_region;
		enum mm_code code;
		const char *line;
	} rows[] = {
		{404, "<Error><Code>NoSuchBucket</Code><Message>The bucket</Message></Error>", NULL, MM_ENOTFOUND,
		 "the store answers 404 NoSuchBucket: The bucket; make the bucket, or correct its name"},
		{403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", NULL, MM_EREFUSED,
		 "the store answers 403 SignatureDoesNotMatch; the secret access key is not that of the access key id"},
		{403, "<Error><Code>RequestTimeTooSkewed</Code><Message>Too far</Message></Error>", NULL, MM_EREFUSED,
		 "the store answers 403 RequestTimeTooSkewed: Too far; set this host's clock"},
		{400, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>", NULL,
		 MM_EREFUSED,
		 "the store answers 400 AuthorizationHeaderMalformed; the bucket is in region eu-west-1, not in "
		 "us-east-1: say so (--region, s3.region, AWS_REGION)"},
		{301, "", "eu-west-2", MM_ENETWORK,
		 "the store answers 301; the bucket is in region eu-west-2, not in us-east-1: say so (--region, "
		 "s3.region, AWS_REGION)"},
		{403, "<Error><Code>Odd</Code></Error>", "us-east-1", MM_EREFUSED, "the store answers 403 Odd"},
		{307, "", NULL, MM_ENETWORK,
		 "the store answers 307; a redirect is not followed, so that nobody else is shown what was signed"},
		{503, "<Error><Code>SlowDown</Code></Error>", NULL, MM_ENETWORK, "the store answers 503 SlowDown"},
		{200, "", NULL, MM_ENETWORK, "the store answers 200"},
	};
	(void)state;

	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		struct mm_s3_error error = read_error(rows[i].body);
		struct mm_err err = {0};

		assert_int_equal(mm_s3_error_fail(rows[i].status, &error, "us-east-1", rows[i].bucket_region, &err),
				 rows[i].code);
		assert_string_equal(err.text, rows[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_store_says_is_read),
		cmocka_unit_test(what_is_no_error_of_s3_is_nothing),
		cmocka_unit_test(what_is_too_long_is_cut),
		cmocka_unit_test(a_store_without_conditional_writes_is_known_by_what_it_refuses),
		cmocka_unit_test(a_refusal_is_told_with_its_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
