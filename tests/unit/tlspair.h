/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys for the tests of TLS, as PEM files. Every call succeeds or fails the test. */
#ifndef MINTMARK_TESTS_TLSPAIR_H
#define MINTMARK_TESTS_TLSPAIR_H

#include "tests/unit/support.h"

#include <mintmark/clock.h>

/* Writes a fresh P-256 key and its self-signed certificate for localhost, valid for an hour up to `expires`. */
void test_tls_pair(const struct test_dir *dir, const char *certificate, const char *key, mm_time expires);

#endif
