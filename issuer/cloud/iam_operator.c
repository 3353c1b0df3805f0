/* SPDX-License-Identifier: Apache-2.0 */
/* IAM User Guide, "IAM JSON policy elements: Condition operators"; variables: "Where you can use policy variables". */
#include "issuer/cloud/iam_operator.h"

#include <mintmark/suggest.h>
#include <string.h>
#include <strings.h>

#define AT_MOST  (MM_IAM_LESS | MM_IAM_EQUAL)
#define AT_LEAST (MM_IAM_GREATER | MM_IAM_EQUAL)

/* The six of each type that has an order. */
#define ORDERED(prefix, kind, function)                                                                                \
	{.name = prefix "Equals", .type = kind, .accepts = MM_IAM_EQUAL, .compare = function},                         \
		{.name = prefix "NotEquals",                                                                           \
		 .type = kind,                                                                                         \
		 .negated = true,                                                                                      \
		 .accepts = MM_IAM_EQUAL,                                                                              \
		 .compare = function},                                                                                 \
		{.name = prefix "LessThan", .type = kind, .accepts = MM_IAM_LESS, .compare = function},                \
		{.name = prefix "LessThanEquals", .type = kind, .accepts = AT_MOST, .compare = function},              \
		{.name = prefix "GreaterThan", .type = kind, .accepts = MM_IAM_GREATER, .compare = function},          \
	{                                                                                                              \
		.name = prefix "GreaterThanEquals", .type = kind, .accepts = AT_LEAST, .compare = function             \
	}

#define TEXT(its_name, is_negated, has_wildcards, function)                                                            \
	{                                                                                                              \
		.name = its_name, .type = MM_IAM_STRING, .negated = is_negated, .wildcards = has_wildcards,            \
		.variables = true, .accepts = MM_IAM_EQUAL, .compare = function                                        \
	}

/* "The ArnEquals and ArnLike condition operators behave identically." */
#define ARN(its_name, is_negated)                                                                                      \
	{                                                                                                              \
		.name = its_name, .type = MM_IAM_ARN, .negated = is_negated, .wildcards = true, .variables = true,     \
		.accepts = MM_IAM_EQUAL, .compare = mm_iam_compare_arn                                                 \
	}

#define PLAIN(its_name, kind, is_negated, function)                                                                    \
	{                                                                                                              \
		.name = its_name, .type = kind, .negated = is_negated, .accepts = MM_IAM_EQUAL, .compare = function    \
	}

static const struct mm_iam_operator operators[] = {
	TEXT("StringEquals", false, false, mm_iam_compare_text),
	TEXT("StringNotEquals", true, false, mm_iam_compare_text),
	TEXT("StringEqualsIgnoreCase", false, false, mm_iam_compare_text_without_case),
	TEXT("StringNotEqualsIgnoreCase", true, false, mm_iam_compare_text_without_case),
	TEXT("StringLike", false, true, mm_iam_compare_text),
	TEXT("StringNotLike", true, true, mm_iam_compare_text),
	ORDERED("Numeric", MM_IAM_NUMERIC, mm_iam_compare_number),
	ORDERED("Date", MM_IAM_DATE, mm_iam_compare_date),
	PLAIN("Bool", MM_IAM_BOOL, false, mm_iam_compare_bool),
	PLAIN("BinaryEquals", MM_IAM_BINARY, false, mm_iam_compare_binary),
	PLAIN("IpAddress", MM_IAM_IP, false, mm_iam_compare_ip),
	PLAIN("NotIpAddress", MM_IAM_IP, true, mm_iam_compare_ip),
	ARN("ArnEquals", false),
	ARN("ArnNotEquals", true),
	ARN("ArnLike", false),
	ARN("ArnNotLike", true),
	PLAIN("Null", MM_IAM_NULL, false, NULL),
};

static const struct {
	const char *prefix;
	enum mm_iam_set set;
} sets[] = {{"ForAllValues:", MM_IAM_FOR_ALL}, {"ForAnyValue:", MM_IAM_FOR_ANY}};

const struct mm_iam_operator *mm_iam_operator_at(size_t i)
{
	return i < MM_COUNT(operators) ? &operators[i] : NULL;
}

const char *mm_iam_operator_near(const char *name)
{
	const char *colon = strchr(name, ':');
	struct mm_suggestion near = {.wanted = colon ? colon + 1 : name};

	for (size_t i = 0; i < MM_COUNT(operators); i++)
		mm_suggestion_offer(&near, operators[i].name);
	return near.nearest;
}

struct mm_iam_use mm_iam_use_of(const char *name)
{
	struct mm_iam_use use = {0};

	for (size_t i = 0; i < MM_COUNT(sets); i++) {
		size_t len = strlen(sets[i].prefix);

		if (strncasecmp(name, sets[i].prefix, len) == 0) {
			use.set = sets[i].set;
			name += len;
			break;
		}
	}
	for (size_t i = 0; i < MM_COUNT(operators); i++) {
		size_t len = strlen(operators[i].name);

		if (strncasecmp(name, operators[i].name, len) != 0)
			continue;
		if (name[len] == '\0' ||
		    (operators[i].type != MM_IAM_NULL && strcasecmp(name + len, "IfExists") == 0)) {
			use.op = &operators[i];
			use.if_exists = name[len] != '\0';
			break;
		}
	}
	return use;
}
