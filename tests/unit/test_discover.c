/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/loopback.h"
#include "tests/unit/tokens.h"

#include <mintmark/document.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DOCUMENT(issuer, jwks_uri) "{\"issuer\":\"" issuer "\",\"jwks_uri\":\"" jwks_uri "\"}"

/* What the server has under /NAME/.well-known/openid-configuration; @ stands for its own URL. */
static const struct scenario {
	const char *name;
	const char *document;
} scenarios[] = {
	{"good", DOCUMENT("@/good", "@/keys")},
	{"slash", DOCUMENT("@/slash/", "@/keys")},
	{"elsewhere", DOCUMENT("@/elsewhere", "@/a/b/c?d=e")},
	{"other", DOCUMENT("https://accounts.example.com", "@/keys")},
	{"almost", DOCUMENT("@/almost/", "@/keys")},
	{"no-issuer", "{\"jwks_uri\":\"@/keys\"}"},
	{"issuer-number", "{\"issuer\":7,\"jwks_uri\":\"@/keys\"}"},
	{"no-jwks-uri", "{\"issuer\":\"@/no-jwks-uri\"}"},
	{"not-json", "<html>"},
	{"twice", "{\"issuer\":\"x\",\"issuer\":\"@/twice\",\"jwks_uri\":\"@/keys\"}"},
	{"plain-http", DOCUMENT("@/plain-http", "http://192.0.2.1/keys")},
	{"ftp", DOCUMENT("@/ftp", "ftp://127.0.0.1/keys")},
	{"file", DOCUMENT("@/file", "file:///etc/passwd")},
	{"downgrade", DOCUMENT("@/downgrade", "http://127.0.0.1:1/keys")},
	{"no-keys", DOCUMENT("@/no-keys", "@/missing")},
	{"bad-keys", DOCUMENT("@/bad-keys", "@/bad/.well-known/openid-configuration")},
	{"bad", "{\"keys\":7}"},
};

static char *keys; /* the JWKS, made before the server is started */

static void send_document(struct test_peer *peer, const char *text)
{
	mm_auto_buf body = {0};

	for (; *text; text++) {
		if (*text == '@')
			mm_buf_printf(&body, "%s://127.0.0.1:%d", peer->tls ? "https" : "http", peer->port);
		else
			mm_buf_add(&body, text, 1);
	}
	test_sendf(peer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", body.len, body.p);
}

static void answer(struct test_peer *peer, const char *request)
{
	for (size_t i = 0; i < MM_COUNT(scenarios); i++) {
		char line[128];

		snprintf(line, sizeof line, "GET /%s" MM_DISCOVERY_PATH " ", scenarios[i].name);
		if (strncmp(request, line, strlen(line)) == 0) {
			send_document(peer, scenarios[i].document);
			return;
		}
	}
	if (strncmp(request, "GET /keys ", 10) == 0 || strncmp(request, "GET /a/b/c?d=e ", 15) == 0)
		send_document(peer, keys);
	else
		test_sendf(peer, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

/* Each document takes longer than half of the time that there is for both, and less than all of it. */
enum { SLOW_ISSUER_MS = 600, SLOW_DEADLINE_MS = 1000 };

static void answer_slowly(struct test_peer *peer, const char *request)
{
	const struct timespec pause = {.tv_nsec = SLOW_ISSUER_MS * 1000000L};

	nanosleep(&pause, NULL);
	answer(peer, request);
}

static struct test_server server;

static int start(void **state)
{
	mm_auto_string jwk = test_jwk(test_shared_key("ES256", 0), "k1");
	mm_auto_buf text = {0};

	(void)state;
	mm_buf_printf(&text, "{\"keys\":[%s]}", jwk);
	keys = mm_buf_take(&text);
	test_server_start(&server, answer, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	test_server_stop(&server);
	free(keys);
	return 0;
}

/* `path` is what follows the server's own address. */
static enum mm_code discover(const char *path, struct mm_jwks **out, struct mm_err *err)
{
	char issuer[256];

	snprintf(issuer, sizeof issuer, "http://127.0.0.1:%d%s", server.port, path);
	return mm_jwks_discover(issuer, NULL, 0, out, err);
}

static void assert_found(const char *path)
{
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	assert_ok(discover(path, &jwks, &err), &err);
	assert_non_null(mm_jwks_find(jwks, mm_span_str("k1")));
}

static void assert_not_found(const char *path, enum mm_code code, const char *reason)
{
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	assert_int_equal(discover(path, &jwks, &err), code);
	assert_contains(err.text, reason);
	assert_null(jwks);
}

static void an_issuers_keys_are_found_from_its_url(void **state)
{
	(void)state;
	assert_found("/good");
}

static void jwks_uri_may_be_anywhere(void **state)
{
	(void)state;
	assert_found("/elsewhere");
}

static void a_slash_at_the_end_of_an_issuer_is_not_doubled(void **state)
{
	(void)state;
	assert_found("/slash/");
}

static void an_issuer_that_calls_itself_otherwise_is_refused(void **state)
{
	(void)state;
	assert_not_found("/other", MM_EREFUSED, "its issuer is \"https://accounts.example.com\"");
	assert_not_found("/almost", MM_EREFUSED, "/almost/\", not \"");
	assert_not_found("/good/", MM_EREFUSED, "/good\", not \"");
}

static void a_document_that_is_not_one_is_refused(void **state)
{
	(void)state;
	assert_not_found("/no-issuer", MM_EPARSE, "\"issuer\" is missing");
	assert_not_found("/issuer-number", MM_EPARSE, "\"issuer\" is missing");
	assert_not_found("/no-jwks-uri", MM_EPARSE, "\"jwks_uri\" is missing");
	assert_not_found("/not-json", MM_EPARSE, "JSON");
	assert_not_found("/twice", MM_EPARSE, "duplicate");
}

static void jwks_uri_must_be_https_or_loopback(void **state)
{
	(void)state;
	assert_not_found("/plain-http", MM_EREFUSED, "is not https");
	assert_not_found("/ftp", MM_EPARSE, "ftp://");
	assert_not_found("/file", MM_EPARSE, "file://");
}

static void the_message_names_the_url_that_failed(void **state)
{
	(void)state;
	assert_not_found("/nowhere", MM_ENOTFOUND, "/nowhere/.well-known/openid-configuration");
	assert_not_found("/no-keys", MM_ENOTFOUND, "/missing");
	assert_not_found("/bad-keys", MM_EPARSE, "/bad/");
	assert_not_found("/other", MM_EREFUSED, "/other/.well-known/openid-configuration");
}

static void an_issuer_must_be_an_url_without_query(void **state)
{
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_fails(mm_jwks_discover("oidc.example.com", NULL, 0, &jwks, &err), MM_EPARSE, &err);
	assert_fails(mm_jwks_discover("https://oidc.example.com/?a=b", NULL, 0, &jwks, &err), MM_EREFUSED, &err);
	assert_fails(mm_jwks_discover("http://oidc.example.com", NULL, 0, &jwks, &err), MM_EREFUSED, &err);
}

static void one_deadline_is_for_both_documents(void **state)
{
	mm_auto(mm_jwks) jwks = NULL;
	struct test_server slow;
	struct mm_err err = {0};
	enum mm_code code;
	char issuer[256];

	(void)state;
	test_server_start(&slow, answer_slowly, NULL);
	snprintf(issuer, sizeof issuer, "http://127.0.0.1:%d/good", slow.port);
	code = mm_jwks_discover(issuer, NULL, SLOW_DEADLINE_MS, &jwks, &err);
	test_server_stop(&slow);
	assert_int_equal(code, MM_ETIMEOUT);
}

/* As discover, from a server with TLS and a CA that only it has. */
static enum mm_code discover_secure(const char *path, struct mm_jwks **out, struct mm_err *err)
{
	struct test_dir dir;
	struct test_server secure;
	const struct test_server_options options = {.ca = &dir};
	char issuer[256], ca_file[300];
	enum mm_code code;

	test_dir_make(&dir);
	test_server_start(&secure, answer, &options);
	snprintf(ca_file, sizeof ca_file, "%s/ca.pem", dir.path);
	snprintf(issuer, sizeof issuer, "https://127.0.0.1:%d%s", secure.port, path);
	code = mm_jwks_discover(issuer, ca_file, 0, out, err);
	test_server_stop(&secure);
	test_dir_remove(&dir);
	return code;
}

static void an_issuer_on_https_may_have_a_private_ca(void **state)
{
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(discover_secure("/good", &jwks, &err), &err);
	assert_int_equal(mm_jwks_count(jwks), 1);
}

/* Loopback is ours: a stranger's document must not send us there without TLS. */
static void an_issuer_on_https_cannot_send_us_to_http(void **state)
{
	mm_auto(mm_jwks) jwks = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(discover_secure("/downgrade", &jwks, &err), MM_EREFUSED);
	assert_contains(err.text, "is not https");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_issuers_keys_are_found_from_its_url),
		cmocka_unit_test(jwks_uri_may_be_anywhere),
		cmocka_unit_test(a_slash_at_the_end_of_an_issuer_is_not_doubled),
		cmocka_unit_test(an_issuer_that_calls_itself_otherwise_is_refused),
		cmocka_unit_test(a_document_that_is_not_one_is_refused),
		cmocka_unit_test(jwks_uri_must_be_https_or_loopback),
		cmocka_unit_test(the_message_names_the_url_that_failed),
		cmocka_unit_test(an_issuer_must_be_an_url_without_query),
		cmocka_unit_test(one_deadline_is_for_both_documents),
		cmocka_unit_test(an_issuer_on_https_may_have_a_private_ca),
		cmocka_unit_test(an_issuer_on_https_cannot_send_us_to_http),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
