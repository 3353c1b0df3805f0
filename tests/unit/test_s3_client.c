/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/loopback.h"

#include "issuer/publish/s3_client.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOST "oidc.s3.eu-central-1.amazonaws.com"

static struct test_dir dir;
static struct test_server plain, tls;

static void say(struct test_peer *peer, const char *head, const char *body)
{
	test_sendf(peer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", head, strlen(body));
	test_send(peer, body, strlen(body));
}

static void refuse_endlessly(struct test_peer *peer)
{
	char block[4096];

	memset(block, 'x', sizeof block);
	test_sendf(peer, "HTTP/1.1 403 No\r\n\r\n<Error><Code>AccessDenied</Code>");
	for (;;)
		test_send(peer, block, sizeof block);
}

static void drip(struct test_peer *peer)
{
	test_sendf(peer, "HTTP/1.1 200 OK\r\n\r\n");
	for (;;) {
		test_send(peer, "x", 1);
		usleep(10000);
	}
}

static void answer(struct test_peer *peer, const char *request)
{
	if (strstr(request, "/hang "))
		sleep(60);
	else if (strstr(request, "/drip "))
		drip(peer);
	else if (strstr(request, "/endless "))
		refuse_endlessly(peer);
	else if (strstr(request, "/elsewhere "))
		say(peer, "307 X\r\nLocation: /hang\r\nX-Amz-Bucket-Region: eu-west-1",
		    "<Error><Code>TemporaryRedirect</Code>");
	else
		say(peer, "200 OK\r\nETag: \"e\"", request);
}

static int setup(void **state)
{
	(void)state;
	test_dir_make(&dir);
	test_server_start(&plain, answer, &(struct test_server_options){0});
	test_server_start(&tls, answer, &(struct test_server_options){.ca = &dir, .san = "DNS:" HOST});
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_server_stop(&plain);
	test_server_stop(&tls);
	test_dir_remove(&dir);
	return 0;
}

static struct mm_s3_client *open_client(const char *bucket_url, const char *connect, const char *token, int timeout_ms)
{
	char id[] = "AKIA", secret[] = "a+secret", session_token[64], ca_bundle[512];
	struct mm_aws_settings settings = {.access_key_id = id, .secret_access_key = secret, .ca_bundle = ca_bundle};
	struct mm_s3_client_options options = {.bucket_url = bucket_url,
					       .region = "eu-central-1",
					       .settings = &settings,
					       .connect = connect,
					       .timeout_ms = timeout_ms};
	struct mm_s3_client *client;
	struct mm_err err = {0};

	snprintf(ca_bundle, sizeof ca_bundle, "%s", test_dir_path(&dir, "ca.pem"));
	snprintf(session_token, sizeof session_token, "%s", token ? token : "");
	settings.session_token = token ? session_token : NULL;
	assert_ok(mm_s3_client_new(&options, &client, &err), &err);
	return client;
}

static struct mm_s3_client *open_plain(const char *token, int timeout_ms)
{
	char url[64];

	snprintf(url, sizeof url, "http://127.0.0.1:%d/oidc", plain.port);
	return open_client(url, NULL, token, timeout_ms);
}

static void a_bucket_is_addressed_by_its_own_host(void **state)
{
	char connect[64];
	mm_auto(mm_s3_client) client = NULL;
	mm_auto_s3_answer got = {0};
	struct mm_err err = {0};
	(void)state;

	snprintf(connect, sizeof connect, "127.0.0.1:%d", tls.port);
	client = open_client("https://" HOST, connect, NULL, 5000);
	assert_ok(mm_s3_get(client, "openid/v1/jwks", &got, &err), &err);
	assert_int_equal(got.status, 200);
	assert_contains(got.body.p, "GET /openid/v1/jwks HTTP/1.1\r\nHost: " HOST "\r\n");
	assert_contains(got.body.p,
			"/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, ");
	assert_string_equal(mm_s3_header(client, "etag"), "\"e\"");
	assert_null(mm_s3_header(client, "x-amz-meta-mintmark-issuer"));
}

static void all_headers_of_an_upload_are_signed(void **state)
{
	mm_auto(mm_s3_client) client = open_plain("a-token", 5000);
	mm_auto_strings headers = {0};
	mm_auto_s3_answer got = {0};
	struct mm_err err = {0};
	(void)state;

	test_strings_add(&headers, "If-Match: \"e\"");
	test_strings_add(&headers, "Content-Type: application/json");
	assert_ok(mm_s3_put(client, "a b", &headers, mm_span("{}", 2), &got, &err), &err);
	assert_contains(got.body.p, "PUT /oidc/a%20b HTTP/1.1\r\n");
	assert_contains(got.body.p, "SignedHeaders=content-type;host;if-match;x-amz-content-sha256;x-amz-date;"
				    "x-amz-security-token, ");
	assert_contains(got.body.p, "\r\nx-amz-security-token: a-token\r\n");
	assert_contains(got.body.p, "\r\nContent-Length: 2\r\n");
	/* printf {} | sha256sum */
	assert_contains(got.body.p, "\r\nx-amz-content-sha256: "
				    "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\r\n");
	assert_null(strstr(got.body.p, "a+secret"));
}

static void a_get_after_a_put_is_a_get(void **state)
{
	mm_auto(mm_s3_client) client = open_plain(NULL, 5000);
	mm_auto_strings headers = {0};
	mm_auto_s3_answer put = {0}, got = {0};
	struct mm_err err = {0};
	(void)state;

	test_strings_add(&headers, "If-None-Match: *");
	assert_ok(mm_s3_put(client, "x", &headers, mm_span("{}", 2), &put, &err), &err);
	assert_ok(mm_s3_get(client, "x", &got, &err), &err);
	assert_contains(got.body.p, "GET /oidc/x HTTP/1.1\r\n");
	assert_null(strstr(got.body.p, "If-None-Match"));
	assert_null(strstr(got.body.p, "Content-Length"));
}

static void a_store_that_hangs_or_drips_is_given_up_in_time(void **state)
{
	static const char *const keys[] = {"hang", "drip"};
	mm_auto(mm_s3_client) client = open_plain(NULL, 150);
	(void)state;

	for (size_t i = 0; i < MM_COUNT(keys); i++) {
		mm_auto_s3_answer got = {0};
		struct mm_err err = {0};

		assert_int_equal(mm_s3_get(client, keys[i], &got, &err), MM_ETIMEOUT);
		assert_contains(err.text, "http://127.0.0.1:");
		assert_contains(err.text, keys[i]);
	}
}

static void nobody_there_is_told(void **state)
{
	mm_auto(mm_s3_client) client = open_client("http://127.0.0.1:1/oidc", NULL, NULL, 2000);
	mm_auto_s3_answer got = {0};
	struct mm_err err = {0};
	(void)state;

	assert_fails(mm_s3_get(client, "x", &got, &err), MM_ENETWORK, &err);
}

static void a_redirect_is_an_answer(void **state)
{
	mm_auto(mm_s3_client) client = open_plain(NULL, 5000);
	mm_auto_s3_answer got = {0};
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_s3_get(client, "elsewhere", &got, &err), &err);
	assert_int_equal(got.status, 307);
	assert_int_equal(mm_s3_fail(client, &got, &err), MM_EREFUSED);
	assert_contains(err.text, "307 TemporaryRedirect; the bucket is in region eu-west-1, not in eu-central-1");
}

static void an_answer_without_end_is_cut(void **state)
{
	mm_auto(mm_s3_client) client = open_plain(NULL, 5000);
	mm_auto_s3_answer got = {0};
	struct mm_err err = {0};
	(void)state;

	assert_ok(mm_s3_get(client, "endless", &got, &err), &err);
	assert_true(got.cut);
	assert_int_equal(got.body.len, MM_S3_BODY_MAX);
	assert_int_equal(mm_s3_fail(client, &got, &err), MM_EREFUSED);
	assert_contains(err.text, "403 AccessDenied");
}

static void a_certificate_of_another_host_is_refused(void **state)
{
	char connect[64];
	mm_auto(mm_s3_client) client = NULL;
	mm_auto_s3_answer got = {0};
	struct mm_err err = {0};
	(void)state;

	snprintf(connect, sizeof connect, "127.0.0.1:%d", tls.port);
	client = open_client("https://other.s3.eu-central-1.amazonaws.com", connect, NULL, 5000);
	assert_fails(mm_s3_get(client, "x", &got, &err), MM_ENETWORK, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_is_addressed_by_its_own_host),
		cmocka_unit_test(all_headers_of_an_upload_are_signed),
		cmocka_unit_test(a_get_after_a_put_is_a_get),
		cmocka_unit_test(a_store_that_hangs_or_drips_is_given_up_in_time),
		cmocka_unit_test(nobody_there_is_told),
		cmocka_unit_test(a_redirect_is_an_answer),
		cmocka_unit_test(an_answer_without_end_is_cut),
		cmocka_unit_test(a_certificate_of_another_host_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
