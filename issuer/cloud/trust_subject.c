/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/cloud/trust_subject.h"

#include <mintmark/dns.h>
#include <mintmark/user.h>
#include <string.h>

#define WILDCARDS "*?"

enum { PATTERN_MAX = 512 };

/* "system:serviceaccount:NAMESPACE:NAME" in its parts. */
struct subject {
	char *namespace, *name;
};

static void subject_clear(struct subject *subject)
{
	mm_string_free(&subject->namespace);
	mm_string_free(&subject->name);
}
#define auto_subject MM_CLEANUP(subject_clear) struct subject

static enum mm_code split(const char *text, struct subject *out, struct mm_err *err)
{
	const char *namespace = text + strlen(MM_USER_SERVICE_ACCOUNT), *colon;

	if (strncmp(text, MM_USER_SERVICE_ACCOUNT, strlen(MM_USER_SERVICE_ACCOUNT)) != 0 ||
	    !(colon = strchr(namespace, ':')))
		return mm_fail(err, MM_EREFUSED, "subject \"%.120s\": accepted: system:serviceaccount:NAMESPACE:NAME",
			       text);
	out->namespace = strndup(namespace, (size_t)(colon - namespace));
	out->name = strdup(colon + 1);
	return out->namespace && out->name ? MM_OK : mm_fail(err, MM_ENOMEM, "out of memory");
}

/* Whether it says nothing about the name at all. */
static bool is_anything(const char *pattern)
{
	return strchr(pattern, '*') && pattern[strspn(pattern, WILDCARDS)] == '\0';
}

/* A character that no name has would never fit anything. */
static enum mm_code check_pattern(const char *what, const char *pattern, const char *characters, struct mm_err *err)
{
	size_t len = strspn(pattern, characters);

	if (len == 0 || pattern[len] != '\0' || len > PATTERN_MAX)
		return mm_fail(err, MM_EREFUSED, "%s \"%.80s\": of a-z, 0-9, '-'%s, and the wildcards * and ?", what,
			       pattern, strchr(characters, '.') ? " and '.'" : "");
	return MM_OK;
}

static enum mm_code check_subject(const struct mm_trust *trust, const struct subject *subject, struct mm_err *err)
{
	bool wild_namespace = mm_aws_has_wildcard(mm_span_str(subject->namespace)),
	     wild_name = mm_aws_has_wildcard(mm_span_str(subject->name));
	enum mm_code code;

	if ((wild_namespace || wild_name) && !trust->wildcards)
		return mm_fail(err, MM_EREFUSED,
			       "service account \"%.80s/%.80s\": a wildcard stands for accounts that nobody named; "
			       "accepted: exact names, unless wildcards are asked for",
			       subject->namespace, subject->name);
	code = wild_namespace ? check_pattern("namespace", subject->namespace,
					      "abcdefghijklmnopqrstuvwxyz0123456789-" WILDCARDS, err)
			      : mm_dns_label_check("namespace", subject->namespace, err);
	if (code != MM_OK)
		return code;
	return wild_name ? check_pattern("service account", subject->name,
					 "abcdefghijklmnopqrstuvwxyz0123456789-." WILDCARDS, err)
			 : mm_dns_subdomain_check("service account", subject->name, err);
}

static void judge_width(const struct subject *subject, struct mm_findings *findings)
{
	const char *namespace = subject->namespace, *name = subject->name;

	if (is_anything(namespace) && is_anything(name))
		mm_finding_add(findings, MM_FINDING_WARN, "trust.wide-issuer",
			       "name the namespaces and the service accounts that need the role",
			       "%s/%s: every service account of the issuer may assume the role", namespace, name);
	else if (mm_aws_has_wildcard(mm_span_str(namespace)))
		mm_finding_add(findings, MM_FINDING_WARN, "trust.wide-namespace",
			       "name each namespace; a role may trust several service accounts",
			       "%s/%s: whoever may create a namespace with a name that fits may assume the role",
			       namespace, name);
	else if (is_anything(name))
		mm_finding_add(findings, MM_FINDING_WARN, "trust.wide-account", "name the service accounts",
			       "%s/%s: every service account of the namespace may assume the role, that of pods "
			       "which name none included",
			       namespace, name);
	else if (strcmp(name, "default") == 0)
		mm_finding_add(findings, MM_FINDING_WARN, "trust.default-account",
			       "give the workload a service account of its own",
			       "%s/%s: every pod of the namespace that names no service account may assume the role",
			       namespace, name);
}

enum mm_code mm_trust_subjects(const struct mm_trust *trust, struct mm_strings *exact, struct mm_strings *wild,
			       struct mm_findings *findings, struct mm_err *err)
{
	if (trust->subjects.n == 0)
		return mm_fail(err, MM_EREFUSED, "without a service account the role would trust every one");
	for (size_t i = 0; i < trust->subjects.n; i++) {
		const char *text = trust->subjects.v[i];
		struct mm_strings *list = mm_aws_has_wildcard(mm_span_str(text)) ? wild : exact;
		auto_subject subject = {0};
		enum mm_code code;

		if (mm_strings_has(list, text))
			continue;
		code = split(text, &subject, err);
		if (code == MM_OK)
			code = check_subject(trust, &subject, err);
		if (code == MM_OK)
			code = mm_strings_add(list, text, err);
		if (code != MM_OK)
			return code;
		judge_width(&subject, findings);
	}
	return MM_OK;
}
