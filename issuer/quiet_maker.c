/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/quiet_maker.h"

#include <mintmark/manage.h>
#include <mintmark/thread.h>

struct making {
	const struct mm_alg *alg;
	unsigned rsa_bits;
	struct mm_key **out;
	struct mm_err *err;
	enum mm_code code;
};

static void *make(void *arg)
{
	struct making *making = arg;

	mm_thread_lowest_priority();
	making->code = mm_generate_probed.make(mm_generate_probed.arg, making->alg, making->rsa_bits, making->out,
					       making->err);
	return NULL;
}

static enum mm_code make_in_thread(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
				   struct mm_err *err)
{
	struct making making = {.alg = alg, .rsa_bits = rsa_bits, .out = out, .err = err};
	pthread_t thread;
	enum mm_code code = mm_thread_start(&thread, make, &making, err);

	(void)arg;
	if (code != MM_OK)
		return code;
	pthread_join(thread, NULL);
	return making.code;
}

const struct mm_key_maker mm_quiet_maker = {.make = make_in_thread};
