/* SPDX-License-Identifier: Apache-2.0 */
/* Rows are written from the IAM User Guide: what it says of an operator, a key, a statement. */
#include "tests/unit/iamworld.h"
#include "tests/unit/support.h"

#include <string.h>

/* Apostrophes stand for quotation marks. */
struct row {
	const char *condition, *request;
	char expected; /* y, n, or ? for undecided */
};

static char letter(enum mm_iam_outcome outcome)
{
	return outcome == MM_IAM_MATCH ? 'y' : outcome == MM_IAM_NO_MATCH ? 'n' : '?';
}

static void quoted(const char *text, struct mm_buf *out)
{
	for (; *text; text++)
		mm_buf_add(out, *text == '\'' ? "\"" : text, 1);
}

static void assert_rows(const char *effect, const char *version, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mm_auto_buf condition = {0};
		char found;

		quoted(rows[i].condition, &condition);
		found = letter(test_condition(effect, version, condition.p, rows[i].request));
		if (found != rows[i].expected)
			fail_msg("%s %s with %s: expected %c, found %c", effect, rows[i].condition, rows[i].request,
				 rows[i].expected, found);
	}
}

#define assert_allows(rows) assert_rows("Allow", "2012-10-17", (rows), MM_COUNT(rows))

static void strings_are_compared_exactly_or_without_case_or_with_wildcards(void **state)
{
	static const struct row rows[] = {
		{"{'StringEquals':{'k':'a'}}", "k=a", 'y'},
		{"{'StringEquals':{'k':'a'}}", "k=A", 'n'},
		{"{'StringEquals':{'k':'a'}}", "k=aa", 'n'},
		{"{'StringEquals':{'k':'a'}}", "k=", 'n'},
		{"{'StringEquals':{'k':''}}", "k=", 'y'},
		{"{'StringEquals':{'k':'a*'}}", "k=ab", 'n'},
		{"{'StringEquals':{'k':'a*'}}", "k=a*", 'y'},
		{"{'StringEquals':{'k':'a?'}}", "k=ab", 'n'},
		{"{'StringEquals':{'k':['a','b']}}", "k=b", 'y'},
		{"{'StringEquals':{'k':['a','b']}}", "k=c", 'n'},
		{"{'StringEquals':{'k':[]}}", "k=c", 'n'},
		{"{'StringNotEquals':{'k':[]}}", "k=c", 'n'},
		{"{'StringNotEquals':{'k':'a'}}", "k=a", 'n'},
		{"{'StringNotEquals':{'k':'a'}}", "k=b", 'y'},
		{"{'StringNotEquals':{'k':'a'}}", "k=A", 'y'},
		{"{'StringNotEquals':{'k':['a','b']}}", "k=b", 'n'},
		{"{'StringNotEquals':{'k':['a','b']}}", "k=a", 'n'},
		{"{'StringNotEquals':{'k':['a','b']}}", "k=c", 'y'},
		{"{'StringEqualsIgnoreCase':{'k':'aB'}}", "k=Ab", 'y'},
		{"{'StringEqualsIgnoreCase':{'k':'aB'}}", "k=Ac", 'n'},
		{"{'StringEqualsIgnoreCase':{'k':'a*'}}", "k=ab", 'n'},
		{"{'StringNotEqualsIgnoreCase':{'k':'aB'}}", "k=Ab", 'n'},
		{"{'StringNotEqualsIgnoreCase':{'k':'aB'}}", "k=Ac", 'y'},
		{"{'StringEqualsIgnoreCase':{'k':'é'}}", "k=é", 'y'},
		{"{'StringNotEqualsIgnoreCase':{'k':'é'}}", "k=É", 'n'},
		{"{'StringLike':{'k':'a*'}}", "k=ab", 'y'},
		{"{'StringLike':{'k':'a*'}}", "k=a", 'y'},
		{"{'StringLike':{'k':'a*'}}", "k=Ab", 'n'},
		{"{'StringLike':{'k':'a*'}}", "k=ba", 'n'},
		{"{'StringLike':{'k':'*'}}", "k=x", 'y'},
		{"{'StringLike':{'k':'*'}}", "k=", 'y'},
		{"{'StringLike':{'k':'?'}}", "k=", 'n'},
		{"{'StringLike':{'k':'a?c'}}", "k=abc", 'y'},
		{"{'StringLike':{'k':'a?c'}}", "k=ac", 'n'},
		{"{'StringLike':{'k':'a?c'}}", "k=aéc", 'y'},
		{"{'StringLike':{'k':'a'}}", "k=ab", 'n'},
		{"{'StringLike':{'k':['x*','a*']}}", "k=ab", 'y'},
		{"{'StringLike':{'k':'*:b:*'}}", "k=a:b:c", 'y'},
		{"{'StringLike':{'k':'arn:aws:someservice:*:111122223333:finance/*'}}",
		 "k=arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt", 'y'},
		{"{'StringNotLike':{'k':'a*'}}", "k=ab", 'n'},
		{"{'StringNotLike':{'k':'a*'}}", "k=b", 'y'},
		{"{'StringNotLike':{'k':['a*','b*']}}", "k=bc", 'n'},
	};

	(void)state;
	assert_allows(rows);
}

static void numbers_are_compared_by_their_value(void **state)
{
	static const struct row rows[] = {
		{"{'NumericEquals':{'k':'10'}}", "k=10", 'y'},
		{"{'NumericEquals':{'k':'10'}}", "k=10.0", 'y'},
		{"{'NumericEquals':{'k':'10'}}", "k=010", 'y'},
		{"{'NumericEquals':{'k':10}}", "k=10", 'y'},
		{"{'NumericEquals':{'k':0.5}}", "k=0.50", 'y'},
		{"{'NumericEquals':{'k':'10'}}", "k=11", 'n'},
		{"{'NumericEquals':{'k':'10'}}", "k=ten", 'n'},
		{"{'NumericEquals':{'k':'ten'}}", "k=ten", 'n'},
		{"{'NumericEquals':{'k':['1','2']}}", "k=2", 'y'},
		{"{'NumericEquals':{'k':['one','2']}}", "k=2", 'y'},
		{"{'NumericNotEquals':{'k':'10'}}", "k=11", 'y'},
		{"{'NumericNotEquals':{'k':'10'}}", "k=10.00", 'n'},
		{"{'NumericNotEquals':{'k':['1','2']}}", "k=2", 'n'},
		{"{'NumericNotEquals':{'k':'ten'}}", "k=10", 'n'},
		{"{'NumericNotEquals':{'k':'10'}}", "k=ten", 'n'},
		{"{'NumericLessThan':{'k':'10'}}", "k=9", 'y'},
		{"{'NumericLessThan':{'k':'10'}}", "k=10", 'n'},
		{"{'NumericLessThan':{'k':'10'}}", "k=-11", 'y'},
		{"{'NumericLessThanEquals':{'k':'10'}}", "k=10", 'y'},
		{"{'NumericLessThanEquals':{'k':'10'}}", "k=10.001", 'n'},
		{"{'NumericGreaterThan':{'k':'10'}}", "k=100", 'y'},
		{"{'NumericGreaterThan':{'k':'10'}}", "k=10", 'n'},
		{"{'NumericGreaterThanEquals':{'k':'10'}}", "k=10", 'y'},
		{"{'NumericGreaterThanEquals':{'k':'10'}}", "k=9.999", 'n'},
	};

	(void)state;
	assert_allows(rows);
}

static void dates_are_compared_as_points_in_time(void **state)
{
	static const struct row rows[] = {
		{"{'DateEquals':{'k':'2026-11-22T00:15:00Z'}}", "k=2026-11-22T01:15:00+01:00", 'y'},
		{"{'DateEquals':{'k':'2026-11-22T00:15:00Z'}}", "k=1795306500", 'y'},
		{"{'DateEquals':{'k':1795306500}}", "k=2026-11-22T00:15:00Z", 'y'},
		{"{'DateEquals':{'k':'2026-11-22'}}", "k=2026-11-22T00:00:00Z", 'y'},
		{"{'DateNotEquals':{'k':'2026-11-22'}}", "k=2026-11-22T00:00:00Z", 'n'},
		{"{'DateNotEquals':{'k':'2026-11-22'}}", "k=2026-11-23", 'y'},
		{"{'DateNotEquals':{'k':'tomorrow'}}", "k=2026-11-23", 'n'},
		{"{'DateLessThan':{'k':'2026-11'}}", "k=2026-10-31T23:59:59Z", 'y'},
		{"{'DateLessThan':{'k':'2026-11'}}", "k=2026-11-01T00:00:00Z", 'n'},
		{"{'DateLessThanEquals':{'k':'2026'}}", "k=2026-01-01T00:00:00Z", 'y'},
		{"{'DateGreaterThan':{'k':'2020-01-01T00:00:01Z'}}", "k=2020-01-01T00:00:02Z", 'y'},
		{"{'DateGreaterThan':{'k':'2020-01-01T00:00:01Z'}}", "k=2020-01-01T00:00:01Z", 'n'},
		{"{'DateGreaterThanEquals':{'k':'2020-01-01T00:00:01Z'}}", "k=2020-01-01T00:00:01Z", 'y'},
		/* TEST_NOW is 2026-11-22T00:00:00Z */
		{"{'DateGreaterThan':{'aws:CurrentTime':'2026-11-21T23:59:59Z'}}", "", 'y'},
		{"{'DateGreaterThan':{'aws:CurrentTime':'2026-11-22T00:00:00Z'}}", "", 'n'},
		{"{'DateLessThan':{'AWS:currenttime':'2026-11-22T00:00:01Z'}}", "", 'y'},
		{"{'NumericEquals':{'aws:EpochTime':'1795305600'}}", "", 'y'},
		{"{'DateEquals':{'aws:EpochTime':'2026-11-22'}}", "", 'y'},
		{"{'DateLessThan':{'aws:CurrentTime':'2030'}}", "aws:CurrentTime=2031-01-01T00:00:00Z", 'n'},
	};

	(void)state;
	assert_allows(rows);
}

static void booleans_bytes_and_addresses_are_compared_as_such(void **state)
{
	static const struct row rows[] = {
		{"{'Bool':{'k':'true'}}", "k=true", 'y'},
		{"{'Bool':{'k':true}}", "k=True", 'y'},
		{"{'Bool':{'k':'false'}}", "k=true", 'n'},
		{"{'Bool':{'k':['true','false']}}", "k=false", 'y'},
		{"{'Bool':{'k':'yes'}}", "k=true", 'n'},
		{"{'BinaryEquals':{'k':'QmluYXJ5VmFsdWVJbkJhc2U2NA=='}}", "k=BinaryValueInBase64", 'y'},
		{"{'BinaryEquals':{'k':'QmluYXJ5VmFsdWVJbkJhc2U2NA=='}}", "k=BinaryValueInBase65", 'n'},
		{"{'BinaryEquals':{'k':'QmluYXJ5VmFsdWVJbkJhc2U2NA'}}", "k=BinaryValueInBase64", 'n'},
		{"{'IpAddress':{'k':'203.0.113.0/24'}}", "k=203.0.113.255", 'y'},
		{"{'IpAddress':{'k':'203.0.113.0/24'}}", "k=203.0.114.0", 'n'},
		{"{'IpAddress':{'k':'203.0.113.7'}}", "k=203.0.113.7", 'y'},
		{"{'IpAddress':{'k':'203.0.113.7'}}", "k=203.0.113.8", 'n'},
		{"{'IpAddress':{'k':['203.0.113.0/24','2001:DB8:1234:5678::/64']}}", "k=2001:db8:1234:5678:9::1", 'y'},
		{"{'IpAddress':{'k':['203.0.113.0/24','2001:DB8:1234:5678::/64']}}", "k=2001:db8:1234:5679::1", 'n'},
		{"{'NotIpAddress':{'k':'203.0.113.0/24'}}", "k=203.0.113.1", 'n'},
		{"{'NotIpAddress':{'k':'203.0.113.0/24'}}", "k=203.0.112.1", 'y'},
		{"{'NotIpAddress':{'k':['203.0.113.0/24','203.0.112.0/24']}}", "k=203.0.112.1", 'n'},
		{"{'NotIpAddress':{'k':'somewhere'}}", "k=203.0.112.1", 'n'},
	};

	(void)state;
	assert_allows(rows);
}

static void arns_are_compared_part_by_part(void **state)
{
	static const struct row rows[] = {
		{"{'ArnEquals':{'k':'arn:aws:sns:eu-west-1:123456789012:topic'}}",
		 "k=arn:aws:sns:eu-west-1:123456789012:topic", 'y'},
		{"{'ArnEquals':{'k':'arn:aws:sns:*:123456789012:topic'}}", "k=arn:aws:sns:eu-west-1:123456789012:topic",
		 'y'},
		{"{'ArnEquals':{'k':'arn:aws:sns:*:123456789012:topic'}}", "k=arn:aws:sns:eu-west-1:123456789012:Topic",
		 'n'},
		{"{'ArnLike':{'k':'arn:aws:someservice:*:111122223333:finance/*'}}",
		 "k=arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt", 'n'},
		{"{'ArnLike':{'k':'arn:aws:someservice:*:111122223333:finance/*'}}",
		 "k=arn:aws:someservice:us-east-2:111122223333:finance/a:b", 'y'},
		{"{'ArnLike':{'k':'arn:aws:iam::12345678901?:role/?'}}", "k=arn:aws:iam::123456789012:role/x", 'y'},
		{"{'ArnLike':{'k':'arn:aws:iam::12345678901?:role/?'}}", "k=arn:aws:iam::123456789012:role/xy", 'n'},
		{"{'ArnLike':{'k':'*'}}", "k=arn:aws:iam::123456789012:role/x", 'n'},
		{"{'ArnLike':{'k':'arn:aws:iam::*'}}", "k=arn:aws:iam::123456789012:role/x", 'n'},
		{"{'ArnLike':{'k':'arn:aws:iam::*:*'}}", "k=arn:aws:iam::123456789012:role/x", 'y'},
		{"{'ArnLike':{'k':'arn:aws:iam::*:*'}}", "k=not-an-arn", 'n'},
		{"{'ArnNotEquals':{'k':'arn:aws:iam::*:*'}}", "k=arn:aws:iam::123456789012:role/x", 'n'},
		{"{'ArnNotLike':{'k':'arn:aws:iam::*:user/*'}}", "k=arn:aws:iam::123456789012:role/x", 'y'},
		{"{'ArnNotLike':{'k':'arn:aws:iam::*:user/*'}}", "k=not-an-arn", 'n'},
	};

	(void)state;
	assert_allows(rows);
}

/* "If the policy condition requires that the key is not matched … and the right key is not present, [it] is true." */
static void a_missing_key_matches_negated_operators_and_those_with_if_exists(void **state)
{
	static const struct row rows[] = {
		{"{'StringEquals':{'k':'a'}}", "", 'n'},
		{"{'StringEqualsIgnoreCase':{'k':'a'}}", "", 'n'},
		{"{'StringLike':{'k':'*'}}", "", 'n'},
		{"{'NumericLessThan':{'k':'1'}}", "", 'n'},
		{"{'DateGreaterThan':{'k':'2020'}}", "", 'n'},
		{"{'Bool':{'k':'false'}}", "", 'n'},
		{"{'BinaryEquals':{'k':'YQ=='}}", "", 'n'},
		{"{'IpAddress':{'k':'0.0.0.0/0'}}", "", 'n'},
		{"{'ArnLike':{'k':'arn:*:*:*:*:*'}}", "", 'n'},
		{"{'StringNotEquals':{'k':'a'}}", "", 'y'},
		{"{'StringNotEqualsIgnoreCase':{'k':'a'}}", "", 'y'},
		{"{'StringNotLike':{'k':'*'}}", "", 'y'},
		{"{'NumericNotEquals':{'k':'1'}}", "", 'y'},
		{"{'DateNotEquals':{'k':'2020'}}", "", 'y'},
		{"{'NotIpAddress':{'k':'0.0.0.0/0'}}", "", 'y'},
		{"{'ArnNotLike':{'k':'arn:*:*:*:*:*'}}", "", 'y'},
		{"{'ArnNotEquals':{'k':'arn:*:*:*:*:*'}}", "", 'y'},
		{"{'StringEqualsIfExists':{'k':'a'}}", "", 'y'},
		{"{'StringEqualsIfExists':{'k':'a'}}", "k=a", 'y'},
		{"{'StringEqualsIfExists':{'k':'a'}}", "k=b", 'n'},
		{"{'StringNotEqualsIfExists':{'k':'a'}}", "", 'y'},
		{"{'StringNotEqualsIfExists':{'k':'a'}}", "k=a", 'n'},
		{"{'NumericLessThanEqualsIfExists':{'k':'1'}}", "", 'y'},
		{"{'NumericLessThanEqualsIfExists':{'k':'1'}}", "k=2", 'n'},
		{"{'BoolIfExists':{'k':'true'}}", "", 'y'},
		{"{'BoolIfExists':{'k':'true'}}", "k=false", 'n'},
		{"{'ArnLikeIfExists':{'k':'arn:*:*:*:*:*'}}", "", 'y'},
	};

	(void)state;
	assert_allows(rows);
}

static void null_asks_whether_a_key_is_missing(void **state)
{
	static const struct row rows[] = {
		{"{'Null':{'k':'true'}}", "", 'y'},
		{"{'Null':{'k':'true'}}", "k=a", 'n'},
		{"{'Null':{'k':'false'}}", "", 'n'},
		{"{'Null':{'k':'false'}}", "k=a", 'y'},
		{"{'Null':{'k':true}}", "", 'y'},
		{"{'Null':{'k':false}}", "k=a|b", 'y'},
		{"{'Null':{'k':['true','false']}}", "k=a", 'y'},
		{"{'Null':{'k':'maybe'}}", "k=a", 'n'},
		/* "check if the context key in the request exists and its value is not null", of empty values */
		{"{'Null':{'k':'false'}}", "k=", 'n'},
		/* "they always return true or false respectively" */
		{"{'ForAllValues:Null':{'k':'false'}}", "", 'y'},
		{"{'ForAllValues:Null':{'k':'true'}}", "k=a", 'y'},
		{"{'ForAnyValue:Null':{'k':'true'}}", "", 'n'},
		{"{'ForAnyValue:Null':{'k':'false'}}", "k=a", 'n'},
		{"{'NullIfExists':{'k':'true'}}", "", 'n'},
	};

	(void)state;
	assert_allows(rows);
}

static void set_operators_ask_for_all_or_any_of_the_values_of_a_request(void **state)
{
	static const struct row rows[] = {
		/* the guide's: {PostDateTime, UserName} against {PostDateTime, Message, Tags} */
		{"{'ForAllValues:StringLike':{'k':['PostDateTime','Message','Tags']}}", "k=PostDateTime|UserName", 'n'},
		{"{'ForAllValues:StringLike':{'k':['PostDateTime','Message','Tags']}}", "k=PostDateTime|Message", 'y'},
		{"{'ForAnyValue:StringLike':{'k':['ID','PostDateTime']}}", "k=UserName|Message|PostDateTime", 'y'},
		{"{'ForAnyValue:StringLike':{'k':['ID','PostDateTime']}}", "k=UserName", 'n'},
		{"{'ForAllValues:StringEquals':{'k':['a','b']}}", "k=a", 'y'},
		{"{'ForAllValues:StringEquals':{'k':['a','b']}}", "k=a|b|c", 'n'},
		{"{'ForAllValues:StringEquals':{'k':'a'}}", "k=b", 'n'},
		{"{'ForAnyValue:StringEquals':{'k':'a'}}", "k=b|a", 'y'},
		/* none of the values may be one of the policy's; and at least one that is none of the policy's */
		{"{'ForAllValues:StringNotEquals':{'k':['a','b']}}", "k=c|d", 'y'},
		{"{'ForAllValues:StringNotEquals':{'k':['a','b']}}", "k=c|a", 'n'},
		{"{'ForAnyValue:StringNotEquals':{'k':['a','b']}}", "k=c|a", 'y'},
		{"{'ForAnyValue:StringNotEquals':{'k':['a','b']}}", "k=b|a", 'n'},
		{"{'ForAnyValue:StringNotLike':{'k':'a*'}}", "k=ab|ac", 'n'},
		/* a missing key, or "a null dataset, such as an empty string" */
		{"{'ForAllValues:StringEquals':{'k':'a'}}", "", 'y'},
		{"{'ForAllValues:StringNotEquals':{'k':'a'}}", "", 'y'},
		{"{'ForAllValues:StringEquals':{'k':'a'}}", "k=", 'y'},
		{"{'ForAnyValue:StringEquals':{'k':'a'}}", "", 'n'},
		{"{'ForAnyValue:StringNotEquals':{'k':'a'}}", "", 'n'},
		{"{'ForAnyValue:StringLike':{'k':'*'}}", "k=", 'n'},
		{"{'ForAllValues:StringEqualsIfExists':{'k':'a'}}", "", 'y'},
		{"{'ForAllValues:StringEqualsIfExists':{'k':'a'}}", "k=a|b", 'n'},
		{"{'ForAnyValue:StringEqualsIfExists':{'k':'a'}}", "k=a|b", 'y'},
		{"{'ForAnyValue:StringEqualsIfExists':{'k':'a'}}", "", 'n'},
		/* the hole, closed */
		{"{'ForAllValues:StringEquals':{'k':'a'},'Null':{'k':'false'}}", "", 'n'},
		{"{'ForAllValues:StringEquals':{'k':'a'},'Null':{'k':'false'}}", "k=a", 'y'},
		{"{'ForAnyValue:NumericLessThan':{'k':'5'}}", "k=7|3", 'y'},
		{"{'ForAllValues:NumericLessThan':{'k':'5'}}", "k=7|3", 'n'},
		{"{'ForAllValues:ArnLike':{'k':'arn:aws:iam::*:role/*'}}",
		 "k=arn:aws:iam::1:role/a|arn:aws:iam::2:role/b", 'y'},
		{"{'ForAnyValue:Bool':{'k':'true'}}", "k=false|true", 'y'},
	};

	(void)state;
	assert_allows(rows);
}

static void several_values_without_a_set_operator_decide_only_where_both_would_agree(void **state)
{
	static const struct row rows[] = {
		{"{'StringEquals':{'k':['a','b']}}", "k=a|b", 'y'}, {"{'StringEquals':{'k':'a'}}", "k=b|c", 'n'},
		{"{'StringEquals':{'k':'a'}}", "k=a|b", 'n'},       {"{'StringNotEquals':{'k':'a'}}", "k=b|c", 'y'},
		{"{'StringNotEquals':{'k':'a'}}", "k=a|c", 'n'},
	};
	static const struct row denials[] = {
		{"{'StringEquals':{'k':'a'}}", "k=a|b", '?'},
		{"{'StringEquals':{'k':'a'}}", "k=c|b", 'n'},
	};

	(void)state;
	assert_allows(rows);
	assert_rows("Deny", "2012-10-17", denials, MM_COUNT(denials));
}

static void operators_and_keys_are_and_values_are_or(void **state)
{
	static const struct row rows[] = {
		{"{}", "", 'y'},
		{"{'StringEquals':{}}", "", 'y'},
		{"{'StringEquals':{'a':'1','b':'2'}}", "a=1;b=2", 'y'},
		{"{'StringEquals':{'a':'1','b':'2'}}", "a=1;b=3", 'n'},
		{"{'StringEquals':{'a':'1','b':'2'}}", "a=1", 'n'},
		{"{'StringEquals':{'a':'1'},'StringLike':{'b':'2*'}}", "a=1;b=22", 'y'},
		{"{'StringEquals':{'a':'1'},'StringLike':{'b':'2*'}}", "a=1;b=32", 'n'},
		{"{'StringEquals':{'a':['1','2'],'b':['3','4']}}", "a=2;b=3", 'y'},
		{"{'StringEquals':{'a':['1','2'],'b':['3','4']}}", "a=2;b=1", 'n'},
		{"{'StringEquals':{'a':'1'},'StringNotEquals':{'a':'2'}}", "a=1", 'y'},
		{"{'StringEquals':{'A:Sub':'1'}}", "a:sub=1", 'y'},
	};

	(void)state;
	assert_allows(rows);
}

static void variables_stand_for_values_of_the_request(void **state)
{
	static const struct row rows[] = {
		{"{'StringEquals':{'k':'home/${aws:username}'}}", "k=home/Ada;aws:username=Ada", 'y'},
		{"{'StringEquals':{'k':'home/${AWS:UserName}'}}", "k=home/Ada;aws:username=Ada", 'y'},
		{"{'StringEquals':{'k':'home/${aws:username}'}}", "k=home/Bob;aws:username=Ada", 'n'},
		{"{'StringLike':{'k':'${aws:username}/*'}}", "k=Ada/x;aws:username=Ada", 'y'},
		{"{'StringLike':{'k':'${aws:username}'}}", "k=Ada;aws:username=*", 'n'},
		{"{'StringLike':{'k':'${aws:username}'}}", "k=*;aws:username=*", 'y'},
		{"{'StringEquals':{'k':'${aws:username}'}}", "k=Ada", 'n'},
		{"{'StringNotEquals':{'k':'${aws:username}'}}", "k=Ada", 'n'},
		{"{'StringEquals':{'k':['${aws:username}','Ada']}}", "k=Ada", 'y'},
		{"{'StringNotEquals':{'k':['${aws:username}','Ada']}}", "k=Ada", 'n'},
		{"{'StringEquals':{'k':'${a}'}}", "k=1;a=1|2", 'n'},
		{"{'StringEquals':{'k':'${a}'}}", "k=1;a[]=1", 'n'},
		{"{'StringEquals':{'k':'${a'}}", "k=${a", 'n'},
		{"{'StringEquals':{'k':'$a'}}", "k=$a", 'y'},
		{"{'StringLike':{'k':'a${*}'}}", "k=a*", 'y'},
		{"{'StringLike':{'k':'a${*}'}}", "k=ab", 'n'},
		{"{'StringLike':{'k':'a${?}*'}}", "k=a?c", 'y'},
		{"{'StringLike':{'k':'a${?}*'}}", "k=abc", 'n'},
		{"{'StringEquals':{'k':'${$}{a}'}}", "k=${a}", 'y'},
		{"{'ArnLike':{'k':'arn:aws:iam::1:user/${aws:username}'}}",
		 "k=arn:aws:iam::1:user/Ada;aws:username=Ada", 'y'},
		{"{'ArnLike':{'k':'arn:aws:iam::1:user/${aws:username}'}}",
		 "k=arn:aws:iam::1:user/Bob;aws:username=Ada", 'n'},
		/* "You can't use a policy variable with other operators" */
		{"{'NumericEquals':{'k':'${a}'}}", "k=1;a=1", 'n'},
		{"{'Bool':{'k':'${a}'}}", "k=true;a=true", 'n'},
	};
	/* "treated as literal strings in the policy" */
	static const struct row before[] = {
		{"{'StringEquals':{'k':'${aws:username}'}}", "k=Ada;aws:username=Ada", 'n'},
		{"{'StringEquals':{'k':'${aws:username}'}}", "k=${aws:username};aws:username=Ada", 'y'},
		{"{'StringLike':{'k':'a${*}'}}", "k=a${bc}", 'y'},
	};

	(void)state;
	assert_allows(rows);
	assert_rows("Allow", "2008-10-17", before, MM_COUNT(before));
}

static void a_variable_may_have_a_default(void **state)
{
	const char *condition = "{\"StringEquals\":{\"k\":\"by ${aws:userid, 'anonymous'}\"}}";
	const char *broken = "{\"StringEquals\":{\"k\":\"by ${aws:userid, 'anonymous}\"}}";
	const char *empty = "{\"StringEquals\":{\"k\":\"by ${aws:userid, ''}\"}}";

	(void)state;
	assert_int_equal(test_condition("Allow", "2012-10-17", condition, "k=by anonymous"), MM_IAM_MATCH);
	assert_int_equal(test_condition("Allow", "2012-10-17", condition, "k=by Ada;aws:userid=Ada"), MM_IAM_MATCH);
	assert_int_equal(test_condition("Allow", "2012-10-17", condition, "k=by anonymous;aws:userid=Ada"),
			 MM_IAM_NO_MATCH);
	assert_int_equal(test_condition("Allow", "2012-10-17", broken, "k=by anonymous"), MM_IAM_NO_MATCH);
	assert_int_equal(test_condition("Allow", "2012-10-17", empty, "k=by "), MM_IAM_MATCH);
}

static void what_cannot_be_evaluated_never_allows_and_may_deny(void **state)
{
	static const struct row allows[] = {
		{"{'StringMatches':{'k':'a'}}", "k=a", 'n'},
		{"{'StringMatches':{'k':'a'}}", "", 'n'},
		{"{'ForSomeValues:StringLike':{'k':'a'}}", "k=a", 'n'},
		{"{'StringLikeIfexist':{'k':'a'}}", "", 'n'},
		{"{'NumericNotEquals':{'k':'x'}}", "k=1", 'n'},
		{"{'StringEquals':{'unknown:k':'a'}}", "", '?'},
		{"{'StringNotEquals':{'unknown:k':'a'}}", "", '?'},
		{"{'Null':{'unknown:k':'true'}}", "", '?'},
		{"{'StringEqualsIfExists':{'unknown:k':'a'}}", "", '?'},
		{"{'ForAllValues:StringEquals':{'unknown:k':'a'}}", "", '?'},
		{"{'StringEquals':{'unknown:k':'a','k':'b'}}", "k=c", 'n'},
		{"{'StringEquals':{'unknown:k':'a','k':'b'}}", "k=b", '?'},
		{"{'StringEquals':{'unknown:k':'a'}}", "unknown:k=a", 'y'},
		{"{'StringMatches':{'unknown:k':'a'}}", "", 'n'},
		{"{'StringEquals':{'k':'${unknown:k, \\u0027a\\u0027}'}}", "k=a", 'n'},
		{"{'StringEquals':{'k':'${other:k, \\u0027a\\u0027}'}}", "k=a", 'y'},
	};
	static const struct row denies[] = {
		{"{'StringMatches':{'k':'a'}}", "k=a", '?'},
		{"{'StringMatches':{'k':'a'},'StringEquals':{'k':'b'}}", "k=a", 'n'},
		{"{'NumericEquals':{'k':'x'}}", "k=1", '?'},
		{"{'StringEquals':{'k':'${aws:username}'}}", "k=1", '?'},
		{"{'StringEquals':{'unknown:k':'a'}}", "", '?'},
		{"{'StringEquals':{'k':'a'}}", "k=a", 'y'},
		{"{'ForAnyValue:StringEqualsIfExists':{'k':'a'}}", "", '?'},
	};

	(void)state;
	assert_allows(allows);
	assert_rows("Deny", "2012-10-17", denies, MM_COUNT(denies));
}

/* ---- statements and policies ------------------------------------------------------------------------------------- */

static enum mm_iam_verdict verdict(const char *statements, const char *request)
{
	mm_auto_buf text = {0};

	mm_buf_add_str(&text, "{\"Version\":\"2012-10-17\",\"Statement\":");
	quoted(statements, &text);
	mm_buf_add_str(&text, "}");
	return test_verdict(text.p, request);
}

static void a_statement_is_for_its_actions(void **state)
{
	static const struct {
		const char *element;
		enum mm_iam_verdict expected;
	} rows[] = {
		{"'Action':'sts:AssumeRoleWithWebIdentity'", MM_IAM_ALLOWED},
		{"'Action':['sts:TagSession','sts:AssumeRoleWithWebIdentity']", MM_IAM_ALLOWED},
		{"'Action':'STS:assumerolewithwebidentity'", MM_IAM_ALLOWED},
		{"'Action':'sts:*'", MM_IAM_ALLOWED},
		{"'Action':'*'", MM_IAM_ALLOWED},
		{"'Action':'sts:Assume*'", MM_IAM_ALLOWED},
		{"'Action':'sts:AssumeRoleWithWebIdentit?'", MM_IAM_ALLOWED},
		{"'Action':'sts:AssumeRole'", MM_IAM_DENIED},
		{"'Action':'sts:AssumeRoleWithSAML'", MM_IAM_DENIED},
		{"'Action':'s3:*'", MM_IAM_DENIED},
		{"'Action':[]", MM_IAM_DENIED},
		{"'NotAction':[]", MM_IAM_DENIED},
		{"'NotAction':'sts:AssumeRole'", MM_IAM_ALLOWED},
		{"'NotAction':'sts:AssumeRoleWith*'", MM_IAM_DENIED},
		{"'NotAction':['sts:TagSession','sts:*']", MM_IAM_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf text = {0};

		mm_buf_printf(&text, "{'Effect':'Allow','Principal':'*',%s}", rows[i].element);
		if (verdict(text.p, "") != rows[i].expected)
			fail_msg("%s", rows[i].element);
	}
}

static void a_statement_is_for_its_principals(void **state)
{
	static const struct {
		const char *element;
		enum mm_iam_verdict expected;
	} rows[] = {
		{"'Principal':{'Federated':'" TEST_PROVIDER "'}", MM_IAM_ALLOWED},
		{"'Principal':{'Federated':['accounts.google.com','" TEST_PROVIDER "']}", MM_IAM_ALLOWED},
		{"'Principal':{'AWS':'123456789012','Federated':'" TEST_PROVIDER "'}", MM_IAM_ALLOWED},
		{"'Principal':'*'", MM_IAM_ALLOWED},
		{"'Principal':{'AWS':'*'}", MM_IAM_ALLOWED},
		{"'Principal':{'Federated':'*'}", MM_IAM_DENIED},
		{"'Principal':{'Federated':['*','" TEST_PROVIDER "']}", MM_IAM_ALLOWED},
		{"'NotPrincipal':{'Federated':'*'}", MM_IAM_DENIED},
		{"'NotPrincipal':{}", MM_IAM_DENIED},
		{"'Principal':{'Federated':'" TEST_PROVIDER "/'}", MM_IAM_DENIED},
		{"'Principal':{'Federated':'arn:aws:iam::123456789012:oidc-provider/*'}", MM_IAM_DENIED},
		{"'Principal':{'Federated':'arn:aws:iam::123456789012:oidc-provider/OIDC.example.com/id/prod'}",
		 MM_IAM_DENIED},
		{"'Principal':{'AWS':'" TEST_PROVIDER "'}", MM_IAM_DENIED},
		{"'Principal':{'AWS':'arn:aws:iam::123456789012:root'}", MM_IAM_DENIED},
		{"'Principal':{'Service':'pods.eks.amazonaws.com'}", MM_IAM_DENIED},
		{"'Principal':{'Service':'*'}", MM_IAM_DENIED},
		{"'Principal':{}", MM_IAM_DENIED},
		{"'NotPrincipal':{'AWS':'123456789012'}", MM_IAM_ALLOWED},
		{"'NotPrincipal':{'Federated':'" TEST_PROVIDER "'}", MM_IAM_DENIED},
		{"'NotPrincipal':'*'", MM_IAM_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		mm_auto_buf text = {0};

		mm_buf_printf(&text, "{'Effect':'Allow','Action':'*',%s}", rows[i].element);
		if (verdict(text.p, "") != rows[i].expected)
			fail_msg("%s", rows[i].element);
	}
}

#define ALLOW       "{'Effect':'Allow','Principal':'*','Action':'*'}"
#define DENY        "{'Effect':'Deny','Principal':'*','Action':'*'}"
#define WHEN(c)     ",'Condition':{'StringEquals':{" c "}}}"
#define ALLOW_IF(c) "{'Effect':'Allow','Principal':'*','Action':'*'" WHEN(c)
#define DENY_IF(c)  "{'Effect':'Deny','Principal':'*','Action':'*'" WHEN(c)

static void a_deny_overrides_whatever_allows(void **state)
{
	static const struct {
		const char *statements, *request;
		enum mm_iam_verdict expected;
	} rows[] = {
		{"[" ALLOW "]", "", MM_IAM_ALLOWED},
		{ALLOW, "", MM_IAM_ALLOWED},
		{"[" DENY "]", "", MM_IAM_DENIED_EXPLICIT},
		{"[" ALLOW "," DENY "]", "", MM_IAM_DENIED_EXPLICIT},
		{"[" ALLOW ",{'Effect':'Deny','Principal':{'Federated':'*'},'Action':'*'}]", "",
		 MM_IAM_DENIED_EXPLICIT},
		{"[" DENY "," ALLOW "]", "", MM_IAM_DENIED_EXPLICIT},
		{"[" ALLOW "," DENY_IF("'k':'a'") "]", "k=b", MM_IAM_ALLOWED},
		{"[" ALLOW "," DENY_IF("'k':'a'") "]", "k=a", MM_IAM_DENIED_EXPLICIT},
		{"[" ALLOW_IF("'k':'a'") "," ALLOW_IF("'k':'b'") "]", "k=b", MM_IAM_ALLOWED},
		{"[" ALLOW_IF("'k':'a'") "," ALLOW_IF("'k':'b'") "]", "k=c", MM_IAM_DENIED},
		{"[" ALLOW_IF("'unknown:k':'a'") "]", "", MM_IAM_UNKNOWN},
		{"[" ALLOW_IF("'unknown:k':'a'") "," ALLOW "]", "", MM_IAM_ALLOWED},
		{"[" ALLOW "," DENY_IF("'unknown:k':'a'") "]", "", MM_IAM_DENIED_EXPLICIT},
		{"[" ALLOW_IF("'unknown:k':'a'") "," DENY "]", "", MM_IAM_DENIED_EXPLICIT},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		if (verdict(rows[i].statements, rows[i].request) != rows[i].expected)
			fail_msg("%s with %s", rows[i].statements, rows[i].request);
	}
}

static void a_decision_tells_every_statement_and_condition(void **state)
{
	static const char text[] = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"One\",\"Effect\":\"Allow\","
				   "\"Principal\":{\"Federated\":\"" TEST_PROVIDER
				   "\"},\"Action\":\"sts:AssumeRoleWithWebIdentity\","
				   "\"Condition\":{\"StringEquals\":{\"h:aud\":[\"a\",\"b\"],\"h:sub\":\"s\"},"
				   "\"StringMatch\":{\"h:x\":1}}},"
				   "{\"Effect\":\"Deny\",\"NotPrincipal\":{\"AWS\":\"1\"},\"NotAction\":\"sts:*\"}]}";
	static const char *const values[] = {"b"};
	struct mm_iam_key keys[] = {{.name = "H:AUD", .values = values, .count = 1}};
	struct mm_iam_request request = {.action = "sts:AssumeRoleWithWebIdentity",
					 .principal_type = "Federated",
					 .principal = TEST_PROVIDER,
					 .keys = keys,
					 .key_count = 1};
	mm_auto(mm_iam_policy) policy = test_trust_policy(text);
	mm_auto_iam_decision decision = {0};
	const struct mm_iam_statement *first, *second;
	struct mm_err err = {0};

	(void)state;
	assert_ok(mm_iam_evaluate(policy, &request, TEST_NOW, &decision, &err), &err);
	assert_int_equal(decision.verdict, MM_IAM_DENIED);
	assert_int_equal(decision.count, 2);
	first = &decision.statements[0];
	second = &decision.statements[1];
	assert_string_equal(first->sid, "One");
	assert_true(first->action_matches && first->principal_matches && !first->deny);
	assert_string_equal(first->principals.v[0], "Federated:" TEST_PROVIDER);
	assert_int_equal(first->condition_count, 3);
	assert_string_equal(first->conditions[0].operator, "StringEquals");
	assert_string_equal(first->conditions[0].key, "h:aud");
	assert_int_equal(first->conditions[0].wanted_count, 2);
	assert_string_equal(first->conditions[0].wanted[1], "b");
	assert_ptr_equal(first->conditions[0].got, &keys[0]);
	assert_int_equal(first->conditions[0].outcome, MM_IAM_MATCH);
	assert_null(first->conditions[0].why);
	assert_null(first->conditions[1].got);
	assert_string_equal(first->conditions[1].why, "the key is not in the request");
	assert_string_equal(first->conditions[2].why, "unknown operator");
	assert_string_equal(first->conditions[2].wanted[0], "1");
	assert_int_equal(second->index, 1);
	assert_null(second->sid);
	assert_true(second->deny && !second->action_matches && second->principal_matches);
	assert_string_equal(second->actions.v[0], "!sts:*");
	assert_string_equal(second->principals.v[0], "!AWS:1");
	assert_int_equal(second->outcome, MM_IAM_NO_MATCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_compared_exactly_or_without_case_or_with_wildcards),
		cmocka_unit_test(numbers_are_compared_by_their_value),
		cmocka_unit_test(dates_are_compared_as_points_in_time),
		cmocka_unit_test(booleans_bytes_and_addresses_are_compared_as_such),
		cmocka_unit_test(arns_are_compared_part_by_part),
		cmocka_unit_test(a_missing_key_matches_negated_operators_and_those_with_if_exists),
		cmocka_unit_test(null_asks_whether_a_key_is_missing),
		cmocka_unit_test(set_operators_ask_for_all_or_any_of_the_values_of_a_request),
		cmocka_unit_test(several_values_without_a_set_operator_decide_only_where_both_would_agree),
		cmocka_unit_test(operators_and_keys_are_and_values_are_or),
		cmocka_unit_test(variables_stand_for_values_of_the_request),
		cmocka_unit_test(a_variable_may_have_a_default),
		cmocka_unit_test(what_cannot_be_evaluated_never_allows_and_may_deny),
		cmocka_unit_test(a_statement_is_for_its_actions),
		cmocka_unit_test(a_statement_is_for_its_principals),
		cmocka_unit_test(a_deny_overrides_whatever_allows),
		cmocka_unit_test(a_decision_tells_every_statement_and_condition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
