/* SPDX-License-Identifier: Apache-2.0 */
/* What the privileges are called: in the configuration, and in Kubernetes' messages. */
#include <mintmark/rules.h>

#include <string.h>

/* In Kubernetes a request is for a resource or for a path. */
static const struct privilege {
	const char *word; /* in `may`; NULL: no rule can say it */
	const char *verb;
	const char *resource; /* NULL: a path */
	const char *subresource;
	const char *group;
} privileges[MM_PRIV_COUNT] = {
	[MM_PRIV_MINT] = {"mint", "create", "serviceaccounts", "/token", ""},
	[MM_PRIV_REVIEW] = {"review", "create", "tokenreviews", "", "authentication.k8s.io"},
	[MM_PRIV_METRICS] = {"metrics", "get", NULL, NULL, NULL},
	[MM_PRIV_DEV] = {NULL, "use", NULL, NULL, NULL},
};

const char *mm_privilege_word(enum mm_privilege privilege)
{
	return privileges[privilege].word;
}

enum mm_privilege mm_privilege_find(const char *word)
{
	for (int i = 0; i < MM_PRIV_COUNT; i++) {
		if (privileges[i].word && strcmp(privileges[i].word, word) == 0)
			return (enum mm_privilege)i;
	}
	return MM_PRIV_NONE;
}

/* k8s.io/apimachinery/pkg/api/errors.NewForbidden: 'serviceaccounts "x" is forbidden: ' */
static void add_subject(const struct privilege *row, struct mm_span name, struct mm_buf *out)
{
	if (row->resource) {
		mm_buf_printf(out, "%s%s%s ", row->resource, *row->group ? "." : "", row->group);
		if (name.len > 0) {
			mm_buf_add_quoted(out, name);
			mm_buf_add_str(out, " ");
		}
		mm_buf_add_str(out, "is ");
	}
	mm_buf_add_str(out, "forbidden: ");
}

/* forbiddenMessage of k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go */
void mm_rules_forbidden(const struct mm_question *question, const struct mm_decision *decision, struct mm_span path,
			struct mm_buf *out)
{
	const struct privilege *row = &privileges[question->privilege];
	bool in_namespace = question->privilege == MM_PRIV_MINT;

	add_subject(row, in_namespace ? question->service_account : mm_span("", 0), out);
	mm_buf_add_str(out, "User ");
	mm_buf_add_quoted(out, mm_span_str(question->user ? question->user->name : "system:anonymous"));
	mm_buf_printf(out, " cannot %s ", row->verb ? row->verb : "use");
	if (!row->resource) {
		mm_buf_add_str(out, "path ");
		mm_buf_add_quoted(out, path);
		return;
	}
	mm_buf_printf(out, "resource \"%s%s\" in API group \"%s\" ", row->resource, row->subresource, row->group);
	mm_buf_add_str(out, in_namespace ? "in the namespace " : "at the cluster scope");
	if (in_namespace)
		mm_buf_add_quoted(out, question->namespace);
	if (decision->audience) {
		mm_buf_add_str(out, ": no rule allows the audience ");
		mm_buf_add_quoted(out, mm_span_str(decision->audience));
	} else if (decision->audiences_apart) {
		mm_buf_add_str(out, ": no rule allows these audiences together");
	}
}
