/* SPDX-License-Identifier: Apache-2.0 */
/* Trust policies and requests of tests, as short texts. */
#ifndef MINTMARK_TESTS_IAMWORLD_H
#define MINTMARK_TESTS_IAMWORLD_H

#include <mintmark/iam.h>

#define TEST_PROVIDER "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/prod"
#define TEST_NOW      ((mm_time)1795305600) /* 2026-11-22T00:00:00Z */

/* The policy, which must be readable. */
struct mm_iam_policy *test_trust_policy(const char *text);

/*
 * What the only statement of a policy comes to, whose Condition is `condition`, for a request that has the keys
 * "NAME=VALUE|VALUE;NAME=VALUE;…"; "NAME[]=…" has several values by nature. Nothing is known of keys that begin with
 * "unknown:".
 */
enum mm_iam_outcome test_condition(const char *effect, const char *version, const char *condition, const char *request);

/* The verdict on sts:AssumeRoleWithWebIdentity by TEST_PROVIDER with such keys. */
enum mm_iam_verdict test_verdict(const char *policy, const char *request);

#endif
