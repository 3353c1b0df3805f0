/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include "tests/unit/written.h"

#define ISSUER "issuer: https://h.example\n"

static void accept(const char *text)
{
	mm_auto(mm_config) config = written_parse(text);

	assert_non_null(config);
}

static void refuse(const char *text, const char *part)
{
	written_parse_refuse(text, part);
}

static void default_lifetime_fits_into_the_longest(void **state)
{
	(void)state;

	accept(ISSUER "tokens: {default_ttl: 2h, max_ttl: 2h}\n");
	refuse(ISSUER "tokens:\n  max_ttl: 2h\n  default_ttl: 3h\n",
	       "f.yaml:4: tokens.default_ttl: default_ttl is 3h, max_ttl is 2h");
}

/* One of the two is at its default: the line is that of the other. */
static void default_lifetime_that_was_not_written_is_told_too(void **state)
{
	(void)state;

	refuse(ISSUER "tokens: {max_ttl: 30m}\n", "f.yaml:2: tokens.max_ttl: default_ttl is 1h, max_ttl is 30m");
}

static void certificate_and_key_come_together(void **state)
{
	(void)state;

	accept(ISSUER "tls: {certificate: c, key: k}\n");
	accept(ISSUER "tls:\n");
	refuse(ISSUER "tls: {certificate: c}\n", "f.yaml:2: tls.certificate: one of certificate and key is missing");
	refuse(ISSUER "tls:\n  key: k\n", "f.yaml:3: tls.key: one of certificate and key is missing");
}

static void tls_is_for_https_issuers(void **state)
{
	(void)state;

	refuse("issuer: http://127.0.0.1:8080\ntls: {certificate: c, key: k}\n", "the issuer is http");
}

/* With SO_REUSEPORT the kernel would let both listen there. */
static void listeners_have_ports_of_their_own(void **state)
{
	(void)state;

	accept(ISSUER "listen: {public: '0.0.0.0:8444', admin: off}\n");
	accept(ISSUER "listen: {public: '127.0.0.1:0', admin: '127.0.0.1:0'}\n");
	refuse(ISSUER "listen: {public: '0.0.0.0:8444'}\n",
	       "f.yaml:2: listen.public: public and admin have the same port");
	refuse(ISSUER "listen: {admin: '127.0.0.1:8443'}\n",
	       "f.yaml:2: listen.admin: public and admin have the same port");
}

static void a_socket_or_no_admin_listener_shares_no_port(void **state)
{
	(void)state;

	accept(ISSUER "listen: {admin: 'unix:/run/mintmark.sock'}\n");
	accept(ISSUER "listen: {public: '127.0.0.1:8444', admin: 'unix:/run/mintmark.sock'}\n");
}

/* Callers send their credentials there. */
static void the_admin_listener_leaves_the_host_with_tls_alone(void **state)
{
	static const char *const beyond[] = {"0.0.0.0:8444", "[::]:8444", "192.0.2.1:8444", "host.example:8444"};
	(void)state;

	accept(ISSUER "listen: {admin: '[::1]:8444'}\n");
	accept(ISSUER "listen: {admin: 'localhost:8444'}\n");
	for (size_t i = 0; i < MM_COUNT(beyond); i++) {
		mm_auto_buf text = {0};

		mm_buf_printf(&text, ISSUER "listen:\n  admin: '%s'\n", beyond[i]);
		refuse(text.p, "f.yaml:3: listen.admin: credentials would leave the host in the clear; accepted: a "
			       "loopback address, unix:/ABSOLUTE/PATH, or tls.certificate and tls.key too");
		mm_buf_add_str(&text, "tls: {certificate: c, key: k}\n");
		accept(text.p);
	}
}

static void certificates_of_clients_need_tls_and_a_revocation_list_an_authority(void **state)
{
	(void)state;

	accept(ISSUER "tls: {certificate: c, key: k}\ncallers: {client_ca: a, client_crl: r}\n");
	accept(ISSUER "callers: {tokens: t}\n");
	refuse(ISSUER "callers:\n  client_ca: a\n",
	       "f.yaml:3: callers.client_ca: over plain HTTP nobody can show a certificate; accepted: tls.certificate "
	       "and tls.key too, or no client_ca");
	refuse(ISSUER "tls: {certificate: c, key: k}\ncallers:\n  client_crl: r\n",
	       "f.yaml:4: callers.client_crl: without client_ca nobody has a certificate that it could revoke; "
	       "accepted: "
	       "both, or no client_crl");
}

static void one_algorithm_or_several_but_not_both(void **state)
{
	(void)state;

	accept(ISSUER "keys: {algorithm: ES256}\n");
	accept(ISSUER "keys: {algorithms: [ES256, RS256]}\n");
	refuse(ISSUER "keys:\n  algorithm: ES256\n  algorithms: [ES256]\n",
	       "f.yaml:4: keys.algorithms: keys.algorithm stands in line 3; accepted: one of the two");
	refuse(ISSUER "keys:\n  algorithms: [ES256]\n  algorithm: ES256\n",
	       "f.yaml:4: keys.algorithm: keys.algorithms stands in line 3; accepted: one of the two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_lifetime_fits_into_the_longest),
		cmocka_unit_test(default_lifetime_that_was_not_written_is_told_too),
		cmocka_unit_test(certificate_and_key_come_together),
		cmocka_unit_test(tls_is_for_https_issuers),
		cmocka_unit_test(listeners_have_ports_of_their_own),
		cmocka_unit_test(a_socket_or_no_admin_listener_shares_no_port),
		cmocka_unit_test(the_admin_listener_leaves_the_host_with_tls_alone),
		cmocka_unit_test(certificates_of_clients_need_tls_and_a_revocation_list_an_authority),
		cmocka_unit_test(one_algorithm_or_several_but_not_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
