/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/doctor/scope.h"

#include <arpa/inet.h>
#include <mintmark/attr.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

const char *const mm_scope_words[] = {
	[MM_SCOPE_PUBLIC] = "public",
	[MM_SCOPE_PRIVATE] = "private",
	[MM_SCOPE_LINK_LOCAL] = "link-local",
	[MM_SCOPE_LOOPBACK] = "loopback",
};

struct block {
	const char *prefix;
	int bits;
	enum mm_scope scope;
};

/* IANA IPv4 Special-Purpose Address Registry. Linux takes 0.0.0.0 to itself. */
static const struct block blocks4[] = {
	{"0.0.0.0", 8, MM_SCOPE_LOOPBACK},        {"10.0.0.0", 8, MM_SCOPE_PRIVATE},
	{"100.64.0.0", 10, MM_SCOPE_PRIVATE},     {"127.0.0.0", 8, MM_SCOPE_LOOPBACK},
	{"169.254.0.0", 16, MM_SCOPE_LINK_LOCAL}, {"172.16.0.0", 12, MM_SCOPE_PRIVATE},
	{"192.0.0.0", 24, MM_SCOPE_PRIVATE},      {"192.168.0.0", 16, MM_SCOPE_PRIVATE},
	{"198.18.0.0", 15, MM_SCOPE_PRIVATE},     {"224.0.0.0", 3, MM_SCOPE_PRIVATE},
};

/* IANA IPv6 Special-Purpose Address Registry. */
static const struct block blocks6[] = {
	{"::1", 128, MM_SCOPE_LOOPBACK}, {"::", 128, MM_SCOPE_LOOPBACK},   {"fe80::", 10, MM_SCOPE_LINK_LOCAL},
	{"fc00::", 7, MM_SCOPE_PRIVATE}, {"fec0::", 10, MM_SCOPE_PRIVATE}, {"ff00::", 8, MM_SCOPE_PRIVATE},
};

/* IPv6 addresses that stand for an IPv4 one, which begins at byte `at`: mapped, compatible, NAT64 and 6to4. */
static const struct {
	const char *prefix;
	int bits;
	size_t at;
} embeddings[] = {
	{"::ffff:0:0", 96, 12}, {"64:ff9b::", 96, 12}, {"64:ff9b:1::", 48, 12}, {"2002::", 16, 2}, {"::", 96, 12}};

static bool begins(const uint8_t *address, const uint8_t *prefix, int bits)
{
	size_t whole = (size_t)bits / 8;
	unsigned rest = 8 - (unsigned)bits % 8;

	return memcmp(address, prefix, whole) == 0 &&
	       (bits % 8 == 0 || address[whole] >> rest == prefix[whole] >> rest);
}

static bool look_up(int family, const uint8_t *address, const struct block *blocks, size_t n, enum mm_scope *out)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t prefix[16];

		if (inet_pton(family, blocks[i].prefix, prefix) == 1 && begins(address, prefix, blocks[i].bits)) {
			*out = blocks[i].scope;
			return true;
		}
	}
	*out = MM_SCOPE_PUBLIC;
	return false;
}

static void scope_of_six(const uint8_t *address, enum mm_scope *out)
{
	if (look_up(AF_INET6, address, blocks6, MM_COUNT(blocks6), out))
		return;
	for (size_t i = 0; i < MM_COUNT(embeddings); i++) {
		uint8_t prefix[16];

		if (inet_pton(AF_INET6, embeddings[i].prefix, prefix) != 1 ||
		    !begins(address, prefix, embeddings[i].bits))
			continue;
		look_up(AF_INET, address + embeddings[i].at, blocks4, MM_COUNT(blocks4), out);
		return;
	}
}

bool mm_scope_of(const char *address, enum mm_scope *out)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, address, bytes) == 1) {
		look_up(AF_INET, bytes, blocks4, MM_COUNT(blocks4), out);
		return true;
	}
	if (inet_pton(AF_INET6, address, bytes) != 1)
		return false;
	scope_of_six(bytes, out);
	return true;
}

bool mm_scope_may_lead(enum mm_scope from, enum mm_scope to)
{
	return to == MM_SCOPE_PUBLIC || to == from;
}
