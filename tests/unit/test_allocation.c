/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation failure is an error like any other: every allocation of base's own, of conf's, and of what knows callers is
 * made to fail in turn. The linker puts the functions below in the place of libc's (--wrap, see Makefile.am) for the code of this
 * program.
 */
#include "tests/unit/certificates.h"
#include "tests/unit/tokenworld.h"

#include <errno.h>
#include <fcntl.h>
#include <mintmark/base64url.h>
#include <mintmark/callers.h>
#include <mintmark/config.h>
#include <mintmark/file.h>
#include <mintmark/json.h>
#include <mintmark/kubeapi.h>
#include <mintmark/log.h>
#include <mintmark/metrics.h>
#include <mintmark/thumbprint.h>
#include <mintmark/url.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int calls_until_failure; /* 0 = none fails */

static bool fails(void)
{
	if (calls_until_failure == 0 || --calls_until_failure > 0)
		return false;
	errno = ENOMEM;
	return true;
}

#define WRAP(result, name, parameters, arguments)                                                                      \
	result __real_##name parameters;                                                                               \
	result __wrap_##name parameters;                                                                               \
	result __wrap_##name parameters                                                                                \
	{                                                                                                              \
		return fails() ? NULL : __real_##name arguments;                                                       \
	}

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t n, size_t size), (n, size))
WRAP(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(char *, strndup, (const char *text, size_t len), (text, len))

typedef enum mm_code operation(struct mm_err *err);

/*
 * Lets each allocation of `run` fail until it gets through: each failure must be MM_ENOMEM, and there must have been
 * `at_least` of them.
 */
static void assert_each_failure_is_told(operation *run, int at_least)
{
	for (int at = 1;; at++) {
		struct mm_err err = {0};
		enum mm_code code;
		bool reached;

		calls_until_failure = at;
		code = run(&err);
		reached = calls_until_failure == 0;
		calls_until_failure = 0;
		if (!reached) {
			assert_ok(code, &err);
			assert_true(at > at_least);
			return;
		}
		assert_fails(code, MM_ENOMEM, &err);
	}
}

static enum mm_code fill_buffer(struct mm_err *err)
{
	mm_auto_buf buf = {0};

	mm_buf_add_str(&buf, "first");
	mm_buf_printf(&buf, "%0500d", 1);
	mm_buf_add_int(&buf, 5);
	mm_buf_add_double(&buf, 0.1);
	mm_base64url_add(&buf, "abc", 3);
	mm_json_add_string(&buf, "<text>");
	return mm_buf_check(&buf, err);
}

static enum mm_code fill_strings(struct mm_err *err)
{
	mm_auto_strings list = {0};
	enum mm_code code = MM_OK;

	for (int i = 0; i < 5 && code == MM_OK; i++)
		code = mm_strings_add(&list, "text", err);
	return code;
}

static enum mm_code parse_issuer(struct mm_err *err)
{
	mm_auto(mm_url) url = NULL;

	return mm_issuer_url_check("https://oidc.example.com:8443/id", &url, err);
}

static enum mm_code parse_url_with_query(struct mm_err *err)
{
	mm_auto(mm_url) url = NULL;

	return mm_url_parse("https://h/a?b", &url, err);
}

static enum mm_code parse_hosts(struct mm_err *err)
{
	mm_auto_string name = NULL;
	mm_auto_string address = NULL;
	int port;
	enum mm_code code = mm_host_parse("h:80", 443, &name, &port, err);

	return code == MM_OK ? mm_host_parse("::1", 443, &address, &port, err) : code;
}

static enum mm_code move_findings(struct mm_err *err)
{
	mm_auto_findings to = {0}, from = {0};

	mm_finding_add(&to, MM_FINDING_PASS, "a.check", NULL, "text");
	mm_finding_add(&from, MM_FINDING_PASS, "a.check", NULL, "text");
	mm_findings_move(&to, &from);
	return mm_findings_check(&to, err);
}

static struct mm_buf chain;

static enum mm_code judge_a_chain(struct mm_err *err)
{
	mm_auto_thumbprints found = {0};

	return mm_thumbprint_of_file(mm_buf_span(&chain), "other.test", CERT_NOW, &found, err);
}

static enum mm_code parse_hostport(struct mm_err *err)
{
	mm_auto_string host = NULL;
	int port;

	return mm_hostport_parse("h:80", &host, &port, err);
}

static enum mm_code decode_base64url(struct mm_err *err)
{
	mm_auto_buf out = {0};

	return mm_base64url_decode_buf(mm_span_str("Zm9v"), &out, err);
}

static enum mm_code write_json(struct mm_err *err)
{
	json_t *value = json_pack("{s:[i,{s:b}],s:f}", "a", 1, "b", 1, "c", 0.5);
	mm_auto_buf out = {0};
	enum mm_code code = mm_json_add_value(&out, value, err);

	if (code == MM_OK)
		code = mm_json_dump_pretty(value, &out, err);
	json_decref(value);
	return code;
}

static enum mm_code read_a_file(struct mm_err *err)
{
	mm_auto_buf out = {0};

	return mm_path_read("/proc/self/maps", MM_FILE_ANY, 1 << 20, &out, err);
}

static enum mm_code open_a_directory(struct mm_err *err)
{
	mm_auto_fd fd = -1;

	return mm_dir_open("/tmp/", MM_FILE_ANY, &fd, err);
}

static enum mm_code make_a_directory(struct mm_err *err)
{
	mm_auto_fd fd = -1;

	return mm_dir_make(AT_FDCWD, "./.", 0700, MM_FILE_ANY, &fd, err);
}

static enum mm_code write_metrics(struct mm_err *err)
{
	const struct mm_label labels[] = {{"a", "b"}, {0}};
	const struct mm_histogram histogram = {.sum_ns = 1};
	mm_auto_buf out = {0};

	mm_metrics_family(&out, "x", "gauge", "help");
	mm_metrics_sample(&out, "x", labels, 1);
	mm_metrics_histogram(&out, "x", labels, &histogram);
	return mm_buf_check(&out, err);
}

static enum mm_code parse_config(struct mm_err *err)
{
	mm_auto(mm_config) config = NULL;

	return mm_config_parse(mm_span_str("issuer: https://h.example\n"
					   "data_dir: d\n"
					   "keys: {algorithms: [ES256, RS256], on_change: [/bin/true]}\n"
					   "rules: [{users: [a, b], may: [metrics]}]\n"
					   "service_accounts: [{namespace: n, name: a, annotations: {b/c: d}},\n"
					   "                   {namespace: n, name: b}]\n"
					   "bound_objects: [{kind: Node, name: w, uid: u}]\n"),
			       "f", "/base", &config, err);
}

static enum mm_code make_users(struct mm_err *err)
{
	static char ops[] = "ops", dev[] = "dev", *groups[] = {ops, dev};
	const struct mm_strings two = {.v = groups, .n = 2};
	MM_CLEANUP(mm_user_clear) struct mm_user built = {0}, copied = {0}, peer = {0};
	enum mm_code code = mm_user_build("alice", "1", &two, &built, err);

	if (code == MM_OK)
		code = mm_user_copy(&built, &copied, err);
	if (code == MM_OK)
		code = mm_user_from_peer(1, 2, &peer, err);
	return code;
}

static json_t *claims;

static enum mm_code make_service_accounts(struct mm_err *err)
{
	MM_CLEANUP(mm_user_clear) struct mm_user account = {0}, copied = {0};
	enum mm_code code = mm_user_from_claims(claims, &account, err);

	return code == MM_OK ? mm_user_copy(&account, &copied, err) : code;
}

static struct mm_config callers_config;
static struct test_certificate client;

static enum mm_code load_and_ask_callers(struct mm_err *err)
{
	MM_CLEANUP(mm_peer_clear) struct mm_peer peer = {.certificate = client.x509};
	MM_CLEANUP(mm_identity_clear) struct mm_identity identity = {0};
	const struct mm_credentials credentials = {.peer = &peer};
	mm_auto(mm_callers) callers = NULL;
	enum mm_code code = mm_callers_load(&callers_config, &callers, err);

	X509_up_ref(client.x509);
	return code == MM_OK ? mm_authenticate(callers, NULL, NULL, &credentials, CERT_NOW, &identity, err) : code;
}

/* A TokenRequest with two of everything from JSON, through protobuf, and back. */
static enum mm_code pass_through_both_forms(struct mm_err *err)
{
	static const char body[] = "{\"metadata\":{\"name\":\"n\",\"annotations\":{\"b\":\"2\",\"a\":\"1\"}},"
				   "\"spec\":{\"audiences\":[\"x\",\"y\"],\"boundObjectRef\":{\"kind\":\"Pod\"}}}";
	MM_CLEANUP(mm_token_request_clear) struct mm_token_request request = {0};
	MM_CLEANUP(mm_token_request_clear) struct mm_token_request again = {0};
	mm_auto_buf protobuf = {0}, json = {0};
	enum mm_code code = mm_token_request_decode(MM_MEDIA_JSON, mm_span_str(body), &request, err);

	if (code == MM_OK)
		code = mm_token_request_encode(MM_MEDIA_PROTOBUF, &request, &protobuf, err);
	if (code == MM_OK)
		code = mm_token_request_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&protobuf), &again, err);
	if (code == MM_OK)
		code = mm_token_request_encode(MM_MEDIA_JSON, &again, &json, err);
	return code;
}

static enum mm_code review_in_protobuf(struct mm_err *err)
{
	char username[] = "u", group[] = "g", token[] = "t", *groups[] = {group};
	const struct mm_token_review review = {.user = {.name = username, .groups = {groups, 1}},
					       .status_audiences = {groups, 1}};
	MM_CLEANUP(mm_token_review_clear) struct mm_token_review sent = {0};
	const struct mm_token_review with_token = {.token = {token, 1, sizeof token, false}};
	mm_auto_buf answer = {0}, body = {0};
	enum mm_code code = mm_token_review_encode(MM_MEDIA_PROTOBUF, &review, &answer, err);

	if (code == MM_OK)
		code = mm_token_review_encode(MM_MEDIA_PROTOBUF, &with_token, &body, err);
	if (code == MM_OK)
		code = mm_token_review_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&body), &sent, err);
	return code;
}

static enum mm_code write_a_status(struct mm_err *err)
{
	char text[] = "a\xff";
	const struct mm_buf message = {text, sizeof text - 1, sizeof text, false};
	const struct mm_kube_status status = {.message = message, .name = message, .cause_message = message};
	mm_auto_buf protobuf = {0}, json = {0};
	enum mm_code code = mm_kube_status_encode(&status, MM_MEDIA_PROTOBUF, &protobuf, err);

	return code == MM_OK ? mm_kube_status_encode(&status, MM_MEDIA_JSON, &json, err) : code;
}

static void buffers_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(fill_buffer, 2);
}

static void lists_of_strings_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(fill_strings, 9); /* five copies, and room for 1, 2, 4 and 8 */
}

static void urls_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(parse_issuer, 3);
	assert_each_failure_is_told(parse_url_with_query, 4);
	assert_each_failure_is_told(parse_hostport, 1);
	assert_each_failure_is_told(parse_hosts, 2);
}

static void findings_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(move_findings, 5); /* two texts, and room for 1, 1 and 2 */
}

static void chains_tell(void **state)
{
	struct test_certificate root = test_authority("root");
	struct test_certificate leaf = test_server_certificate(&root, "leaf", "DNS:a.test,IP:192.0.2.1");
	unsigned char *der = NULL;
	int len = i2d_X509(leaf.x509, &der);

	(void)state;
	setenv("SSL_CERT_FILE", "/nonexistent", 1);
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	mm_buf_add(&chain, der, (size_t)len);
	OPENSSL_free(der);
	assert_each_failure_is_told(judge_a_chain, 10);
	mm_buf_free(&chain);
	test_certificate_free(&root);
	test_certificate_free(&leaf);
}

static void base64url_tells(void **state)
{
	(void)state;
	assert_each_failure_is_told(decode_base64url, 1);
}

static void json_tells(void **state)
{
	(void)state;
	assert_each_failure_is_told(write_json, 3);
}

static void files_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(read_a_file, 1);
	assert_each_failure_is_told(open_a_directory, 1);
	assert_each_failure_is_told(make_a_directory, 2);
}

static void metrics_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(write_metrics, 2);
}

static void configurations_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(parse_config, 100);
}

static void users_tell(void **state)
{
	(void)state;
	claims = json_loads(
		"{\"jti\":\"j\",\"sub\":\"system:serviceaccount:a:b\",\"kubernetes.io\":{\"namespace\":\"a\","
		"\"serviceaccount\":{\"name\":\"b\",\"uid\":\"u\"},\"pod\":{\"name\":\"p\",\"uid\":\"v\"}}}",
		0, NULL);
	assert_each_failure_is_told(make_users, 14);
	assert_each_failure_is_told(make_service_accounts, 16);
	json_decref(claims);
}

static void callers_tell(void **state)
{
	struct test_certificate authority = test_authority("Clients");
	char tokens[512], ca[512], crl[512];
	struct test_dir dir;

	(void)state;
	test_dir_make(&dir);
	snprintf(tokens, sizeof tokens, "%s/tokens.csv", dir.path);
	snprintf(ca, sizeof ca, "%s/ca.pem", dir.path);
	snprintf(crl, sizeof crl, "%s/crl.pem", dir.path);
	test_file_write(dir.fd, "tokens.csv", "a,alice,1,\"ops,dev\"\nb,bob,2\n", 0600);
	test_pem_add(&dir, "ca.pem", authority.x509);
	test_pem_add_crl(&dir, "crl.pem", test_crl(&authority, CERT_NOW, CERT_NOW + 60, 0));
	callers_config.callers.tokens = tokens;
	callers_config.callers.client_ca = ca;
	callers_config.callers.client_crl = crl;
	client = test_client(&authority, "alice", "ops");
	assert_each_failure_is_told(load_and_ask_callers, 30);
	test_certificate_free(&client);
	test_certificate_free(&authority);
	test_dir_remove(&dir);
}

static void kubernetes_objects_tell(void **state)
{
	(void)state;
	assert_each_failure_is_told(pass_through_both_forms, 30);
	assert_each_failure_is_told(review_in_protobuf, 8);
	assert_each_failure_is_told(write_a_status, 6);
}

/* What answers the token API, and a token of its own. */
static struct test_world world;
static char *world_token;

static enum mm_code answer_request(const char *name, struct mm_kube_status *status, struct mm_err *err)
{
	MM_CLEANUP(mm_token_request_clear) struct mm_token_request request = {.is_bound = true};
	MM_CLEANUP(mm_token_api_minted_clear) struct mm_token_api_minted minted = {0};
	enum mm_code code;

	request.bound_kind = strdup("Pod");
	request.bound_name = strdup("web");
	if (!request.bound_kind || !request.bound_name)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = mm_token_request_answer(&world.api, "default", name, &request, &minted, status, err);
	if (code == MM_ENOMEM)
		assert_int_equal(status->code, 500);
	return code;
}

static enum mm_code mint_by_request(struct mm_err *err)
{
	MM_CLEANUP(mm_kube_status_clear) struct mm_kube_status status = {0};

	return answer_request("builder", &status, err);
}

static enum mm_code refuse_request(struct mm_err *err)
{
	MM_CLEANUP(mm_kube_status_clear) struct mm_kube_status status = {0};
	enum mm_code code = answer_request("gone", &status, err);

	if (code != MM_ENOTFOUND)
		return code;
	assert_string_equal(status.message.p, "serviceaccounts \"gone\" not found");
	mm_err_clear(err);
	return MM_OK;
}

static enum mm_code review_token(struct mm_err *err)
{
	MM_CLEANUP(mm_token_review_clear) struct mm_token_review review = {0};
	MM_CLEANUP(mm_kube_status_clear) struct mm_kube_status status = {0};
	enum mm_code code;

	mm_buf_add_str(&review.token, world_token);
	code = mm_buf_check(&review.token, err);
	if (code == MM_OK)
		code = mm_token_review_answer(&world.api, &review, &status, err);
	assert_int_equal(code == MM_OK, review.authenticated);
	return code;
}

static void the_token_api_tells(void **state)
{
	const struct mm_mint_request request = {.namespace = "default", .service_account = "builder"};
	struct mm_minted minted;

	(void)state;
	test_world_make(&world,
			"rules:\n- {users: [alice], may: [mint], namespaces: ['*'], service_accounts: ['*'],"
			" audiences: ['*']}\n"
			"service_accounts:\n- {namespace: default, name: builder, max_ttl: 20m}\n",
			"alice");
	assert_ok(mm_mint(world.snapshot, &request, WORLD_NOW, &minted, NULL), NULL);
	world_token = mm_buf_take(&minted.token);
	assert_each_failure_is_told(mint_by_request, 10);
	assert_each_failure_is_told(refuse_request, 3);
	assert_each_failure_is_told(review_token, 10);
	mm_string_free(&world_token);
	test_world_free(&world);
}

static void a_log_line_is_whole_or_not_there(void **state)
{
	struct mm_log log = {.level = MM_LOG_INFO};
	int pipe_fds[2];
	char text[64];

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	log.fd = pipe_fds[1];
	calls_until_failure = 1;
	mm_log(&log, MM_LOG_INFO, "m");
	assert_int_equal(calls_until_failure, 0);
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], text, sizeof text), 0);
	close(pipe_fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_tell),
		cmocka_unit_test(lists_of_strings_tell),
		cmocka_unit_test(urls_tell),
		cmocka_unit_test(findings_tell),
		cmocka_unit_test(chains_tell),
		cmocka_unit_test(base64url_tells),
		cmocka_unit_test(json_tells),
		cmocka_unit_test(files_tell),
		cmocka_unit_test(metrics_tell),
		cmocka_unit_test(configurations_tell),
		cmocka_unit_test(users_tell),
		cmocka_unit_test(callers_tell),
		cmocka_unit_test(kubernetes_objects_tell),
		cmocka_unit_test(the_token_api_tells),
		cmocka_unit_test(a_log_line_is_whole_or_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
