/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/user.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER_UNIX "unix:"
/* Bytes of a user or group; a line of the audit begins with the user, and must have room for all the rest. */
#define NAME_MAX_LEN 512

void mm_user_clear(struct mm_user *user)
{
	free(user->name);
	free(user->uid);
	mm_strings_free(&user->groups);
	for (size_t i = 0; i < user->extra_count; i++)
		free(user->extra[i].value);
	*user = (struct mm_user){0};
}

/* Leaves nobody behind where the user could not be made whole. */
static enum mm_code finish(struct mm_user *user, enum mm_code code)
{
	if (code != MM_OK)
		mm_user_clear(user);
	return code;
}

static enum mm_code add_group(struct mm_user *user, const char *group, struct mm_err *err)
{
	return mm_user_is_in(user, group) ? MM_OK : mm_strings_add(&user->groups, group, err);
}

enum mm_code mm_user_copy(const struct mm_user *from, struct mm_user *to, struct mm_err *err)
{
	enum mm_code code = MM_OK;

	*to = (struct mm_user){0};
	if (from->name)
		code = mm_string_set(&to->name, from->name, err);
	if (code == MM_OK && from->uid)
		code = mm_string_set(&to->uid, from->uid, err);
	if (code == MM_OK)
		code = mm_strings_copy(&to->groups, &from->groups, err);
	for (; code == MM_OK && to->extra_count < from->extra_count; to->extra_count++) {
		const struct mm_user_extra *extra = &from->extra[to->extra_count];

		to->extra[to->extra_count].key = extra->key;
		code = mm_string_set(&to->extra[to->extra_count].value, extra->value, err);
	}
	return finish(to, code);
}

bool mm_user_is_in(const struct mm_user *user, const char *group)
{
	return mm_strings_has(&user->groups, group);
}

/* ---- named by others --------------------------------------------------------------------------------------------- */

/* What Kubernetes keeps for itself, and what stands for another kind of caller. */
static const char *const reserved[] = {
	"system:anonymous",
	"system:unauthenticated",
	"system:serviceaccount:", /* a text that ends in a colon stands for all that begin so */
	"system:serviceaccounts",
	"system:serviceaccounts:",
	USER_UNIX,
};

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < MM_COUNT(reserved); i++) {
		size_t len = strlen(reserved[i]);
		bool is_prefix = reserved[i][len - 1] == ':';

		if (is_prefix ? strncmp(name, reserved[i], len) == 0 : strcmp(name, reserved[i]) == 0)
			return true;
	}
	return false;
}

/* Names end in logs and rules, where what cannot be seen would make two of them look the same. */
static bool is_plain(const char *text)
{
	struct mm_span span = mm_span_str(text);
	unsigned c;

	if (!mm_utf8_valid(span) || text[0] == ' ' || (span.len > 0 && text[span.len - 1] == ' '))
		return false;
	for (size_t i = 0; i < span.len; i++) {
		if (mm_unseen_at(span, i, &c) > 0)
			return false;
	}
	return true;
}

/* Not quoted: in a line of the token file with one column too many it might be a part of the token. */
static enum mm_code check_text(const char *what, const char *text, struct mm_err *err)
{
	if (is_plain(text))
		return MM_OK;
	return mm_fail(err, MM_EREFUSED, "the %s is not UTF-8, has control characters or a space at one of its ends",
		       what);
}

static enum mm_code check_name(const char *what, const char *name, struct mm_err *err)
{
	if (*name == '\0')
		return mm_fail(err, MM_EREFUSED, "the %s is empty", what);
	if (strlen(name) > NAME_MAX_LEN)
		return mm_fail(err, MM_EREFUSED, "the %s is longer than %d bytes", what, NAME_MAX_LEN);
	if (is_reserved(name))
		return mm_fail(err, MM_EREFUSED, "the %s \"%.80s\" is reserved", what, name);
	return check_text(what, name, err);
}

static enum mm_code fill(struct mm_user *user, const char *name, const char *uid, const struct mm_strings *groups,
			 struct mm_err *err)
{
	enum mm_code code = check_name("user", name, err);

	if (code == MM_OK)
		code = mm_string_set(&user->name, name, err);
	if (code == MM_OK && uid && *uid) {
		code = check_text("uid", uid, err);
		if (code == MM_OK)
			code = mm_string_set(&user->uid, uid, err);
	}
	for (size_t i = 0; code == MM_OK && i < groups->n; i++) {
		code = check_name("group", groups->v[i], err);
		if (code == MM_OK)
			code = add_group(user, groups->v[i], err);
	}
	return code == MM_OK ? add_group(user, MM_GROUP_AUTHENTICATED, err) : code;
}

enum mm_code mm_user_build(const char *name, const char *uid, const struct mm_strings *groups, struct mm_user *user,
			   struct mm_err *err)
{
	*user = (struct mm_user){0};
	return finish(user, fill(user, name, uid, groups, err));
}

/* ---- named by the kernel ----------------------------------------------------------------------------------------- */

enum mm_code mm_user_from_peer(uid_t uid, gid_t gid, struct mm_user *user, struct mm_err *err)
{
	char name[sizeof USER_UNIX "uid:" + 10], group[sizeof USER_UNIX "gid:" + 10];
	enum mm_code code;

	*user = (struct mm_user){0};
	snprintf(name, sizeof name, USER_UNIX "uid:%u", (unsigned)uid);
	snprintf(group, sizeof group, USER_UNIX "gid:%u", (unsigned)gid);
	code = mm_string_set(&user->name, name, err);
	if (code == MM_OK)
		code = add_group(user, group, err);
	if (code == MM_OK)
		code = add_group(user, MM_GROUP_AUTHENTICATED, err);
	return finish(user, code);
}
