/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/url.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void an_https_url_has_its_parts(void **state)
{
	struct mm_err err = {0};
	mm_auto(mm_url) url = NULL;

	(void)state;
	assert_ok(mm_url_parse("https://OIDC.Example.com:8443/id/pr%2fod?a=b/?c&d", &url, &err), &err);
	assert_true(url->https);
	assert_string_equal(url->host, "oidc.example.com");
	assert_int_equal(url->port, 8443);
	assert_true(url->port_explicit);
	assert_string_equal(url->path, "/id/pr%2fod");
	assert_string_equal(url->query, "a=b/?c&d");
}

static void ports_have_defaults(void **state)
{
	static const struct {
		const char *text;
		int port;
		bool explicit;
	} cases[] = {
		{"https://h", 443, false},    {"http://h", 80, false},  {"https://h/", 443, false},
		{"https://h:443", 443, true}, {"http://h:1/", 1, true}, {"https://h:65535", 65535, true},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_auto(mm_url) url = NULL;

		assert_ok(mm_url_parse(cases[i].text, &url, &err), &err);
		assert_int_equal(url->port, cases[i].port);
		assert_int_equal(url->port_explicit, cases[i].explicit);
	}
}

static void an_absent_path_is_empty_and_an_absent_query_null(void **state)
{
	static const char *const cases[][3] = {
		{"https://h", "", NULL}, {"https://h/", "/", NULL}, {"https://h?q", "", "q"}, {"https://h/?", "/", ""}};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_auto(mm_url) url = NULL;

		assert_ok(mm_url_parse(cases[i][0], &url, &err), &err);
		assert_string_equal(url->path, cases[i][1]);
		if (cases[i][2])
			assert_string_equal(url->query, cases[i][2]);
		else
			assert_null(url->query);
	}
}

static void addresses_are_hosts(void **state)
{
	static const char *const cases[][2] = {
		{"http://127.0.0.1:80/", "127.0.0.1"},
		{"https://[::1]/", "::1"},
		{"https://[2001:DB8::1]:8443", "2001:db8::1"},
		{"https://a-b.c_d.example", "a-b.c_d.example"},
		{"https://localhost", "localhost"},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_auto(mm_url) url = NULL;

		assert_ok(mm_url_parse(cases[i][0], &url, &err), &err);
		assert_string_equal(url->host, cases[i][1]);
	}
}

static void every_letter_and_digit_may_stand_in_host_path_and_query(void **state)
{
	static const char letters[] = "AZaz09-_";
	static const char hex[] = "%00%99%aa%ff%AA%FF";
	struct mm_err err = {0};
	mm_auto(mm_url) url = NULL;
	char text[128];

	(void)state;
	snprintf(text, sizeof text, "https://%s.x:1239/%s?%s%s", letters, hex, letters, hex);
	assert_ok(mm_url_parse(text, &url, &err), &err);
	assert_string_equal(url->host, "azaz09-_.x");
	assert_int_equal(url->port, 1239);
	assert_string_equal(url->path + 1, hex);
	assert_string_equal(url->query, "AZaz09-_%00%99%aa%ff%AA%FF");
}

static void what_two_readers_could_read_in_two_ways_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"h",
		"//h/",
		"ftp://h/",
		"file:///etc/passwd",
		"https:/h",
		"https:h",
		"https://",
		"https:///h",
		" https://h",
		"https://h ",
		"https://h/a b",
		"https://h\n",
		"https://h/\t",
		"https://h/\"",
		"https://h/<>",
		"https://h/\\x",
		"https://h\\@evil",
		"https://user@h/",
		"https://user:password@h/",
		"https://h:80@evil/",
		"https://@h/",
		"https://h/#",
		"https://h#fragment",
		"https://h?q#f",
		"https://h:",
		"https://h:/",
		"https://h:0/",
		"https://h:65536",
		"https://h:080000",
		"https://h:8o/",
		"https://h:+80/",
		"https://h:-1/",
		"https://h:80:80/",
		"https://h:0443/",
		"https://.h/",
		"https://h./",
		"https://a..b/",
		"https://h%2e/",
		"https://%6cocalhost/",
		"https://h\xc3\xa9/",
		"https://h/\xc3\xa9",
		"https://h/%",
		"https://h/%4",
		"https://h/%zz",
		"https://127.1/",
		"https://0x7f.1/",
		"https://0177.0.0.1/",
		"https://2130706433/",
		"https://1.2.3.4.5/",
		"https://a.9/",
		"https://a.0x/",
		"https://256.1.1.1/",
		"https://127.0.0.01/",
		"https://[::1/",
		"https://[::1]x/",
		"https://::1/",
		"https://[127.0.0.1]/",
		"https://[fe80::1%25eth0]/",
		"https://[]/",
		"https://[::1]:x/",
		"https://h/[a]",
		"https://*.example.com/",
		"https://h,i/",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		struct mm_url *url = NULL;

		if (mm_url_parse(cases[i], &url, &err) != MM_EPARSE)
			fail_msg("\"%s\" is not refused", cases[i]);
		assert_contains(err.text, "URL \"");
		assert_null(url);
	}
}

static void loopback_hosts_are_127_1_and_localhost(void **state)
{
	static const char *const good[] = {"127.0.0.1",       "127.255.255.254", "::1",
					   "0:0:0:0:0:0:0:1", "localhost",       "LocalHost"};
	static const char *const bad[] = {"128.0.0.1",
					  "0.0.0.0",
					  "10.0.0.1",
					  "::",
					  "::2",
					  "127.1",
					  "localhost.evil.example",
					  "127.0.0.1.evil.example",
					  "",
					  "[::1]",
					  "localhost.",
					  "::ffff:10.0.0.1"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(good); i++)
		assert_true(mm_host_is_loopback(good[i]));
	for (size_t i = 0; i < MM_COUNT(bad); i++)
		assert_false(mm_host_is_loopback(bad[i]));
}

static void hostports_are_split(void **state)
{
	static const struct {
		const char *text, *host;
		int port;
	} cases[] = {
		{"0.0.0.0:8443", "0.0.0.0", 8443}, {"[::1]:0", "::1", 0},         {"[::]:65535", "::", 65535},
		{"localhost:80", "localhost", 80}, {"Host-1.x:1", "Host-1.x", 1},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_auto_string host = NULL;
		int port = -1;

		assert_ok(mm_hostport_parse(cases[i].text, &host, &port, &err), &err);
		assert_string_equal(host, cases[i].host);
		assert_int_equal(port, cases[i].port);
	}
}

static void what_is_no_hostport_is_refused(void **state)
{
	static const char *const cases[] = {"",         ":80",    "h",        "h:",    "h:http",      "h:65536",
					    "h:-1",     "h: 80",  "h:80 ",    " h:80", "::1:80",      "[::1]",
					    "[::1]80",  "[::1]:", "[h]:80",   "h:80/", "http://h:80", "u@h:80",
					    "127.1:80", "h\n:80", "h:000080", "h:080", "h:00"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		char *host = NULL;
		int port;

		if (mm_hostport_parse(cases[i], &host, &port, &err) != MM_EPARSE)
			fail_msg("\"%s\" is not refused", cases[i]);
		assert_null(host);
		assert_string_not_equal(err.text, "");
	}
}

static void a_place_to_connect_to_may_leave_its_port_off(void **state)
{
	static const struct {
		const char *text, *host;
		int port;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1", 443},     {"192.0.2.1:1", "192.0.2.1", 1},
		{"2001:db8::1", "2001:db8::1", 443}, {"[2001:DB8::1]", "2001:db8::1", 443},
		{"[::1]:65535", "::1", 65535},       {"OIDC.Example.com", "oidc.example.com", 443},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		mm_auto_string host = NULL;
		int port = -1;

		assert_ok(mm_host_parse(cases[i].text, 443, &host, &port, &err), &err);
		assert_string_equal(host, cases[i].host);
		assert_int_equal(port, cases[i].port);
	}
}

static void what_is_no_place_to_connect_to_is_refused(void **state)
{
	static const char *const cases[] = {"",      ":80",  "h:",      "h:0", "h:http", "h:65536",
					    "h:080", "[::1", "[::1]80", "h/x", "u@h",    "h h"};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(cases); i++) {
		struct mm_err err = {0};
		char *host = NULL;
		int port;

		if (mm_host_parse(cases[i], 443, &host, &port, &err) != MM_EPARSE)
			fail_msg("\"%s\" is not refused", cases[i]);
		assert_null(host);
		assert_string_not_equal(err.text, "");
	}
}

static void an_origin_is_scheme_host_and_port(void **state)
{
	static const struct {
		const char *other;
		bool same;
	} rows[] = {
		{"https://a.example.com", true},       {"https://A.example.com:443/other?q", true},
		{"http://a.example.com", false},       {"http://a.example.com:443/path", false},
		{"https://b.example.com/path", false}, {"https://a.example.com:8443/path", false},
	};
	mm_auto(mm_url) url = NULL;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_url_parse("https://a.example.com/path", &url, &err), &err);
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto(mm_url) other = NULL;

		assert_ok(mm_url_parse(rows[i].other, &other, &err), &err);
		if (mm_url_same_origin(url, other) != rows[i].same)
			fail_msg("%s", rows[i].other);
	}
}

static void case_is_looked_at_in_scheme_and_host_alone(void **state)
{
	(void)state;
	assert_true(mm_url_has_upper_case("Https://a.example.com"));
	assert_true(mm_url_has_upper_case("https://a.example.coM"));
	assert_true(mm_url_has_upper_case("https://A?q"));
	assert_false(mm_url_has_upper_case("https://a.example.com/Path"));
	assert_false(mm_url_has_upper_case("https://a.example.com?Query"));
}

static void addresses_are_told_from_names(void **state)
{
	(void)state;
	assert_true(mm_host_is_address("192.0.2.1"));
	assert_true(mm_host_is_address("2001:db8::1"));
	assert_false(mm_host_is_address("[2001:db8::1]"));
	assert_false(mm_host_is_address("192.0.2"));
	assert_false(mm_host_is_address("localhost"));
}

static void addresses_of_ipv6_are_added_in_brackets(void **state)
{
	mm_auto_buf out = {0};

	(void)state;
	mm_host_add(&out, "a.example.com");
	mm_host_add(&out, "192.0.2.1");
	mm_host_add(&out, "2001:db8::1");
	assert_string_equal(out.p, "a.example.com192.0.2.1[2001:db8::1]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_https_url_has_its_parts),
		cmocka_unit_test(ports_have_defaults),
		cmocka_unit_test(an_absent_path_is_empty_and_an_absent_query_null),
		cmocka_unit_test(addresses_are_hosts),
		cmocka_unit_test(every_letter_and_digit_may_stand_in_host_path_and_query),
		cmocka_unit_test(what_two_readers_could_read_in_two_ways_is_refused),
		cmocka_unit_test(loopback_hosts_are_127_1_and_localhost),
		cmocka_unit_test(hostports_are_split),
		cmocka_unit_test(what_is_no_hostport_is_refused),
		cmocka_unit_test(a_place_to_connect_to_may_leave_its_port_off),
		cmocka_unit_test(what_is_no_place_to_connect_to_is_refused),
		cmocka_unit_test(an_origin_is_scheme_host_and_port),
		cmocka_unit_test(case_is_looked_at_in_scheme_and_host_alone),
		cmocka_unit_test(addresses_are_told_from_names),
		cmocka_unit_test(addresses_of_ipv6_are_added_in_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
