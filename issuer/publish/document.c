/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/document.h>

#include <mintmark/base64url.h>
#include <mintmark/claims.h>
#include <mintmark/json.h>
#include <mintmark/keyio.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static enum mm_code out_of_memory(struct mm_err *err)
{
	return mm_fail(err, MM_ENOMEM, "out of memory");
}

static bool is_served(const struct mm_key_record *record, mm_time now)
{
	return mm_key_states[mm_key_state(record, now)].in_jwks;
}

/* ---- JWKS ---- */

/* Lower comes first: who keeps only the first keys of a long list must be left with those that sign now. */
static int jwks_rank(const struct mm_key_record *record, const struct mm_alg *first_alg, mm_time now)
{
	if (!mm_key_states[mm_key_state(record, now)].signs)
		return 2;
	return mm_key_alg(record->key) == first_alg ? 0 : 1;
}

enum { JWKS_RANKS = 3 };

static enum mm_code append_jwk(json_t *keys, const struct mm_key *key, struct mm_err *err)
{
	json_t *jwk = NULL;
	enum mm_code code = mm_jwk_from_key(key, &jwk, err);

	if (code == MM_OK && json_array_append_new(keys, jwk) != 0)
		return out_of_memory(err);
	return code;
}

const struct mm_key_record *mm_jwks_next(const struct mm_keyset *set, const struct mm_alg *first_alg, mm_time now,
					 const struct mm_key_record *after)
{
	size_t i = after ? (size_t)(after - set->records) + 1 : 0;

	for (int rank = after ? jwks_rank(after, first_alg, now) : 0; rank < JWKS_RANKS; rank++, i = 0) {
		for (; i < set->count; i++) {
			const struct mm_key_record *record = &set->records[i];

			if (is_served(record, now) && jwks_rank(record, first_alg, now) == rank)
				return record;
		}
	}
	return NULL;
}

static enum mm_code render_jwks(const struct mm_keyset *set, const struct mm_alg *first_alg, mm_time now,
				struct mm_buf *out, struct mm_err *err)
{
	json_t *document = json_pack("{s:[]}", "keys"), *keys = json_object_get(document, "keys");
	enum mm_code code = document ? MM_OK : out_of_memory(err);

	for (const struct mm_key_record *record = NULL;
	     code == MM_OK && (record = mm_jwks_next(set, first_alg, now, record));)
		code = append_jwk(keys, record->key, err);
	if (code == MM_OK && json_array_size(keys) == 0)
		code = mm_fail(err, MM_EREFUSED, "the JWKS would be empty: no key of the set is published");
	if (code == MM_OK)
		code = mm_json_dump(document, false, out, err);
	json_decref(document);
	return code;
}

/* ---- discovery ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool serves_alg(const struct mm_keyset *set, const struct mm_alg *alg, mm_time now)
{
	for (size_t i = 0; i < set->count; i++) {
		if (is_served(&set->records[i], now) && mm_key_alg(set->records[i].key) == alg)
			return true;
	}
	return false;
}

/* Without memory the list is gone and stays so, and with it the document. */
static void append_name(json_t **list, const char *name)
{
	if (json_array_append_new(*list, json_string(name)) != 0) {
		json_decref(*list);
		*list = NULL;
	}
}

static json_t *algs_of(const struct mm_keyset *set, mm_time now)
{
	const char *names[MM_ALG_COUNT];
	json_t *list = json_array();
	size_t n = 0;

	for (size_t i = 0; i < MM_ALG_COUNT; i++) {
		if (serves_alg(set, &mm_algs[i], now))
			names[n++] = mm_algs[i].name;
	}
	qsort(names, n, sizeof *names, compare_names);
	for (size_t i = 0; i < n; i++)
		append_name(&list, names[i]);
	return list;
}

static json_t *claim_names(void)
{
	json_t *list = json_array();

	for (size_t i = 0; mm_claim_name(i); i++)
		append_name(&list, mm_claim_name(i));
	return list;
}

/* Members in kube-apiserver's order (pkg/serviceaccount/openidmetadata.go), then what others look for. */
static enum mm_code render_discovery(const char *issuer, const struct mm_keyset *set, mm_time now, struct mm_buf *out,
				     struct mm_err *err)
{
	/* clang-format off */
	json_t *document = json_pack("{s:s, s:s+, s:[s], s:[s], s:o, s:o}",
		"issuer", issuer,
		"jwks_uri", issuer, MM_JWKS_PATH,
		"response_types_supported", "id_token",
		"subject_types_supported", "public",
		"id_token_signing_alg_values_supported", algs_of(set, now),
		"claims_supported", claim_names());
	/* clang-format on */
	enum mm_code code = document ? mm_json_dump(document, false, out, err) : out_of_memory(err);

	json_decref(document);
	return code;
}

/* ---- headers ---- */

static enum mm_code set_etag(struct mm_document *document, struct mm_err *err)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len;
	size_t n;

	if (!EVP_Digest(document->body.p, document->body.len, digest, &len, EVP_sha256(), NULL))
		return mm_fail_openssl(err, MM_ECRYPTO, "digest of a document");
	document->etag[0] = '"';
	n = mm_base64url_encode(document->etag + 1, digest, len);
	document->etag[n + 1] = '"';
	document->etag[n + 2] = '\0';
	return MM_OK;
}

/* What a 304 repeats of a 200 (RFC 9110 §15.4.5), and what a browser needs to hand either to a script. */
static void add_common_headers(const struct mm_document *document, mm_duration max_age, struct mm_buf *out)
{
	mm_buf_printf(out,
		      "Cache-Control: public, max-age=%lld\r\n"
		      "ETag: %s\r\n"
		      "Access-Control-Allow-Origin: *\r\n",
		      (long long)max_age, document->etag);
}

static void add_content_headers(const struct mm_document *document, struct mm_buf *out)
{
	char modified[MM_HTTP_DATE_SIZE];

	mm_http_date_format(document->modified, modified);
	mm_buf_printf(out,
		      "Content-Type: %s\r\n"
		      "Content-Length: %zu\r\n"
		      "Last-Modified: %s\r\n"
		      "X-Content-Type-Options: nosniff\r\n",
		      document->content_type, document->body.len, modified);
}

static enum mm_code finish(struct mm_document *document, mm_duration max_age, struct mm_err *err)
{
	enum mm_code code = set_etag(document, err);

	if (code != MM_OK)
		return code;
	add_content_headers(document, &document->headers);
	add_common_headers(document, max_age, &document->headers);
	mm_buf_add_str(&document->headers, "\r\n");
	add_common_headers(document, max_age, &document->headers_not_modified);
	mm_buf_add_str(&document->headers_not_modified, "\r\n");
	code = mm_buf_check(&document->headers, err);
	return code == MM_OK ? mm_buf_check(&document->headers_not_modified, err) : code;
}

/* ---- both ---- */

enum mm_code mm_documents_render(const char *issuer, const struct mm_keyset *set, const struct mm_alg *first_alg,
				 mm_duration max_age, mm_time now, struct mm_documents **out, struct mm_err *err)
{
	mm_auto(mm_documents) documents = calloc(1, sizeof *documents);
	mm_time modified = set->revision ? set->committed : now;
	enum mm_code code;

	*out = NULL;
	if (!documents)
		return out_of_memory(err);
	documents->max_age = max_age;
	documents->jwks = (struct mm_document){
		.path = MM_JWKS_PATH, .content_type = "application/jwk-set+json", .modified = modified};
	documents->discovery = (struct mm_document){
		.path = MM_DISCOVERY_PATH, .content_type = "application/json", .modified = modified};
	code = render_jwks(set, first_alg, now, &documents->jwks.body, err);
	if (code == MM_OK)
		code = render_discovery(issuer, set, now, &documents->discovery.body, err);
	if (code == MM_OK)
		code = finish(&documents->jwks, max_age, err);
	if (code == MM_OK)
		code = finish(&documents->discovery, max_age, err);
	if (code == MM_OK)
		*out = mm_take(documents);
	return code;
}

static void free_document(struct mm_document *document)
{
	mm_buf_free(&document->body);
	mm_buf_free(&document->headers);
	mm_buf_free(&document->headers_not_modified);
}

void mm_documents_free(struct mm_documents *documents)
{
	if (!documents)
		return;
	free_document(&documents->discovery);
	free_document(&documents->jwks);
	free(documents);
}
