/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/dev_ready.h"

#include "cli/output.h"

#include <mintmark/document.h>
#include <mintmark/json.h>
#include <string.h>
#include <unistd.h>

struct work {
	const struct mm_dev_ready *ready;
	const char *public, *admin; /* as they were bound */
};

/* The path of an issuer URL, where the documents and the API stand on both listeners. */
static const char *path_of(const char *issuer)
{
	const char *path = strchr(strstr(issuer, "://") + 3, '/');

	return path ? path : "";
}

static json_t *url_json(const struct work *work, const char *address, const char *path)
{
	mm_auto_buf url = {0};

	mm_buf_printf(&url, "http%s://%s%s", work->ready->authority ? "s" : "", address, path);
	return url.failed ? NULL : json_string(url.p);
}

/* The members of one issuer; `url` is where its documents really are, whatever host its own URL names. */
static json_t *issuer_json(const struct work *work, size_t i)
{
	const char *issuer = work->ready->issuers->v[i].config->issuer;

	return json_pack("{s:s, s:s+, s:o, s:o}", "issuer", issuer, "jwks_uri", issuer, MM_JWKS_PATH, "url",
			 url_json(work, work->public, path_of(issuer)), "admin_url",
			 url_json(work, work->admin, path_of(issuer)));
}

static json_t *ready_json(const struct work *work)
{
	const struct mm_dev_ready *ready = work->ready;
	json_t *answer = issuer_json(work, 0), *issuers = json_array();
	int failed = 0;

	for (size_t i = 0; i < ready->issuers->count; i++)
		failed |= json_array_append_new(issuers, issuer_json(work, i));
	failed |= json_object_set_new(answer, "admin_token", json_string(ready->token));
	failed |= json_object_set_new(answer, "pid", json_integer(getpid()));
	failed |= json_object_set_new(answer, "issuers", issuers);
	if (ready->authority)
		failed |= json_object_set_new(answer, "ca", json_string(ready->authority));
	if (failed)
		json_decref(mm_take(answer));
	return answer;
}

/* One line, at once: whoever waits for it reads a line. */
enum mm_code mm_dev_tell(void *ready, const char *public_address, const char *admin_address, struct mm_err *err)
{
	const struct work work = {.ready = ready, .public = public_address, .admin = admin_address};
	json_t *answer = ready_json(&work);
	mm_auto_buf line = {0};
	enum mm_code code;

	code = answer ? mm_json_dump(answer, false, &line, err) : mm_fail(err, MM_ENOMEM, "out of memory");
	json_decref(answer);
	mm_buf_add_str(&line, "\n");
	return code == MM_OK ? mm_print(&line, err) : code;
}
