/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/kube/bearer.h"

#include <mintmark/token.h>
#include <strings.h>

static const bool in_token[256] = {
	['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['-'] = true, ['.'] = true,
	['_'] = true,         ['~'] = true,         ['+'] = true,         ['/'] = true,
};

bool mm_bearer_is_token(struct mm_span text)
{
	size_t i = 0;

	while (i < text.len && in_token[(uint8_t)text.p[i]])
		i++;
	if (i == 0)
		return false;
	while (i < text.len && text.p[i] == '=')
		i++;
	return i == text.len && text.len <= MM_TOKEN_MAX;
}

enum mm_code mm_bearer_read(struct mm_span authorization, struct mm_span *token, struct mm_err *err)
{
	static const char scheme[] = "Bearer ";
	const size_t len = sizeof scheme - 1;

	*token = (struct mm_span){0};
	if (authorization.len < len || strncasecmp(authorization.p, scheme, len) != 0)
		return mm_fail(err, MM_EVERIFY, "Authorization: another scheme than Bearer");
	*token = mm_span(authorization.p + len, authorization.len - len);
	if (!mm_bearer_is_token(*token))
		return mm_fail(err, MM_EVERIFY, "Authorization: not one token of at most %d characters after Bearer",
			       MM_TOKEN_MAX);
	return MM_OK;
}
