/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many tokens a core mints or reviews in a second: bench_token ALG [SECONDS [token|request|review]].
 *
 *     token    all that a token costs by itself: jti, uid, claims, signature, into a buffer of its own
 *     request  a TokenRequest as its handler answers it, from JSON to JSON: rules, account, bound object, audit
 *     review   a TokenReview likewise
 *
 * Time is user time of the processor, which is what openssl speed counts, so that what else runs on the machine matters
 * little.
 */
#include <mintmark/manage.h>
#include <mintmark/tokenapi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { BATCH = 16 };
#define NOW ((mm_time)1700000000)

static double user_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
}

/* ---- what is worked with ----------------------------------------------------------------------------------------- */

struct bench {
	struct mm_token_api api;
	struct mm_snapshot *snapshot;
	struct mm_directory *directory;
	struct mm_rules *rules;
	struct mm_user user;
	struct mm_buf review; /* the body of a TokenReview */
};

static void bench_clear(struct bench *bench)
{
	mm_snapshot_free(bench->snapshot);
	mm_directory_free(bench->directory);
	mm_rules_free(bench->rules);
	mm_user_clear(&bench->user);
	mm_buf_free(&bench->review);
}

static enum mm_code build_snapshot(const struct mm_config *config, struct mm_snapshot **out, struct mm_err *err)
{
	mm_auto(mm_store) store = NULL;
	mm_auto_change change = {0};
	struct mm_policy policy;
	enum mm_code code = mm_policy_from_config(config, &policy, err);

	if (code == MM_OK)
		code = mm_store_open_memory(&store, err);
	if (code == MM_OK)
		code = mm_manage_init(
			&(struct mm_manage){.store = store, .policy = &policy, .actor = {.name = "bench"}}, NULL,
			&change, err);
	return code == MM_OK ? mm_snapshot_build(config, change.after, true, NOW, out, err) : code;
}

static enum mm_code build(const char *algorithm, struct bench *bench, struct mm_err *err)
{
	mm_auto(mm_config) config = NULL;
	mm_auto_buf text = {0};
	enum mm_code code;

	mm_buf_printf(&text,
		      "issuer: https://oidc.example.com/id/prod\ndata_dir: /none\nkeys: {algorithm: %s}\n"
		      "rules:\n- {users: [bench], may: [mint, review], namespaces: ['*'], service_accounts: ['*'],"
		      " audiences: ['*']}\n",
		      algorithm);
	code = mm_config_parse(mm_buf_span(&text), "bench", "/", &config, err);
	if (code == MM_OK)
		code = build_snapshot(config, &bench->snapshot, err);
	if (code == MM_OK)
		code = mm_directory_build(config, &bench->directory, err);
	if (code == MM_OK)
		code = mm_rules_build(config, &bench->rules, err);
	if (code == MM_OK)
		code = mm_user_build("bench", NULL, &(struct mm_strings){0}, &bench->user, err);
	bench->api = (struct mm_token_api){
		.snapshot = bench->snapshot,
		.directory = bench->directory,
		.rules = bench->rules,
		.user = &bench->user,
		.now = NOW,
	};
	return code;
}

/* ---- what is measured -------------------------------------------------------------------------------------------- */

static enum mm_code mint_one(const struct bench *bench, struct mm_err *err)
{
	static const char *const audiences[] = {"sts.amazonaws.com"};
	const struct mm_mint_request request = {
		.namespace = "default",
		.service_account = "builder",
		.audiences = audiences,
		.audience_count = 1,
		.bound_kind = "Pod",
		.bound = {"web-5d7f8c6b4-x2x9z", "11111111-2222-3333-4444-555555555555"},
	};
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};

	return mm_mint(bench->snapshot, &request, NOW, &minted, err);
}

static enum mm_code request_one(const struct bench *bench, struct mm_err *err)
{
	static const char body[] =
		"{\"kind\":\"TokenRequest\",\"apiVersion\":\"authentication.k8s.io/v1\",\"metadata\":"
		"{\"creationTimestamp\":null},\"spec\":{\"audiences\":[\"sts.amazonaws.com\"],"
		"\"expirationSeconds\":3600,\"boundObjectRef\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\","
		"\"name\":\"web-5d7f8c6b4-x2x9z\",\"uid\":\"11111111-2222-3333-4444-555555555555\"}},"
		"\"status\":{\"token\":\"\",\"expirationTimestamp\":null}}";
	MM_CLEANUP(mm_token_request_clear) struct mm_token_request request = {0};
	MM_CLEANUP(mm_token_api_minted_clear) struct mm_token_api_minted minted = {0};
	MM_CLEANUP(mm_kube_status_clear) struct mm_kube_status status = {0};
	mm_auto_buf out = {0};
	enum mm_code code = mm_token_request_decode(MM_MEDIA_JSON, mm_span_str(body), &request, err);

	if (code == MM_OK)
		code = mm_token_request_answer(&bench->api, "default", "builder", &request, &minted, &status, err);
	return code == MM_OK ? mm_token_request_encode(MM_MEDIA_JSON, &request, &out, err) : code;
}

static enum mm_code prepare_review(struct bench *bench, struct mm_err *err)
{
	const struct mm_mint_request request = {.namespace = "default", .service_account = "builder"};
	MM_CLEANUP(mm_minted_clear) struct mm_minted minted = {0};
	enum mm_code code = mm_mint(bench->snapshot, &request, NOW, &minted, err);

	if (code != MM_OK)
		return code;
	mm_buf_add_str(&bench->review,
		       "{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/v1\",\"metadata\":"
		       "{\"creationTimestamp\":null},\"spec\":{\"token\":\"");
	mm_buf_add_span(&bench->review, mm_buf_span(&minted.token));
	mm_buf_add_str(&bench->review, "\"},\"status\":{\"user\":{}}}");
	return mm_buf_check(&bench->review, err);
}

static enum mm_code review_one(const struct bench *bench, struct mm_err *err)
{
	MM_CLEANUP(mm_token_review_clear) struct mm_token_review review = {0};
	MM_CLEANUP(mm_kube_status_clear) struct mm_kube_status status = {0};
	mm_auto_buf out = {0};
	enum mm_code code = mm_token_review_decode(MM_MEDIA_JSON, mm_buf_span(&bench->review), &review, err);

	if (code == MM_OK)
		code = mm_token_review_answer(&bench->api, &review, &status, err);
	if (code == MM_OK && !review.authenticated)
		code = mm_fail(err, MM_EVERIFY, "not authenticated: %s", mm_buf_span(&review.error).p);
	return code == MM_OK ? mm_token_review_encode(MM_MEDIA_JSON, &review, &out, err) : code;
}

static const struct work {
	const char *name;
	enum mm_code (*prepare)(struct bench *bench, struct mm_err *err); /* NULL: nothing */
	enum mm_code (*one)(const struct bench *bench, struct mm_err *err);
} works[] = {{"token", NULL, mint_one}, {"request", NULL, request_one}, {"review", prepare_review, review_one}};

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static enum mm_code run(const struct work *work, const char *algorithm, double seconds, struct mm_err *err)
{
	MM_CLEANUP(bench_clear) struct bench bench = {0};
	enum mm_code code = build(algorithm, &bench, err);
	double start, elapsed = 0;
	long done = 0;

	if (code == MM_OK && work->prepare)
		code = work->prepare(&bench, err);
	start = user_seconds();
	while (code == MM_OK && elapsed < seconds) {
		for (int i = 0; code == MM_OK && i < BATCH; i++, done++)
			code = work->one(&bench, err);
		elapsed = user_seconds() - start;
	}
	if (code == MM_OK)
		printf("%.1f\n", (double)done / elapsed);
	return code;
}

static const struct work *find_work(const char *name)
{
	for (size_t i = 0; i < MM_COUNT(works); i++) {
		if (strcmp(works[i].name, name) == 0)
			return &works[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct work *work = find_work(argc > 3 ? argv[3] : "token");
	struct mm_err err = {0};

	if (argc < 2 || !work) {
		fprintf(stderr, "usage: %s ALG [SECONDS [token|request|review]]\n", argv[0]);
		return 2;
	}
	if (run(work, argv[1], argc > 2 ? atof(argv[2]) : 1, &err) != MM_OK) {
		fprintf(stderr, "bench_token: %s\n", err.text);
		return 1;
	}
	return 0;
}
