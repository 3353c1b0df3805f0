/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many tokens a core mints in a second: bench_token ALG [SECONDS]. A token is all that a request costs beyond its
 * transport: jti, uid, claims, signature, into a buffer of its own. Time is user time of the processor, which is what
 * openssl speed counts, so that what else runs on the machine matters little.
 */
#include <mintmark/manage.h>
#include <mintmark/mint.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { BATCH = 16 };

static double user_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
}

static enum mm_code build(char *algorithm, struct mm_snapshot **out, struct mm_err *err)
{
	char issuer[] = "https://oidc.example.com/id/prod";
	const struct mm_config config = {
		.issuer = issuer,
		.keys = {.algorithm = algorithm, .rsa_bits = 2048, .verifier_cache = 3600, .max_keys = 20},
		.tokens = {.default_ttl = 3600, .max_ttl = 86400},
	};
	mm_auto(mm_store) store = NULL;
	mm_auto_change change = {0};
	struct mm_policy policy;
	enum mm_code code = mm_policy_from_config(&config, &policy, err);

	if (code == MM_OK)
		code = mm_store_open_memory(&store, err);
	if (code == MM_OK)
		code = mm_manage_init(
			&(struct mm_manage){.store = store, .policy = &policy, .actor = {.name = "bench"}}, NULL,
			&change, err);
	return code == MM_OK ? mm_snapshot_build(&config, change.after, true, change.now, out, err) : code;
}

static enum mm_code mint_one(const struct mm_snapshot *snapshot, struct mm_err *err)
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

	return mm_mint(snapshot, &request, 1700000000, &minted, err);
}

static enum mm_code run(char *algorithm, double seconds, struct mm_err *err)
{
	mm_auto(mm_snapshot) snapshot = NULL;
	enum mm_code code = build(algorithm, &snapshot, err);
	double start = user_seconds(), elapsed = 0;
	long minted = 0;

	while (code == MM_OK && elapsed < seconds) {
		for (int i = 0; code == MM_OK && i < BATCH; i++, minted++)
			code = mint_one(snapshot, err);
		elapsed = user_seconds() - start;
	}
	if (code == MM_OK)
		printf("%.1f\n", (double)minted / elapsed);
	return code;
}

int main(int argc, char **argv)
{
	struct mm_err err = {0};

	if (argc < 2) {
		fprintf(stderr, "usage: %s ALG [SECONDS]\n", argv[0]);
		return 2;
	}
	if (run(argv[1], argc > 2 ? atof(argv[2]) : 1, &err) != MM_OK) {
		fprintf(stderr, "bench_token: %s\n", err.text);
		return 1;
	}
	return 0;
}
