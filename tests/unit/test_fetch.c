/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/loopback.h"

#include <dlfcn.h>
#include <mintmark/fetch.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REDIRECT "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "

static struct test_dir dir;
static struct test_server server;
static int redirect_status = 302; /* of /hops; copied when the server starts */

static void say(struct test_peer *peer, int status, const char *body)
{
	test_sendf(peer, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
}

static void send_endlessly(struct test_peer *peer)
{
	char block[4096];

	memset(block, 'x', sizeof block);
	test_sendf(peer, "HTTP/1.1 200 OK\r\n\r\n");
	for (;;)
		test_send(peer, block, sizeof block);
}

static void drip(struct test_peer *peer)
{
	test_sendf(peer, "HTTP/1.1 200 OK\r\n\r\n");
	for (;;) {
		test_send(peer, "x", 1);
		usleep(20000);
	}
}

static void redirect_to_next(struct test_peer *peer, int left)
{
	if (left == 0)
		say(peer, 200, "arrived");
	else
		test_sendf(peer, "HTTP/1.1 %d X\r\nContent-Length: 4\r\nLocation: /hops/%d\r\n\r\nmore",
			   redirect_status, left - 1);
}

static void say_many_headers(struct test_peer *peer, int n)
{
	test_sendf(peer, "HTTP/1.1 200 OK\r\n");
	for (int i = 1; i < n; i++)
		test_sendf(peer, "X-%d: y\r\n", i);
	test_sendf(peer, "Content-Length: 0\r\n\r\n");
}

static void say_headers_endlessly(struct test_peer *peer)
{
	test_sendf(peer, "HTTP/1.1 200 OK\r\n");
	for (;;)
		test_sendf(peer, "X: %01000d\r\n", 0);
}

static void answer(struct test_peer *peer, const char *request)
{
	char path[256] = "";
	int number;

	(void)sscanf(request, "GET %255s", path);
	if (strcmp(path, "/ok") == 0)
		say(peer, 200, "hello");
	else if (strcmp(path, "/echo") == 0)
		say(peer, 200, request);
	else if (sscanf(path, "/status/%d", &number) == 1)
		say(peer, number, "a body");
	else if (sscanf(path, "/hops/%d", &number) == 1)
		redirect_to_next(peer, number);
	else if (strcmp(path, "/slow-hops") == 0) {
		usleep(150000);
		test_sendf(peer, REDIRECT "/slow-hops\r\n\r\n");
	} else if (strcmp(path, "/nowhere") == 0)
		test_sendf(peer, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
	else if (strcmp(path, "/other-host") == 0)
		test_sendf(peer, REDIRECT "http://localhost:%d/ok\r\n\r\n", peer->port);
	else if (strcmp(path, "/other-port") == 0)
		test_sendf(peer, REDIRECT "http://127.0.0.1:%d/ok\r\n\r\n", peer->port == 1 ? 2 : 1);
	else if (strcmp(path, "/other-scheme") == 0)
		test_sendf(peer, REDIRECT "https://127.0.0.1:%d/ok\r\n\r\n", peer->port);
	else if (strcmp(path, "/to-file") == 0)
		test_sendf(peer, REDIRECT "file:///etc/passwd\r\n\r\n");
	else if (strcmp(path, "/to-user") == 0)
		test_sendf(peer, REDIRECT "http://user:password@127.0.0.1:%d/ok\r\n\r\n", peer->port);
	else if (strcmp(path, "/cookie") == 0)
		test_sendf(peer,
			   "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\nLocation: /echo\r\n\r\n");
	else if (strcmp(path, "/gzip") == 0)
		test_sendf(peer, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nraw");
	else if (strcmp(path, "/short") == 0)
		test_sendf(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut");
	else if (strcmp(path, "/endless") == 0)
		send_endlessly(peer);
	else if (strcmp(path, "/drip") == 0)
		drip(peer);
	else if (strcmp(path, "/hang") == 0)
		pause();
	else if (strcmp(path, "/garbage") == 0)
		test_sendf(peer, "hello\r\n\r\n");
	else if (strcmp(path, "/headed") == 0)
		test_sendf(peer, "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
				 "HTTP/1.1 418 X\r\nContent-Type: text/html\r\nX-A:  one \r\nx-a: two\r\n"
				 "Content-Length: 3\r\n\r\ntea");
	else if (sscanf(path, "/headers/%d", &number) == 1)
		say_many_headers(peer, number);
	else if (strcmp(path, "/endless-head") == 0)
		say_headers_endlessly(peer);
}

static int start_plain(void **state)
{
	(void)state;
	test_dir_make(&dir);
	test_server_start(&server, answer, NULL);
	return 0;
}

static int start_tls(void **state)
{
	(void)state;
	test_dir_make(&dir);
	test_server_start(&server, answer, &(struct test_server_options){.ca = &dir});
	return 0;
}

static int start_tls_of_another_name(void **state)
{
	(void)state;
	test_dir_make(&dir);
	test_server_start(&server, answer, &(struct test_server_options){.ca = &dir, .san = "DNS:example.com"});
	return 0;
}

static int start_tls_1_1(void **state)
{
	(void)state;
	test_dir_make(&dir);
	test_server_start(&server, answer, &(struct test_server_options){.ca = &dir, .tls_max = TLS1_1_VERSION});
	return 0;
}

static int stop(void **state)
{
	(void)state;
	test_server_stop(&server);
	test_dir_remove(&dir);
	return 0;
}

static const char *url_of(const char *scheme, const char *path)
{
	static char url[256];

	snprintf(url, sizeof url, "%s://127.0.0.1:%d%s", scheme, server.port, path);
	return url;
}

static enum mm_code fetch(const char *path, struct mm_buf *out, struct mm_err *err)
{
	return mm_fetch(url_of("http", path), NULL, out, err);
}

/* https, with the test's CA. */
static enum mm_code fetch_tls(const char *path, struct mm_buf *out, struct mm_err *err)
{
	char ca_file[512];

	snprintf(ca_file, sizeof ca_file, "%s/ca.pem", dir.path);
	return mm_fetch(url_of("https", path), &(struct mm_fetch_options){.ca_file = ca_file}, out, err);
}

/* A failure names the URL and the reason, and leaves the buffer alone. */
static void assert_fetch_fails(const char *path, const struct mm_fetch_options *options, enum mm_code code,
			       const char *reason)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	mm_buf_add_str(&out, "before");
	assert_int_equal(mm_fetch(url_of("http", path), options, &out, &err), code);
	assert_int_equal(err.code, code);
	assert_contains(err.text, url_of("http", path));
	assert_contains(err.text, reason);
	assert_string_equal(out.p, "before");
}

static void a_document_is_fetched_and_appended(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	mm_buf_add_str(&out, "before ");
	assert_ok(fetch("/ok", &out, &err), &err);
	assert_string_equal(out.p, "before hello");
}

static void nothing_but_the_request_is_sent(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	char expected[256];

	(void)state;
	assert_ok(fetch("/cookie", &out, &err), &err);
	snprintf(expected, sizeof expected,
		 "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: mintmark\r\nAccept: */*\r\n\r\n",
		 server.port);
	assert_string_equal(out.p, expected);
}

static void proxies_in_the_environment_are_ignored(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert_ok(fetch("/ok", &out, &err), &err);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

static void statuses_other_than_200_are_failures(void **state)
{
	(void)state;
	assert_fetch_fails("/status/404", NULL, MM_ENOTFOUND, "404");
	assert_fetch_fails("/status/500", NULL, MM_ENETWORK, "500");
	assert_fetch_fails("/status/403", NULL, MM_ENETWORK, "403");
	assert_fetch_fails("/status/201", NULL, MM_ENETWORK, "201");
	assert_fetch_fails("/status/304", NULL, MM_ENETWORK, "304");
}

static void three_redirects_are_followed_and_a_fourth_is_not(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_ok(fetch("/hops/3", &out, &err), &err);
	assert_string_equal(out.p, "arrived");
	assert_fetch_fails("/hops/4", NULL, MM_ENETWORK, "more than 3 redirects");
}

static void every_status_that_redirects_is_followed(void **state)
{
	static const int statuses[] = {301, 302, 303, 307, 308};

	for (size_t i = 0; i < MM_COUNT(statuses); i++) {
		struct mm_err err = {0};
		mm_auto_buf out = {0};

		redirect_status = statuses[i];
		start_plain(state);
		assert_ok(fetch("/hops/1", &out, &err), &err);
		assert_string_equal(out.p, "arrived");
		stop(state);
	}
	redirect_status = 302;
}

static void redirects_stay_at_scheme_host_and_port(void **state)
{
	(void)state;
	assert_fetch_fails("/other-host", NULL, MM_ENETWORK, "another host");
	assert_fetch_fails("/other-port", NULL, MM_ENETWORK, "another host");
	assert_fetch_fails("/other-scheme", NULL, MM_ENETWORK, "another host");
	assert_fetch_fails("/to-file", NULL, MM_ENETWORK, "redirect");
	assert_fetch_fails("/to-user", NULL, MM_ENETWORK, "redirect");
	assert_fetch_fails("/nowhere", NULL, MM_ENETWORK, "redirect");
}

static void the_limit_is_kept_to_the_byte(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_ok(mm_fetch(url_of("http", "/ok"), &(struct mm_fetch_options){.max_len = 5}, &out, &err), &err);
	assert_fetch_fails("/ok", &(struct mm_fetch_options){.max_len = 4}, MM_ELIMIT, "4 bytes");
}

static void an_endless_body_is_the_limit(void **state)
{
	(void)state;
	assert_fetch_fails("/endless", NULL, MM_ELIMIT, "524288");
}

static void the_deadline_is_for_everything_together(void **state)
{
	const struct mm_fetch_options options = {.timeout_ms = 300};

	(void)state;
	assert_fetch_fails("/hang", &options, MM_ETIMEOUT, "");
	assert_fetch_fails("/drip", &options, MM_ETIMEOUT, "");
	assert_fetch_fails("/slow-hops", &options, MM_ETIMEOUT, "");
}

static void a_body_is_not_decompressed(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_ok(fetch("/gzip", &out, &err), &err);
	assert_string_equal(out.p, "raw");
}

static void a_body_cut_short_is_a_failure(void **state)
{
	(void)state;
	assert_fetch_fails("/short", NULL, MM_ENETWORK, "");
}

static void what_is_no_http_is_a_failure(void **state)
{
	(void)state;
	assert_fetch_fails("/garbage", NULL, MM_ENETWORK, "");
	assert_fetch_fails("/nothing", NULL, MM_ENETWORK, "");
}

static void nobody_listening_is_a_failure(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_int_equal(mm_fetch("http://127.0.0.1:1/x", NULL, &out, &err), MM_ENETWORK);
	assert_contains(err.text, "http://127.0.0.1:1/x: ");
}

static void plain_http_is_for_loopback_alone(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_int_equal(mm_fetch("http://192.0.2.1/x", NULL, &out, &err), MM_EREFUSED);
	assert_contains(err.text, "http://192.0.2.1/x: ");
	assert_contains(err.text, "https");
}

static void what_is_no_url_is_refused(void **state)
{
	static const char *const urls[] = {"file:///etc/passwd", "gopher://127.0.0.1/", "127.0.0.1", "https://a@b/"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(urls); i++) {
		struct mm_err err = {0};
		mm_auto_buf out = {0};

		assert_fails(mm_fetch(urls[i], NULL, &out, &err), MM_EPARSE, &err);
	}
}

static void https_with_the_right_ca_and_name_is_trusted(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_ok(fetch_tls("/hops/2", &out, &err), &err);
	assert_string_equal(out.p, "arrived");
}

static void a_ca_that_the_system_does_not_know_is_refused(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_int_equal(mm_fetch(url_of("https", "/ok"), NULL, &out, &err), MM_ENETWORK);
	assert_contains(err.text, "certificate");
}

static void the_environment_can_name_the_authorities_of_the_system(void **state)
{
	char ca_file[512];
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	enum mm_code code;

	(void)state;
	snprintf(ca_file, sizeof ca_file, "%s/ca.pem", dir.path);
	setenv("SSL_CERT_FILE", ca_file, 1);
	code = mm_fetch(url_of("https", "/ok"), NULL, &out, &err);
	unsetenv("SSL_CERT_FILE");
	assert_ok(code, &err);
}

static void a_certificate_for_another_name_is_refused(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_int_equal(fetch_tls("/ok", &out, &err), MM_ENETWORK);
	assert_contains(err.text, "127.0.0.1");
	assert_contains(err.text, "certificate");
}

static void tls_1_1_is_refused(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};

	(void)state;
	assert_int_equal(fetch_tls("/ok", &out, &err), MM_ENETWORK);
	assert_contains(err.text, "protocol version");
}

static void a_ca_file_that_is_missing_is_a_failure(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	const struct mm_fetch_options options = {.ca_file = "/nonexistent/ca.pem"};

	(void)state;
	assert_int_equal(mm_fetch(url_of("https", "/ok"), &options, &out, &err), MM_ENETWORK);
	assert_contains(err.text, "/nonexistent/ca.pem");
}

static void every_status_is_an_answer_to_look_at(void **state)
{
	mm_auto_fetched found = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_fetch_look(url_of("http", "/headed"), NULL, &found, &err), &err);
	assert_int_equal(found.status, 418);
	assert_string_equal(found.body.p, "tea");
	assert_string_equal(found.url, url_of("http", "/headed"));
	assert_int_equal(found.redirects, 0);
}

static void headers_of_the_last_answer_are_kept_in_their_order(void **state)
{
	static const char *const names[] = {"content-type", "x-a", "x-a", "content-length"};
	static const char *const values[] = {"text/html", "one", "two", "3"};
	mm_auto_fetched found = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_fetch_look(url_of("http", "/headed"), NULL, &found, &err), &err);
	assert_int_equal(found.headers.names.n, MM_COUNT(names));
	assert_int_equal(found.headers.values.n, MM_COUNT(names));
	for (size_t i = 0; i < MM_COUNT(names); i++) {
		assert_string_equal(found.headers.names.v[i], names[i]);
		assert_string_equal(found.headers.values.v[i], values[i]);
	}
	assert_string_equal(mm_fetched_header(&found, "x-a"), "one");
	assert_null(mm_fetched_header(&found, "x-early"));
}

static void redirects_are_counted_and_the_last_url_is_told(void **state)
{
	mm_auto_fetched found = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_fetch_look(url_of("http", "/hops/2"), NULL, &found, &err), &err);
	assert_int_equal(found.status, 200);
	assert_int_equal(found.redirects, 2);
	assert_string_equal(found.url, url_of("http", "/hops/0"));
	assert_null(mm_fetched_header(&found, "location"));
	assert_string_equal(found.body.p, "arrived");
}

static void a_failure_leaves_what_came_before_it(void **state)
{
	mm_auto_fetched away = {0}, cut = {0};
	struct mm_err err = {0};

	(void)state;
	assert_fails(mm_fetch_look(url_of("http", "/other-port"), NULL, &away, &err), MM_ENETWORK, &err);
	assert_int_equal(away.status, 302);
	assert_non_null(mm_fetched_header(&away, "location"));
	assert_fails(mm_fetch_look(url_of("http", "/short"), NULL, &cut, &err), MM_ENETWORK, &err);
	assert_int_equal(cut.status, 200);
	assert_string_equal(cut.body.p, "cut");
	assert_string_equal(mm_fetched_header(&cut, "content-length"), "100");
}

static void headers_have_limits(void **state)
{
	mm_auto_fetched found = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_fetch_look(url_of("http", "/headers/100"), NULL, &found, &err), &err);
	assert_int_equal(found.headers.names.n, 100);
	assert_fetch_fails("/headers/101", NULL, MM_ELIMIT, "100 headers");
	assert_fetch_fails("/endless-head", NULL, MM_ELIMIT, "65536 bytes");
}

/* Fetches what the server was sent for http://localhost:PORT, by way of `connect`: the name is the URL's. */
static void assert_reached(int port, const char *connect)
{
	const struct mm_fetch_options options = {.connect = connect};
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	char url[64], expected[64];

	snprintf(url, sizeof url, "http://localhost:%d/echo", port);
	snprintf(expected, sizeof expected, "\r\nHost: localhost:%d\r\n", port);
	assert_ok(mm_fetch(url, &options, &out, &err), &err);
	assert_contains(out.p, expected);
}

static void another_place_can_be_connected_to_under_the_name(void **state)
{
	char connect[64];

	(void)state;
	snprintf(connect, sizeof connect, "127.0.0.1:%d", server.port);
	assert_reached(7, connect);
	assert_reached(server.port, "127.0.0.1");
}

static void a_place_that_is_none_is_refused(void **state)
{
	struct mm_err err = {0};
	mm_auto_buf out = {0};
	const struct mm_fetch_options options = {.connect = "127.0.0.1:x"};

	(void)state;
	assert_fails(mm_fetch("http://127.0.0.1:1/", &options, &out, &err), MM_EPARSE, &err);
}

static void what_is_only_looked_at_need_not_be_trusted(void **state)
{
	const struct mm_fetch_options options = {.unverified = true};
	mm_auto_fetched found = {0};
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_fetch_look(url_of("https", "/ok"), &options, &found, &err), &err);
	assert_string_equal(found.body.p, "hello");
}

/* getaddrinfo of libcurl's resolver thread: the executable's stands before libc's. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;

	if (strcmp(name, "slow.test") == 0) {
		sleep(20);
		return EAI_AGAIN;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(name, service, hints, out);
}

static void the_deadline_holds_while_a_name_is_resolved(void **state)
{
	const struct mm_fetch_options options = {.timeout_ms = 200};
	mm_auto_fetched found = {0};
	struct mm_err err = {0};

	(void)state;
	assert_int_equal(mm_fetch_look("https://slow.test/", &options, &found, &err), MM_ETIMEOUT);
	assert_contains(err.text, "Resolving timed out");
	assert_true(found.elapsed_ms < 10000);
}

#define PLAIN(f) cmocka_unit_test_setup_teardown(f, start_plain, stop)
#define TLS(f)   cmocka_unit_test_setup_teardown(f, start_tls, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAIN(a_document_is_fetched_and_appended),
		PLAIN(nothing_but_the_request_is_sent),
		PLAIN(proxies_in_the_environment_are_ignored),
		PLAIN(statuses_other_than_200_are_failures),
		PLAIN(three_redirects_are_followed_and_a_fourth_is_not),
		cmocka_unit_test(every_status_that_redirects_is_followed),
		PLAIN(redirects_stay_at_scheme_host_and_port),
		PLAIN(the_limit_is_kept_to_the_byte),
		PLAIN(an_endless_body_is_the_limit),
		PLAIN(the_deadline_is_for_everything_together),
		PLAIN(a_body_is_not_decompressed),
		PLAIN(a_body_cut_short_is_a_failure),
		PLAIN(what_is_no_http_is_a_failure),
		cmocka_unit_test(nobody_listening_is_a_failure),
		cmocka_unit_test(plain_http_is_for_loopback_alone),
		cmocka_unit_test(what_is_no_url_is_refused),
		TLS(https_with_the_right_ca_and_name_is_trusted),
		TLS(a_ca_that_the_system_does_not_know_is_refused),
		TLS(the_environment_can_name_the_authorities_of_the_system),
		cmocka_unit_test_setup_teardown(a_certificate_for_another_name_is_refused, start_tls_of_another_name,
						stop),
		cmocka_unit_test_setup_teardown(tls_1_1_is_refused, start_tls_1_1, stop),
		TLS(a_ca_file_that_is_missing_is_a_failure),
		PLAIN(every_status_is_an_answer_to_look_at),
		PLAIN(headers_of_the_last_answer_are_kept_in_their_order),
		PLAIN(redirects_are_counted_and_the_last_url_is_told),
		PLAIN(a_failure_leaves_what_came_before_it),
		PLAIN(headers_have_limits),
		PLAIN(another_place_can_be_connected_to_under_the_name),
		cmocka_unit_test(a_place_that_is_none_is_refused),
		TLS(what_is_only_looked_at_need_not_be_trusted),
		cmocka_unit_test(the_deadline_holds_while_a_name_is_resolved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
