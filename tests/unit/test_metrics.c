/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support.h"

#include <math.h>
#include <mintmark/metrics.h>
#include <pthread.h>
#include <string.h>

static void counters_add_up(void **state)
{
	mm_counter counter = 0;

	(void)state;
	mm_counter_add(&counter, 1);
	mm_counter_add(&counter, 41);
	assert_int_equal(mm_counter_get(&counter), 42);
}

static void bounds_ascend(void **state)
{
	(void)state;
	assert_true(mm_histogram_bounds[0] > 0);
	for (size_t i = 1; i < MM_HISTOGRAM_BUCKETS; i++)
		assert_true(mm_histogram_bounds[i] > mm_histogram_bounds[i - 1]);
}

static void a_bound_is_in_its_bucket_and_one_nanosecond_more_in_the_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_HISTOGRAM_BUCKETS; i++) {
		struct mm_histogram histogram = {0};
		int64_t bound = (int64_t)(mm_histogram_bounds[i] * 1e9 + 0.5);

		mm_histogram_observe(&histogram, bound);
		assert_int_equal(mm_counter_get(&histogram.bucket[i]), 1);
		mm_histogram_observe(&histogram, bound + 1);
		assert_int_equal(mm_counter_get(&histogram.bucket[i + 1]), 1);
		assert_int_equal(mm_counter_get(&histogram.sum_ns), 2 * bound + 1);
	}
}

static void what_is_beyond_all_bounds_is_in_the_last_bucket(void **state)
{
	struct mm_histogram histogram = {0};

	(void)state;
	mm_histogram_observe(&histogram, INT64_C(3600000000000));
	assert_int_equal(mm_counter_get(&histogram.bucket[MM_HISTOGRAM_BUCKETS]), 1);
}

static void a_negative_latency_counts_as_none(void **state)
{
	struct mm_histogram histogram = {0};

	(void)state;
	mm_histogram_observe(&histogram, -5);
	assert_int_equal(mm_counter_get(&histogram.bucket[0]), 1);
	assert_int_equal(mm_counter_get(&histogram.sum_ns), 0);
}

static void histograms_are_merged_bucket_by_bucket(void **state)
{
	struct mm_histogram into = {0}, from = {0};

	(void)state;
	mm_histogram_observe(&into, 1);
	mm_histogram_observe(&from, 2);
	mm_histogram_observe(&from, INT64_C(3600000000000));
	mm_histogram_merge(&into, &from);
	assert_int_equal(mm_counter_get(&into.bucket[0]), 2);
	assert_int_equal(mm_counter_get(&into.bucket[MM_HISTOGRAM_BUCKETS]), 1);
	assert_int_equal(mm_counter_get(&into.sum_ns), INT64_C(3600000000003));
	assert_int_equal(mm_counter_get(&from.bucket[0]), 1);
}

static void a_family_is_help_and_type(void **state)
{
	mm_auto_buf out = {0};

	(void)state;
	mm_metrics_family(&out, "mm_x_total", "counter", "back\\slash, new\nline, \"quotes\"");
	assert_string_equal(out.p, "# HELP mm_x_total back\\\\slash, new\\nline, \"quotes\"\n"
				   "# TYPE mm_x_total counter\n");
}

static void a_sample_without_labels_is_name_and_value(void **state)
{
	const struct mm_label none[] = {{0}};
	mm_auto_buf out = {0};

	(void)state;
	mm_metrics_sample(&out, "mm_x", NULL, 3);
	mm_metrics_sample(&out, "mm_x", none, 0.25);
	assert_string_equal(out.p, "mm_x 3\nmm_x 0.25\n");
}

static void labels_are_quoted_and_escaped(void **state)
{
	const struct mm_label labels[] = {{"route", "/a"}, {"v", "\"\\\n\u20ac"}, {0}};
	mm_auto_buf out = {0};

	(void)state;
	mm_metrics_sample(&out, "mm_x", labels, 1);
	assert_string_equal(out.p, "mm_x{route=\"/a\",v=\"\\\"\\\\\\n\u20ac\"} 1\n");
}

static void large_counts_keep_their_digits(void **state)
{
	mm_auto_buf out = {0};

	(void)state;
	mm_metrics_sample(&out, "mm_x", NULL, 1795306500123.0);
	assert_string_equal(out.p, "mm_x 1795306500123\n");
}

static void what_is_no_number_has_its_prometheus_name(void **state)
{
	mm_auto_buf out = {0};

	(void)state;
	mm_metrics_sample(&out, "x", NULL, (double)NAN);
	mm_metrics_sample(&out, "x", NULL, (double)INFINITY);
	mm_metrics_sample(&out, "x", NULL, -(double)INFINITY);
	assert_string_equal(out.p, "x NaN\nx +Inf\nx -Inf\n");
}

static void a_histogram_is_cumulative_and_ends_in_inf_sum_and_count(void **state)
{
	const struct mm_label labels[] = {{"route", "jwks"}, {0}};
	struct mm_histogram histogram = {0};
	mm_auto_buf out = {0};

	(void)state;
	mm_histogram_observe(&histogram, 5000);       /* 5 us */
	mm_histogram_observe(&histogram, 750000);     /* 0.75 ms */
	mm_histogram_observe(&histogram, 3000000000); /* 3 s */
	mm_metrics_histogram(&out, "mm_seconds", labels, &histogram);
	assert_string_equal(out.p, "mm_seconds_bucket{route=\"jwks\",le=\"0.00001\"} 1\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"0.00005\"} 1\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"0.0001\"} 1\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"0.0005\"} 1\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"0.001\"} 2\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"0.0025\"} 2\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"0.005\"} 2\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"0.01\"} 2\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"0.025\"} 2\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"0.1\"} 2\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"0.5\"} 2\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"2.5\"} 2\n"
				   "mm_seconds_bucket{route=\"jwks\",le=\"+Inf\"} 3\n"
				   "mm_seconds_sum{route=\"jwks\"} 3.000755\n"
				   "mm_seconds_count{route=\"jwks\"} 3\n");
}

static void a_histogram_without_labels_has_le_alone(void **state)
{
	struct mm_histogram histogram = {0};
	mm_auto_buf out = {0};

	(void)state;
	mm_metrics_histogram(&out, "x", NULL, &histogram);
	assert_contains(out.p, "x_bucket{le=\"+Inf\"} 0\nx_sum 0\nx_count 0\n");
}

static void *count_up(void *counter)
{
	for (int i = 0; i < 100000; i++)
		mm_counter_add((mm_counter *)counter, 1);
	return NULL;
}

static void a_reader_sees_a_counter_grow_only(void **state)
{
	static mm_counter counter;
	pthread_t writer;
	uint64_t last = 0;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, count_up, &counter), 0);
	for (int i = 0; i < 100000; i++) {
		uint64_t seen = mm_counter_get(&counter);

		assert_true(seen >= last && seen <= 100000);
		last = seen;
	}
	pthread_join(writer, NULL);
	assert_int_equal(mm_counter_get(&counter), 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_add_up),
		cmocka_unit_test(bounds_ascend),
		cmocka_unit_test(a_bound_is_in_its_bucket_and_one_nanosecond_more_in_the_next),
		cmocka_unit_test(what_is_beyond_all_bounds_is_in_the_last_bucket),
		cmocka_unit_test(a_negative_latency_counts_as_none),
		cmocka_unit_test(histograms_are_merged_bucket_by_bucket),
		cmocka_unit_test(a_family_is_help_and_type),
		cmocka_unit_test(a_sample_without_labels_is_name_and_value),
		cmocka_unit_test(labels_are_quoted_and_escaped),
		cmocka_unit_test(large_counts_keep_their_digits),
		cmocka_unit_test(what_is_no_number_has_its_prometheus_name),
		cmocka_unit_test(a_histogram_is_cumulative_and_ends_in_inf_sum_and_count),
		cmocka_unit_test(a_histogram_without_labels_has_le_alone),
		cmocka_unit_test(a_reader_sees_a_counter_grow_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
