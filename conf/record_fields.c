/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/record_fields.h"

#include "conf/checks.h"

#define YEAR          ((int64_t)365 * 86400)
#define LIST_MAX      256 /* items of a list in a record */
#define UID_MAX       128 /* bytes; Kubernetes' own have 36 */
#define LABEL_MAX     63  /* RFC 1123 §2.1 */
#define SUBDOMAIN_MAX 253

static const char *const may_words[] = {"mint", "review", "metrics", NULL};
/* In the order in which struct mm_object_record numbers them. */
static const char *const kind_words[] = {"Pod", "Node", "Secret", NULL};

#define LABEL                                                                                                          \
	.type = MM_OPT_STRING, .min = 1, .max = LABEL_MAX, .check = mm_check_label,                                    \
	.accepts = "a name that Kubernetes allows for it (DNS-1123 label)"
#define SUBDOMAIN                                                                                                      \
	.type = MM_OPT_STRING, .min = 1, .max = SUBDOMAIN_MAX, .check = mm_check_subdomain,                            \
	.accepts = "a name that Kubernetes allows for it (DNS-1123 subdomain)"
#define WHO(what)                                                                                                      \
	.type = MM_OPT_STRINGS, .min = 1, .max = LIST_MAX, .check = mm_check_who,                                      \
	.accepts = "a list of 1 to 256 names of " what ", or of * for everybody who is somebody"
#define GLOBS(what)                                                                                                    \
	.type = MM_OPT_STRINGS, .min = 1, .max = LIST_MAX,                                                             \
	.accepts = "a list of 1 to 256 " what ", in which * stands for one or more characters"

#define AT(member) offsetof(struct mm_rule_record, member)
const struct mm_option mm_rule_fields[] = {
	{.name = "users",
	 .offset = AT(users),
	 WHO("users"),
	 .help = "Whom the rule is for, by name; * is everybody who is somebody."},
	{.name = "groups",
	 .offset = AT(groups),
	 WHO("groups"),
	 .help = "Whom the rule is for, by a group that they are in."},
	{.name = "may",
	 .type = MM_OPT_STRINGS,
	 .offset = AT(may),
	 .min = 1,
	 .max = 3,
	 .words = may_words,
	 .required = true,
	 .help = "What they may do: mint tokens, review tokens, read the metrics."},
	{.name = "namespaces",
	 .offset = AT(namespaces),
	 GLOBS("namespaces"),
	 .check = mm_check_label_glob,
	 .help = "With mint: of which namespaces the service accounts may be."},
	{.name = "service_accounts",
	 .offset = AT(service_accounts),
	 GLOBS("names of service accounts"),
	 .check = mm_check_subdomain_glob,
	 .help = "With mint: for which service accounts tokens may be."},
	{.name = "audiences",
	 .offset = AT(audiences),
	 GLOBS("audiences"),
	 .help = "With mint: for which audiences tokens may be; all of a token's have to fit."},
	{.name = "max_ttl",
	 .type = MM_OPT_DURATION,
	 .offset = AT(max_ttl),
	 .min = 1,
	 .max = YEAR,
	 .help = "With mint: the longest lifetime of a token; a longer one that is asked for is shortened."},
	{0},
};
#undef AT

#define AT(member) offsetof(struct mm_account_record, member)
const struct mm_option mm_account_fields[] = {
	{.name = "namespace",
	 .offset = AT(namespace),
	 LABEL,
	 .required = true,
	 .help = "The namespace of the account."},
	{.name = "name", .offset = AT(name), SUBDOMAIN, .required = true, .help = "The name of the account."},
	{.name = "uid",
	 .type = MM_OPT_STRING,
	 .offset = AT(uid),
	 .min = 1,
	 .max = UID_MAX,
	 .help = "Its uid; without it, a UUID that follows from issuer, namespace and name."},
	{.name = "audiences",
	 .type = MM_OPT_STRINGS,
	 .offset = AT(audiences),
	 .min = 1,
	 .max = 100,
	 .accepts = "a list of 1 to 100 audiences of 1 to 1024 bytes each",
	 .help = "The only audiences of its tokens, and those of one for which none was asked."},
	{.name = "max_ttl",
	 .type = MM_OPT_DURATION,
	 .offset = AT(max_ttl),
	 .min = 1,
	 .max = YEAR,
	 .help = "The longest lifetime of its tokens; a longer one that is asked for is shortened."},
	{.name = "annotations",
	 .type = MM_OPT_PAIRS,
	 .offset = AT(annotations),
	 .max = LIST_MAX,
	 .check = mm_check_annotation,
	 .accepts = "a mapping of at most 256 names, as of Kubernetes' annotations, to texts",
	 .help = "What its owner wants to keep with it, as Kubernetes' annotations."},
	{0},
};
#undef AT

#define AT(member) offsetof(struct mm_object_record, member)
const struct mm_option mm_object_fields[] = {
	{.name = "kind",
	 .type = MM_OPT_ENUM,
	 .offset = AT(kind),
	 .words = kind_words,
	 .required = true,
	 .help = "What it is."},
	{.name = "namespace", .offset = AT(namespace), LABEL, .help = "The namespace of a Pod or Secret."},
	{.name = "name", .offset = AT(name), SUBDOMAIN, .required = true, .help = "The name of the object."},
	{.name = "uid",
	 .type = MM_OPT_STRING,
	 .offset = AT(uid),
	 .min = 1,
	 .max = UID_MAX,
	 .required = true,
	 .help = "The uid of the object."},
	{.name = "service_account",
	 .offset = AT(service_account),
	 SUBDOMAIN,
	 .help = "The service account that a Pod runs as."},
	{.name = "node_name", .offset = AT(node_name), SUBDOMAIN, .help = "The node that a Pod runs on."},
	{.name = "node_uid",
	 .type = MM_OPT_STRING,
	 .offset = AT(node_uid),
	 .min = 1,
	 .max = UID_MAX,
	 .help = "The uid of the node that a Pod runs on."},
	{0},
};
