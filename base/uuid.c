/* SPDX-License-Identifier: Apache-2.0 */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA_CTX, see below */

#include <mintmark/uuid.h>

#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

enum { UUID_BYTES = 16 };

/* Whether a hyphen stands before this byte: 8-4-4-4-12 digits. */
static bool hyphen_before(int byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

/* Sets the version and the variant (RFC 9562 §4), and writes the text. */
static void finish(uint8_t uuid[static UUID_BYTES], int version, char out[static MM_UUID_SIZE])
{
	static const char hex[] = "0123456789abcdef";

	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | version << 4);
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	for (int i = 0; i < UUID_BYTES; i++) {
		if (hyphen_before(i))
			*out++ = '-';
		*out++ = hex[uuid[i] >> 4];
		*out++ = hex[uuid[i] & 15];
	}
	*out = '\0';
}

enum mm_code mm_uuid4(char out[static MM_UUID_SIZE], struct mm_err *err)
{
	uint8_t uuid[UUID_BYTES];

	if (RAND_bytes(uuid, sizeof uuid) != 1)
		return mm_fail_openssl(err, MM_ECRYPTO, "no random bytes");
	finish(uuid, 4, out);
	return MM_OK;
}

/* Each use of SHA-1 by its name is looked up anew, which takes longer than the hash of a name. */
static void sha1_of_two(struct mm_span a, struct mm_span b, uint8_t digest[static SHA_DIGEST_LENGTH])
{
	SHA_CTX state;

	SHA1_Init(&state);
	SHA1_Update(&state, a.p, a.len);
	SHA1_Update(&state, b.p, b.len);
	SHA1_Final(digest, &state);
}

void mm_uuid5_url(struct mm_span name, char out[static MM_UUID_SIZE])
{
	/* 6ba7b811-9dad-11d1-80b4-00c04fd430c8 */
	static const uint8_t url_namespace[UUID_BYTES] = {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1,
							  0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
	uint8_t digest[SHA_DIGEST_LENGTH];

	sha1_of_two(mm_span(url_namespace, sizeof url_namespace), name, digest);
	finish(digest, 5, out);
}
