/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/publish/s3_url.h"

#include <string.h>

/* The partitions of AWS by their regions' names (botocore/data/partitions.json); the last one is for all others. */
static const struct {
	const char *regions;
	const char *domain;
} partitions[] = {
	{"cn-", "amazonaws.com.cn"},    {"us-iso-", "c2s.ic.gov"},      {"us-isob-", "sc2s.sgov.gov"},
	{"us-isof-", "csp.hci.ic.gov"}, {"eu-isoe-", "cloud.adc-e.uk"}, {"eusc-", "amazonaws.eu"},
	{"", "amazonaws.com"},
};

static const char *domain_of(const char *region)
{
	size_t i = 0;

	while (strncmp(region, partitions[i].regions, strlen(partitions[i].regions)) != 0)
		i++;
	return partitions[i].domain;
}

void mm_s3_add_bucket_url(struct mm_buf *out, const char *bucket, const char *endpoint, const char *region)
{
	size_t len = endpoint ? strlen(endpoint) : 0;

	while (len > 0 && endpoint[len - 1] == '/')
		len--;
	if (endpoint)
		mm_buf_printf(out, "%.*s/%s", (int)len, endpoint, bucket);
	else if (strchr(bucket, '.'))
		mm_buf_printf(out, "https://s3.%s.%s/%s", region, domain_of(region), bucket);
	else
		mm_buf_printf(out, "https://%s.s3.%s.%s", bucket, region, domain_of(region));
}

void mm_s3_add_key(struct mm_buf *out, const char *key)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

	mm_buf_add(out, "/", 1);
	for (; *key != '\0'; key++) {
		if (strchr(plain, *key))
			mm_buf_add(out, key, 1);
		else
			mm_buf_printf(out, "%%%02X", (unsigned char)*key);
	}
}
