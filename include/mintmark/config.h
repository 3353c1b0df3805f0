/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: one YAML file becomes one immutable struct, as the table of options says (option.h).
 */
#ifndef MINTMARK_CONFIG_H
#define MINTMARK_CONFIG_H

#include <mintmark/bytes.h>
#include <mintmark/clock.h>
#include <mintmark/log.h>
#include <mintmark/records.h>

#define MM_MAX_KEYS_LIMIT 100 /* of keys.max_keys: AWS STS refuses a JWKS of 101 keys, Entra reads the first 100 */

/* What listen.admin may be besides HOST:PORT. */
#define MM_LISTEN_OFF  "off"
#define MM_LISTEN_UNIX "unix:" /* and the absolute path of a socket */
/* That path, in `address`; NULL: it is none of a socket. */
const char *mm_listen_unix_path(const char *address);

enum mm_access_log { MM_ACCESS_OFF, MM_ACCESS_TEXT, MM_ACCESS_JSON };

struct mm_config {
	char *path;    /* of the file that was read; NULL when there is none */
	char *name;    /* what messages call it: the path, or "standard input"; NULL when nothing was read */
	size_t *lines; /* where each row of mm_options stands in it, from 1; 0: it does not, the default holds */
	char *issuer;
	char *data_dir; /* relative paths in the file are relative to the file's own directory; here they are joined */
	struct {
		char *public; /* HOST:PORT */
		char *admin;  /* HOST:PORT (beyond loopback only with TLS), "unix:/PATH", or "off" */
	} listen;
	struct {
		char *certificate; /* PEM chain; both NULL = plain HTTP */
		char *key;
	} tls;
	struct {
		char *algorithm;
		struct mm_strings algorithms; /* empty: `algorithm` alone */
		int64_t rsa_bits;
		mm_duration rotate_every; /* 0 = by hand */
		mm_duration verifier_cache;
		mm_duration propagation;
		mm_duration clock_skew;
		int64_t max_keys;
		struct mm_strings on_change; /* the command that `serve` runs after each change; empty: none */
	} keys;
	struct {
		struct mm_strings audiences; /* empty = the issuer */
		mm_duration default_ttl;
		mm_duration max_ttl;
		bool extend_expiration; /* 3607 s for a pod becomes a year, as kube-apiserver does it for old clients */
	} tokens;
	struct {
		char *tokens;     /* kube-apiserver's static token file; NULL: none */
		char *client_ca;  /* PEM; NULL: no client certificates */
		char *client_crl; /* PEM, with client_ca alone */
	} callers;
	struct mm_records rules;            /* struct mm_rule_record */
	struct mm_records service_accounts; /* struct mm_account_record, or any */
	struct mm_records bound_objects;    /* struct mm_object_record, or any */
	struct {
		int64_t rate;       /* requests of one caller to the admin listener, each second; 0: no bound */
		int64_t burst;      /* at once */
		int64_t concurrent; /* requests to the admin listener that are under way */
	} limits;
	struct mm_strings publish; /* destinations (destination.h); empty: none. Relative directories are joined */
	struct {
		char *endpoint; /* of all s3:// destinations; NULL: see destination.h */
		char *region;
	} s3;
	struct {
		int64_t workers; /* 0 = one for each core */
		int64_t max_connections;
		mm_duration head_timeout;
		mm_duration idle_timeout;
		mm_duration drain_timeout;
	} http;
	struct {
		int64_t level;  /* enum mm_log_level */
		int64_t format; /* enum mm_log_format */
		int64_t access; /* enum mm_access_log */
	} log;
};

/*
 * Reads, fills in defaults, and checks the whole (relations between options included). MM_ECONFIG with
 * "FILE:LINE: KEY: found X; accepted: Y" for an unknown or repeated key, a wrong type or unit, a value out of range;
 * MM_ENOTFOUND when there is no file. `*out` is freed by the caller.
 */
MM_MUSTCHECK enum mm_code mm_config_load(const char *path, struct mm_config **out, struct mm_err *err);

/* The same from text; `name` stands for the file in messages and `base_dir` is what relative paths are joined to. */
MM_MUSTCHECK enum mm_code mm_config_parse(struct mm_span text, const char *name, const char *base_dir,
					  struct mm_config **out, struct mm_err *err);
/*
 * For a value that turns out to be wrong when it is used: puts "FILE:LINE: " before the line in `err`, with the place
 * of `option`, or "FILE: " when the file does not set it; nothing when no file was read. Returns `code`.
 */
enum mm_code mm_config_context(const struct mm_config *config, const char *option, enum mm_code code,
			       struct mm_err *err);
void mm_config_free(struct mm_config *config);
MM_AUTO(mm_config)

/*
 * The path that a command uses: `flag` when given, else $MINTMARK_CONFIG, ./mintmark.yaml, /etc/mintmark/mintmark.yaml,
 * whichever exists first. MM_ENOTFOUND names all that were tried. `*path` is freed by the caller.
 */
MM_MUSTCHECK enum mm_code mm_config_find(const char *flag, char **path, struct mm_err *err);

/*
 * For a reload: the names of the options in which `next` differs from `running` and which a reload may not change,
 * for the operator to read; and then `next` with the running values of all such options, so that it can be used.
 */
MM_MUSTCHECK enum mm_code mm_config_fixed_changes(const struct mm_config *running, const struct mm_config *next,
						  struct mm_strings *names, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_config_keep_fixed(const struct mm_config *running, struct mm_config *next,
					       struct mm_err *err);

#endif
