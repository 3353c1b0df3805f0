/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/init_config.h"

#include <mintmark/key.h>
#include <mintmark/url.h>
#include <string.h>

/* ---- what is wished ---------------------------------------------------------------------------------------------- */

static const struct mm_alg *wanted_alg(const struct mm_init_wish *wish)
{
	return wish->alg || !wish->key ? wish->alg : mm_key_alg(wish->key);
}

/* The standby of an imported key should not be weaker than the key. */
static unsigned wanted_rsa_bits(const struct mm_init_wish *wish)
{
	static const unsigned sizes[] = {2048, 3072, 4096};

	if (wish->rsa_bits > 0 || !wish->key || mm_key_alg(wish->key)->kty != MM_KTY_RSA)
		return wish->rsa_bits;
	for (size_t i = 0; i < MM_COUNT(sizes); i++) {
		if (mm_key_bits(wish->key) == sizes[i])
			return sizes[i];
	}
	return 0;
}

/* ---- composing --------------------------------------------------------------------------------------------------- */

/* A loopback issuer of plain HTTP is served by mintmark itself: where its URL says. */
static void add_listen(struct mm_buf *out, const struct mm_url *issuer)
{
	bool ipv6 = strchr(issuer->host, ':') != NULL;
	const char *host = strcmp(issuer->host, "localhost") == 0 ? "127.0.0.1" : issuer->host;

	mm_buf_printf(out, "listen:\n  public: \"%s%s%s:%d\"\n", ipv6 ? "[" : "", host, ipv6 ? "]" : "", issuer->port);
	if (issuer->port == 8444) /* where the admin listener is otherwise */
		mm_buf_add_str(out, "  admin: 127.0.0.1:8443\n");
}

static void add_keys(struct mm_buf *out, const struct mm_alg *alg, unsigned rsa_bits)
{
	if (alg || rsa_bits)
		mm_buf_add_str(out, "keys:\n");
	if (alg)
		mm_buf_printf(out, "  algorithm: %s\n", alg->name);
	if (rsa_bits)
		mm_buf_printf(out, "  rsa_bits: %u\n", rsa_bits);
}

enum mm_code mm_init_compose(const struct mm_init_wish *wish, struct mm_buf *out, struct mm_err *err)
{
	mm_auto(mm_url) issuer = NULL;
	enum mm_code code = mm_issuer_url_check(wish->issuer, &issuer, err);

	if (code != MM_OK)
		return code;
	mm_buf_add_str(out, "# Made by 'mintmark init'. Every option is described in mintmark.yaml(5).\n");
	/* An issuer URL has no quotes and no backslashes (mm_issuer_url_check). */
	mm_buf_printf(out, "issuer: \"%s\"\ndata_dir: data\n", wish->issuer);
	if (issuer->https)
		mm_buf_add_str(out, "# To serve HTTPS to the world without a proxy in front:\n"
				    "#listen:\n#  public: 0.0.0.0:8443\n"
				    "#tls:\n#  certificate: tls.crt\n#  key: tls.key\n"
				    "# To keep both documents in a bucket or in a web server's directory:\n"
				    "#publish: [s3://my-issuer/id/prod, /var/www/oidc]\n");
	else
		add_listen(out, issuer);
	add_keys(out, wanted_alg(wish), wanted_rsa_bits(wish));
	mm_buf_add_str(out, "# Who may mint tokens over the admin listener; without rules nobody may:\n"
			    "#callers:\n#  tokens: tokens.csv\n"
			    "#rules:\n#- {users: [ci], may: [mint], namespaces: [ci], service_accounts: [\"*\"], "
			    "audiences: [sts.amazonaws.com]}\n");
	return mm_buf_check(out, err);
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

/* What tokens are signed with is what was asked for; an imported key may be for any that is configured. */
static bool alg_agrees(const struct mm_init_wish *wish, const struct mm_policy *policy)
{
	const struct mm_alg *alg = wanted_alg(wish);

	return !alg || alg == policy->algs[0] || (wish->key && mm_policy_has_alg(policy, alg));
}

static void add_alg_names(struct mm_buf *out, const struct mm_policy *policy)
{
	for (size_t i = 0; i < policy->alg_count; i++)
		mm_buf_printf(out, "%s%s", i > 0 ? ", " : "", policy->algs[i]->name);
}

const char *mm_init_disagreement(const struct mm_init_wish *wish, const struct mm_config *config,
				 const struct mm_policy *policy, struct mm_buf *found)
{
	if (strcmp(config->issuer, wish->issuer) != 0) {
		mm_buf_add_str(found, config->issuer);
		return "issuer";
	}
	if (!alg_agrees(wish, policy)) {
		add_alg_names(found, policy);
		return config->keys.algorithms.n > 0 ? "keys.algorithms" : "keys.algorithm";
	}
	if (wish->rsa_bits > 0 && config->keys.rsa_bits != wish->rsa_bits) {
		mm_buf_add_int(found, config->keys.rsa_bits);
		return "keys.rsa_bits";
	}
	return NULL;
}
