/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/maker.h"

#include "cli/output.h"

#include <mintmark/manage.h>
#include <unistd.h>

/* Smaller ones are made before anybody wonders. */
#define QUICK_RSA_BITS 2048

static enum mm_code make(void *arg, const struct mm_alg *alg, unsigned rsa_bits, struct mm_key **out,
			 struct mm_err *err)
{
	(void)arg;
	if (alg->kty == MM_KTY_RSA && rsa_bits > QUICK_RSA_BITS && isatty(STDERR_FILENO))
		mm_note("making an RSA key of %u bits, which takes some seconds", rsa_bits);
	return mm_generate_probed.make(mm_generate_probed.arg, alg, rsa_bits, out, err);
}

const struct mm_key_maker mm_cli_maker = {.make = make};
