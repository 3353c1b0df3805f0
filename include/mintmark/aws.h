/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials and settings for AWS as its SDKs find them: environment, then the shared files (AWS SDKs and Tools
 * Reference Guide, "Standardized credential providers"). Neither the instance's metadata service nor SSO is asked.
 */
#ifndef MINTMARK_AWS_H
#define MINTMARK_AWS_H

#include <mintmark/bytes.h>

struct mm_aws_settings {
	char *access_key_id;
	char *secret_access_key; /* cleansed when freed */
	char *session_token;     /* NULL: none */
	char *region;            /* NULL: none is set */
	char *endpoint_s3;       /* AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, or the profile's; NULL: none */
	char *ca_bundle;         /* AWS_CA_BUNDLE, or the profile's; NULL: the system's */
};

/*
 * AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; or the profile AWS_PROFILE (AWS_DEFAULT_PROFILE,
 * "default") of AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials) and AWS_CONFIG_FILE (~/.aws/config). Read anew for
 * each use: files change. MM_ECONFIG: there are none, half of a pair, a profile that is named and is not there, or
 * one whose keys somebody would have to be asked for (a role, SSO, a process); the line says where was looked.
 * MM_EPARSE: a file, with its line. Nothing of a secret is in any line.
 */
MM_MUSTCHECK enum mm_code mm_aws_settings_load(struct mm_aws_settings *out, struct mm_err *err);
void mm_aws_settings_clear(struct mm_aws_settings *settings);
#define mm_auto_aws_settings MM_CLEANUP(mm_aws_settings_clear) struct mm_aws_settings

#endif
