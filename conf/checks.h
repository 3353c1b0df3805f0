/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules for a single value, for `check` in the rows of the option tables. Each: MM_OK, or MM_EREFUSED or MM_EPARSE and
 * what is wrong with the value, which may stand before it: 'WHAT "VALUE": WHY'.
 */
#ifndef MINTMARK_CONF_CHECKS_H
#define MINTMARK_CONF_CHECKS_H

#include <mintmark/err.h>

enum mm_code mm_check_issuer(const char *value, struct mm_err *err);
enum mm_code mm_check_address(const char *value, struct mm_err *err);       /* HOST:PORT */
enum mm_code mm_check_admin_address(const char *value, struct mm_err *err); /* that, unix:/PATH, or off */
enum mm_code mm_check_destination(const char *value, struct mm_err *err);   /* a directory, or s3://BUCKET[/PREFIX] */
enum mm_code mm_check_rsa_bits(const char *value, struct mm_err *err);
enum mm_code mm_check_label(const char *value, struct mm_err *err);     /* a name in DNS-1123's smaller form */
enum mm_code mm_check_subdomain(const char *value, struct mm_err *err); /* and in its larger one */
enum mm_code mm_check_label_glob(const char *value, struct mm_err *err);
enum mm_code mm_check_subdomain_glob(const char *value, struct mm_err *err);
enum mm_code mm_check_who(const char *value, struct mm_err *err);        /* a user or group of a rule, or * */
enum mm_code mm_check_annotation(const char *value, struct mm_err *err); /* the name of one */

#endif
