/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <mintmark/kubeapi.h>
#include <stdio.h>

#define PROTOBUF "application/vnd.kubernetes.protobuf"

enum { NEITHER = MM_MEDIA_COUNT };

struct row {
	const char *value; /* NULL: no such header */
	int expected;      /* an enum mm_media, or NEITHER */
};

static void a_body_is_what_its_content_type_says(void **state)
{
	static const struct row rows[] = {
		{NULL, MM_MEDIA_JSON},
		{"", MM_MEDIA_JSON},
		{"application/json", MM_MEDIA_JSON},
		{"Application/JSON", MM_MEDIA_JSON},
		{"application/json;charset=UTF-8", MM_MEDIA_JSON},
		{" application/json ; charset=\"a;b\"", MM_MEDIA_JSON},
		{PROTOBUF, MM_MEDIA_PROTOBUF},
		{PROTOBUF ";stream=watch", MM_MEDIA_PROTOBUF},
		{"application/x-www-form-urlencoded", NEITHER},
		{"application/yaml", NEITHER},
		{"text/plain", NEITHER},
		{"application/jsonx", NEITHER},
		{"application/jso", NEITHER},
		{"application/json, application/json", NEITHER},
		{"*/*", NEITHER},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		enum mm_media media;
		int found = mm_media_of_body(mm_span_str(rows[i].value), &media) ? (int)media : NEITHER;

		if (found != rows[i].expected)
			fail_msg("Content-Type %s: %d", rows[i].value, found);
	}
}

static void an_answer_is_what_accept_prefers(void **state)
{
	static const struct row rows[] = {
		{NULL, MM_MEDIA_JSON},
		{"", MM_MEDIA_JSON},
		{" ", MM_MEDIA_JSON},
		{"*/*", MM_MEDIA_JSON},
		{"application/*", MM_MEDIA_JSON},
		{"application/json", MM_MEDIA_JSON},
		{PROTOBUF, MM_MEDIA_PROTOBUF},
		/* kubectl 1.31 and before; 1.32 and after */
		{"application/json, */*", MM_MEDIA_JSON},
		{PROTOBUF ",application/json", MM_MEDIA_PROTOBUF},
		/* of equals the first, by weight the heavier */
		{"application/json," PROTOBUF, MM_MEDIA_JSON},
		{"application/json;q=0.8," PROTOBUF ";q=0.9", MM_MEDIA_PROTOBUF},
		{PROTOBUF ";q=0.1,*/*;q=0.2", MM_MEDIA_JSON},
		{"Application/JSON ; Q=0.5 , APPLICATION/VND.KUBERNETES.PROTOBUF;q=1.000", MM_MEDIA_PROTOBUF},
		/* the closest range speaks for a type, wherever it stands */
		{"*/*,application/json;q=0", MM_MEDIA_PROTOBUF},
		{"application/json;q=0,*/*", MM_MEDIA_PROTOBUF},
		{"*/*;q=0,application/json;q=0.001", MM_MEDIA_JSON},
		{"application/*;q=0,*/*", NEITHER},
		{"application/json;q=0.1,application/json", MM_MEDIA_JSON},
		/* what is to be turned into something else is passed over */
		{"application/json;as=Table;v=v1;g=meta.k8s.io,application/json", MM_MEDIA_JSON},
		{PROTOBUF ";as=Table,application/json;q=0.1", MM_MEDIA_JSON},
		{"application/json;as=Table", NEITHER},
		/* a comma or semicolon in a quoted string is none */
		{"text/html;a=\"," PROTOBUF ",\",application/json", MM_MEDIA_JSON},
		{"text/html;a=\"\\\"," PROTOBUF "\",*/*", MM_MEDIA_JSON},
		{"application/json;a=\";q=0\"", MM_MEDIA_JSON},
		/* empty elements are nothing, malformed weights neither */
		{",,application/json,", MM_MEDIA_JSON},
		{"application/json;q=2," PROTOBUF ";q=0.1", MM_MEDIA_PROTOBUF},
		{"application/json;q=1.001", NEITHER},
		{"application/json;q=", NEITHER},
		{"application/json;q=0.1234", NEITHER},
		{"application/json;q=-1", NEITHER},
		{"application/json;q=01", NEITHER},
		{"application/json;q=.5", NEITHER},
		{"application/json;q=0.x", NEITHER},
		{"application/json;q=1.", MM_MEDIA_JSON},
		{"application/json;q=0", NEITHER},
		{"application/json;q=0.000", NEITHER},
		{"application/yaml", NEITHER},
		{"text/*", NEITHER},
		{"*", NEITHER},
		{",", NEITHER},
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT(rows); i++) {
		enum mm_media media;
		bool accepted = mm_media_of_answer(mm_span_str(rows[i].value), &media);

		if ((accepted ? (int)media : NEITHER) != rows[i].expected)
			fail_msg("Accept: %s: %d, %d", rows[i].value, accepted, (int)media);
		if (!accepted)
			assert_int_equal(media, MM_MEDIA_JSON);
	}
}

static void each_form_has_the_name_that_it_is_known_by(void **state)
{
	(void)state;
	for (int i = 0; i < MM_MEDIA_COUNT; i++) {
		enum mm_media media;

		assert_true(mm_media_of_body(mm_span_str(mm_media_type((enum mm_media)i)), &media));
		assert_int_equal(media, i);
		assert_true(mm_media_of_answer(mm_span_str(mm_media_type((enum mm_media)i)), &media));
		assert_int_equal(media, i);
	}
	assert_string_equal(mm_media_type(MM_MEDIA_JSON), "application/json");
	assert_string_equal(mm_media_type(MM_MEDIA_PROTOBUF), PROTOBUF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_is_what_its_content_type_says),
		cmocka_unit_test(an_answer_is_what_accept_prefers),
		cmocka_unit_test(each_form_has_the_name_that_it_is_known_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
