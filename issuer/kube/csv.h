/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading CSV (RFC 4180) in place: fields are unquoted where they stand, so that there is no second copy of a secret.
 * Lines end in LF too, as Go's encoding/csv has it, by which kube-apiserver reads such files.
 */
#ifndef MINTMARK_ISSUER_KUBE_CSV_H
#define MINTMARK_ISSUER_KUBE_CSV_H

#include <mintmark/bytes.h>

#define MM_CSV_FIELDS_MAX 4 /* that are handed out; further ones are counted and passed over */

struct mm_csv {
	char *at;    /* what is left of the text, which ends in NUL */
	size_t line; /* in which `at` stands, from 1 */
};

struct mm_csv_record {
	char *fields[MM_CSV_FIELDS_MAX]; /* as far as there are so many; in the text */
	size_t count;                    /* of all fields; 0: the text has ended */
	size_t line;                     /* in which it begins */
};

/*
 * The next record; empty lines are passed over. MM_EPARSE: a quotation mark inside a field without them, something
 * after the closing one, or no closing one. `record->line` is set then too.
 */
MM_MUSTCHECK enum mm_code mm_csv_next(struct mm_csv *csv, struct mm_csv_record *record, struct mm_err *err);

#endif
