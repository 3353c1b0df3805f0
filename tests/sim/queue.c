/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap. */
#include "tests/sim/queue.h"

#include <stdlib.h>

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
	struct event kept = *a;

	*a = *b;
	*b = kept;
}

void queue_put(struct queue *queue, struct event event)
{
	size_t i = queue->count;

	if (queue->count == queue->room) {
		queue->room = queue->room ? 2 * queue->room : 256;
		queue->heap = reallocarray(queue->heap, queue->room, sizeof *queue->heap);
		if (!queue->heap)
			abort();
	}
	event.order = queue->order++;
	queue->heap[queue->count++] = event;
	for (; i > 0 && before(&queue->heap[i], &queue->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&queue->heap[i], &queue->heap[(i - 1) / 2]);
}

static void sink(struct queue *queue)
{
	size_t i = 0;

	for (;;) {
		size_t least = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < queue->count; child++) {
			if (before(&queue->heap[child], &queue->heap[least]))
				least = child;
		}
		if (least == i)
			return;
		swap(&queue->heap[i], &queue->heap[least]);
		i = least;
	}
}

bool queue_take(struct queue *queue, mm_time until, struct event *out)
{
	if (queue->count == 0 || queue->heap[0].at > until)
		return false;
	*out = queue->heap[0];
	queue->heap[0] = queue->heap[--queue->count];
	sink(queue);
	return true;
}

void queue_clear(struct queue *queue)
{
	free(queue->heap);
	*queue = (struct queue){0};
}
