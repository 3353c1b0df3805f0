/* SPDX-License-Identifier: Apache-2.0 */
/* Compiler attributes that the rest of the code relies on: must-check results and scoped ownership. */
#ifndef MINTMARK_ATTR_H
#define MINTMARK_ATTR_H

#define MM_MUSTCHECK                       __attribute__((warn_unused_result))
#define MM_PRINTF(format_index, first_arg) __attribute__((format(printf, format_index, first_arg)))

/* Runs `fn(&variable)` when the variable leaves its scope:  MM_CLEANUP(mm_buf_free) struct mm_buf b = {0}; */
#define MM_CLEANUP(fn) __attribute__((cleanup(fn)))

/*
 * mm_auto(mm_key) key = NULL;  declares a `struct mm_key *` that is freed when it leaves its scope. One on each line:
 * in `mm_auto(mm_key) a, b` the second would not be a pointer.
 * A module that has a destructor `void mm_key_free(struct mm_key *)` says MM_AUTO(mm_key) in its header.
 */
#define mm_auto(type) MM_CLEANUP(type##_cleanup) struct type *
#define MM_AUTO(type)                                                                                                  \
	static inline void type##_cleanup(struct type **owned)                                                         \
	{                                                                                                              \
		type##_free(*owned);                                                                                   \
	}

/* Hands an owned pointer on: evaluates to it and leaves NULL behind, so that its cleanup frees nothing. */
#define mm_take(owned)                                                                                                 \
	({                                                                                                             \
		__typeof__(owned) taken_ = (owned);                                                                    \
		(owned) = NULL;                                                                                        \
		taken_;                                                                                                \
	})

#define MM_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
