/* SPDX-License-Identifier: Apache-2.0 */
/* What is going to happen, in order of time; what is for the same second, in the order in which it was put in. */
#ifndef TESTS_SIM_QUEUE_H
#define TESTS_SIM_QUEUE_H

#include <mintmark/clock.h>
#include <stdbool.h>
#include <stddef.h>

enum event_kind {
	EVENT_VIEW,     /* replica `who` may see revision `arg` */
	EVENT_ROTOR,    /* replica `who` looks whether something is due; void if its `alarm` is not `arg` any more */
	EVENT_DOWN,     /* replica `who` stops */
	EVENT_UP,       /* replica `who` starts */
	EVENT_BLACKOUT, /* all replicas stop, for weeks */
	EVENT_OUTAGE,   /* the store cannot be written, or not even read */
	EVENT_STEP,     /* the clock of all hosts is set by a day */
	EVENT_POLICY,   /* the configuration changes to epoch `arg` */
	EVENT_OPERATOR, /* somebody types a command */
	EVENT_MINT,     /* somebody asks for a token */
	EVENT_VERIFY,   /* token number `arg` is verified */
	EVENT_PUBLISH,  /* the publisher of replica `who` looks whether destinations lack something */
	EVENT_CUT,      /* destination `who` cannot be reached any more, or again */
	EVENT_UPLOAD,   /* it has finished an upload; void if its `round` is not `arg` any more */
};

struct event {
	mm_time at;
	uint64_t order; /* the queue's own */
	enum event_kind kind;
	int who;
	uint64_t arg;
};

struct queue {
	struct event *heap;
	size_t count, room;
	uint64_t order;
};

void queue_put(struct queue *queue, struct event event);
/* The first one that is not later than `until`; false when there is none. */
bool queue_take(struct queue *queue, mm_time until, struct event *out);
void queue_clear(struct queue *queue);

#endif
