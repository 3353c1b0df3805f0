/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/fermat.h"

#include <mintmark/ossl.h>

enum { ROUNDS = 20 }; /* those of the CVE fall to the first */

/* Sets `root` to the square root of `n`, rounded down, by Newton's method from above. */
static bool square_root(BIGNUM *root, const BIGNUM *n, BN_CTX *context)
{
	mm_ossl_auto(BIGNUM) next = BN_new();

	if (!next || !BN_set_word(root, 1) || !BN_lshift(root, root, (BN_num_bits(n) + 1) / 2))
		return false;
	for (;;) {
		if (!BN_div(next, NULL, n, root, context) || !BN_add(next, next, root) || !BN_rshift1(next, next))
			return false;
		if (BN_cmp(next, root) >= 0)
			return true;
		if (!BN_copy(root, next))
			return false;
	}
}

/* Sieves most of those that are none: a square is 0, 1, 4 or 9 modulo 16, and 0 or 1 modulo 3, 0, 1 or 4 modulo 5. */
static bool may_be_square(const BIGNUM *n)
{
	unsigned residue = (unsigned)BN_mod_word(n, 16 * 3 * 5);
	unsigned by_16 = residue % 16, by_5 = residue % 5;

	return (by_16 == 0 || by_16 == 1 || by_16 == 4 || by_16 == 9) && residue % 3 != 2 && by_5 != 2 && by_5 != 3;
}

/* -1: memory failed */
static int is_square(const BIGNUM *n, BIGNUM *root, BIGNUM *square, BN_CTX *context)
{
	if (BN_is_zero(n))
		return 1;
	if (!may_be_square(n))
		return 0;
	if (!square_root(root, n, context) || !BN_sqr(square, root, context))
		return -1;
	return BN_cmp(square, n) == 0;
}

/* n = a² - b² = (a+b)(a-b): from the smallest a whose square is not below n, upwards. */
bool mm_fermat_factors(const BIGNUM *modulus, BN_CTX *context)
{
	mm_ossl_auto(BIGNUM) a = BN_new();
	mm_ossl_auto(BIGNUM) b_squared = BN_new();
	mm_ossl_auto(BIGNUM) root = BN_new();
	mm_ossl_auto(BIGNUM) scratch = BN_new();

	if (!a || !b_squared || !root || !scratch || !square_root(a, modulus, context) ||
	    !BN_sqr(b_squared, a, context) || !BN_sub(b_squared, b_squared, modulus))
		return true;
	for (int round = 0; round < ROUNDS; round++) {
		if (!BN_is_negative(b_squared) && is_square(b_squared, root, scratch, context) != 0)
			return true;
		/* (a+1)² = a² + 2a + 1 */
		if (!BN_lshift1(scratch, a) || !BN_add_word(scratch, 1) || !BN_add(b_squared, b_squared, scratch) ||
		    !BN_add_word(a, 1))
			return true;
	}
	return false;
}
