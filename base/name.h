/* SPDX-License-Identifier: Apache-2.0 */
/* File names inside one directory; for file.c and durable.c. */
#ifndef MINTMARK_BASE_NAME_H
#define MINTMARK_BASE_NAME_H

#include <mintmark/err.h>
#include <stdbool.h>

/* A name that cannot lead out of its directory: not empty, ".", ".." or with a slash. MM_EUNSAFE. */
MM_MUSTCHECK enum mm_code mm_name_check(const char *name, struct mm_err *err);

#endif
