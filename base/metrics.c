/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/metrics.h>

#include <math.h>
#include <string.h>

/* From a document served out of memory (tens of microseconds) to an RSA-4096 signature on a busy machine. */
#define BOUNDS(X)                                                                                                      \
	X(0.00001), X(0.00005), X(0.0001), X(0.0005), X(0.001), X(0.0025), X(0.005), X(0.01), X(0.025), X(0.1),        \
		X(0.5), X(2.5)
#define SECONDS(bound)     (bound)
#define NANOSECONDS(bound) (int64_t)((bound)*1e9 + 0.5)

const double mm_histogram_bounds[MM_HISTOGRAM_BUCKETS] = {BOUNDS(SECONDS)};
static const int64_t bounds_ns[MM_HISTOGRAM_BUCKETS] = {BOUNDS(NANOSECONDS)};

void mm_histogram_observe(struct mm_histogram *histogram, int64_t ns)
{
	size_t i = 0;

	while (i < MM_HISTOGRAM_BUCKETS && ns > bounds_ns[i])
		i++;
	mm_counter_add(&histogram->bucket[i], 1);
	mm_counter_add(&histogram->sum_ns, ns > 0 ? (uint64_t)ns : 0);
}

void mm_histogram_merge(struct mm_histogram *into, const struct mm_histogram *from)
{
	for (size_t i = 0; i <= MM_HISTOGRAM_BUCKETS; i++)
		mm_counter_add(&into->bucket[i], mm_counter_get(&from->bucket[i]));
	mm_counter_add(&into->sum_ns, mm_counter_get(&from->sum_ns));
}

/* Escapes backslash and newline, and in label values the quotation mark. */
static void add_escaped(struct mm_buf *out, const char *text, bool in_quotes)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			mm_buf_add(out, "\\n", 2);
		else if (*text == '\\' || (in_quotes && *text == '"'))
			mm_buf_printf(out, "\\%c", *text);
		else
			mm_buf_add(out, text, 1);
	}
}

void mm_metrics_family(struct mm_buf *out, const char *name, const char *type, const char *help)
{
	mm_buf_printf(out, "# HELP %s ", name);
	add_escaped(out, help, false);
	mm_buf_printf(out, "\n# TYPE %s %s\n", name, type);
}

static void add_value(struct mm_buf *out, double value)
{
	if (isnan(value))
		mm_buf_add_str(out, "NaN");
	else if (isinf(value))
		mm_buf_add_str(out, value > 0 ? "+Inf" : "-Inf");
	else
		mm_buf_add_double(out, value);
}

/* The labels, not closed yet; returns whether there were any. */
static bool add_labels(struct mm_buf *out, const struct mm_label *labels)
{
	const struct mm_label *label = labels;

	for (; label && label->name; label++) {
		mm_buf_printf(out, "%s%s=\"", label == labels ? "{" : ",", label->name);
		add_escaped(out, label->value, true);
		mm_buf_add(out, "\"", 1);
	}
	return label != labels;
}

static void add_series(struct mm_buf *out, const char *name, const char *suffix, const struct mm_label *labels)
{
	mm_buf_printf(out, "%s%s", name, suffix);
	mm_buf_add_str(out, add_labels(out, labels) ? "} " : " ");
}

static void add_bucket(struct mm_buf *out, const char *name, const struct mm_label *labels, double bound)
{
	mm_buf_printf(out, "%s_bucket", name);
	mm_buf_add_str(out, add_labels(out, labels) ? ",le=\"" : "{le=\"");
	add_value(out, bound);
	mm_buf_add_str(out, "\"} ");
}

void mm_metrics_sample(struct mm_buf *out, const char *name, const struct mm_label *labels, double value)
{
	add_series(out, name, "", labels);
	add_value(out, value);
	mm_buf_add(out, "\n", 1);
}

void mm_metrics_histogram(struct mm_buf *out, const char *name, const struct mm_label *labels,
			  const struct mm_histogram *histogram)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= MM_HISTOGRAM_BUCKETS; i++) {
		count += mm_counter_get(&histogram->bucket[i]);
		add_bucket(out, name, labels, i < MM_HISTOGRAM_BUCKETS ? mm_histogram_bounds[i] : INFINITY);
		mm_buf_printf(out, "%llu\n", (unsigned long long)count);
	}
	add_series(out, name, "_sum", labels);
	add_value(out, (double)mm_counter_get(&histogram->sum_ns) / 1e9);
	mm_buf_add(out, "\n", 1);
	add_series(out, name, "_count", labels);
	mm_buf_printf(out, "%llu\n", (unsigned long long)count);
}
