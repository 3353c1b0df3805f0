/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics: counters that one thread writes and another reads, and the Prometheus text format 0.0.4.
 * Each worker owns its own, so that the hot path writes no line of memory that another core writes.
 */
#ifndef MINTMARK_METRICS_H
#define MINTMARK_METRICS_H

#include <mintmark/bytes.h>
#include <stdatomic.h>

typedef _Atomic uint64_t mm_counter;

/* By the one thread that owns it: a plain increment that readers see whole. */
static inline void mm_counter_add(mm_counter *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline uint64_t mm_counter_get(const mm_counter *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Latencies in fixed buckets, see mm_histogram_bounds. */
#define MM_HISTOGRAM_BUCKETS 12
extern const double mm_histogram_bounds[MM_HISTOGRAM_BUCKETS]; /* upper bounds in seconds, ascending */
struct mm_histogram {
	mm_counter bucket[MM_HISTOGRAM_BUCKETS + 1]; /* not cumulative; the last is +Inf */
	mm_counter sum_ns;
};
void mm_histogram_observe(struct mm_histogram *histogram, int64_t ns);
void mm_histogram_merge(struct mm_histogram *into, const struct mm_histogram *from);

/* "# HELP", "# TYPE" (type is "counter", "gauge" or "histogram"). */
void mm_metrics_family(struct mm_buf *out, const char *name, const char *type, const char *help);

struct mm_label {
	const char *name;
	const char *value; /* escaped when written */
};
/* One sample; `labels` ends with a row whose name is NULL, or is NULL. */
void mm_metrics_sample(struct mm_buf *out, const char *name, const struct mm_label *labels, double value);
/* The buckets, sum and count of one histogram, under the family's `name`. */
void mm_metrics_histogram(struct mm_buf *out, const char *name, const struct mm_label *labels,
			  const struct mm_histogram *histogram);

#endif
