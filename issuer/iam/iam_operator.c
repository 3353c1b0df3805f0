/* SPDX-License-Identifier: Apache-2.0 */
/* IAM User Guide, "IAM JSON policy elements: Condition operators"; variables: "Where you can use policy variables". */
#include "issuer/iam/iam_operator.h"

#include <mintmark/suggest.h>
#include <string.h>
#include <strings.h>

#define LESS    MM_IAM_LESS
#define EQUAL   MM_IAM_EQUAL
#define GREATER MM_IAM_GREATER

/* "The ArnEquals and ArnLike condition operators behave identically." */
static const struct mm_iam_operator operators[] = {
	/* name, type, negated, wildcards, variables, accepts, compare */
	{"StringEquals", MM_IAM_STRING, false, false, true, EQUAL, mm_iam_compare_text},
	{"StringNotEquals", MM_IAM_STRING, true, false, true, EQUAL, mm_iam_compare_text},
	{"StringEqualsIgnoreCase", MM_IAM_STRING, false, false, true, EQUAL, mm_iam_compare_text_without_case},
	{"StringNotEqualsIgnoreCase", MM_IAM_STRING, true, false, true, EQUAL, mm_iam_compare_text_without_case},
	{"StringLike", MM_IAM_STRING, false, true, true, EQUAL, mm_iam_compare_text},
	{"StringNotLike", MM_IAM_STRING, true, true, true, EQUAL, mm_iam_compare_text},
	{"NumericEquals", MM_IAM_NUMERIC, false, false, false, EQUAL, mm_iam_compare_number},
	{"NumericNotEquals", MM_IAM_NUMERIC, true, false, false, EQUAL, mm_iam_compare_number},
	{"NumericLessThan", MM_IAM_NUMERIC, false, false, false, LESS, mm_iam_compare_number},
	{"NumericLessThanEquals", MM_IAM_NUMERIC, false, false, false, LESS | EQUAL, mm_iam_compare_number},
	{"NumericGreaterThan", MM_IAM_NUMERIC, false, false, false, GREATER, mm_iam_compare_number},
	{"NumericGreaterThanEquals", MM_IAM_NUMERIC, false, false, false, GREATER | EQUAL, mm_iam_compare_number},
	{"DateEquals", MM_IAM_DATE, false, false, false, EQUAL, mm_iam_compare_date},
	{"DateNotEquals", MM_IAM_DATE, true, false, false, EQUAL, mm_iam_compare_date},
	{"DateLessThan", MM_IAM_DATE, false, false, false, LESS, mm_iam_compare_date},
	{"DateLessThanEquals", MM_IAM_DATE, false, false, false, LESS | EQUAL, mm_iam_compare_date},
	{"DateGreaterThan", MM_IAM_DATE, false, false, false, GREATER, mm_iam_compare_date},
	{"DateGreaterThanEquals", MM_IAM_DATE, false, false, false, GREATER | EQUAL, mm_iam_compare_date},
	{"Bool", MM_IAM_BOOL, false, false, false, EQUAL, mm_iam_compare_bool},
	{"BinaryEquals", MM_IAM_BINARY, false, false, false, EQUAL, mm_iam_compare_binary},
	{"IpAddress", MM_IAM_IP, false, false, false, EQUAL, mm_iam_compare_ip},
	{"NotIpAddress", MM_IAM_IP, true, false, false, EQUAL, mm_iam_compare_ip},
	{"ArnEquals", MM_IAM_ARN, false, true, true, EQUAL, mm_iam_compare_arn},
	{"ArnNotEquals", MM_IAM_ARN, true, true, true, EQUAL, mm_iam_compare_arn},
	{"ArnLike", MM_IAM_ARN, false, true, true, EQUAL, mm_iam_compare_arn},
	{"ArnNotLike", MM_IAM_ARN, true, true, true, EQUAL, mm_iam_compare_arn},
	{"Null", MM_IAM_NULL, false, false, false, 0, NULL},
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
