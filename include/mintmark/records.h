/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the lists of the configuration. */
#ifndef MINTMARK_RECORDS_H
#define MINTMARK_RECORDS_H

#include <mintmark/bytes.h>
#include <mintmark/clock.h>

/* A list of mappings; each record is a struct of its own, as the option's fields say. */
struct mm_records {
	bool any; /* the word "any" stands in place of the list */
	size_t n;
	size_t *lines; /* where each begins in the file, from 1 */
	void *v;       /* n structs of the option's record_size */
};

/*
 * One of `rules`. Empty lists: nothing was said. What a rule may say is checked by relations (rules.h tells what it
 * means).
 */
struct mm_rule_record {
	struct mm_strings users;                                   /* "*" alone: everybody who is somebody */
	struct mm_strings groups;                                  /* likewise; a caller that is in either is meant */
	struct mm_strings may;                                     /* "mint", "review", "metrics" */
	struct mm_strings namespaces, service_accounts, audiences; /* globs; all three, with "mint" alone */
	mm_duration max_ttl;                                       /* 0: none of its own */
};

/* One of `service_accounts`. */
struct mm_account_record {
	char *namespace, *name; /* DNS-1123 label; subdomain */
	char *uid;              /* NULL: derived */
	struct mm_strings audiences;
	mm_duration max_ttl; /* 0: none of its own */
	struct mm_pairs annotations;
};

/* One of `bound_objects`. */
struct mm_object_record {
	int64_t kind;               /* 0 Pod, 1 Node, 2 Secret */
	char *namespace;            /* NULL for a Node alone */
	char *name, *uid;           /* both there */
	char *service_account;      /* of a Pod: there; of others: not */
	char *node_name, *node_uid; /* of a Pod that runs; both or neither */
};

#endif
