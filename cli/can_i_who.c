/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/can_i_who.h"

#include "cli/certificates.h"
#include "cli/input.h"

#include <mintmark/claims.h>
#include <string.h>

void mm_can_i_who_clear(struct mm_can_i_who *who)
{
	mm_user_clear(&who->user);
	*who = (struct mm_can_i_who){0};
}

/* ---- by name ---------------------------------------------------------------------------------------------------- */

#define USER_PEER "unix:uid:"

static enum mm_code set_user(struct mm_user *user, const char *name, const struct mm_strings *groups,
			     struct mm_err *err)
{
	enum mm_code code = mm_strings_copy(&user->groups, groups, err);

	user->name = strdup(name);
	if (!user->name)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	if (code == MM_OK && !mm_user_is_in(user, MM_GROUP_AUTHENTICATED))
		code = mm_strings_add(&user->groups, MM_GROUP_AUTHENTICATED, err);
	return code;
}

static enum mm_code check_account(const char *namespace, const char *name, struct mm_err *err)
{
	enum mm_code code = mm_dns_label_check("namespace", namespace, err);

	return code == MM_OK ? mm_dns_subdomain_check("service account", name, err) : code;
}

/* `rest` is NAMESPACE:NAME. Its tokens say in which groups it is. */
static enum mm_code name_account(const char *name, const char *rest, const struct mm_strings *groups,
				 struct mm_user *user, struct mm_err *err)
{
	const char *colon = strchr(rest, ':');
	mm_auto_string namespace = strndup(rest, colon ? (size_t)(colon - rest) : strlen(rest));
	mm_auto_strings own = {0};
	mm_auto_buf group = {0};
	enum mm_code code;

	if (!namespace)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	code = check_account(namespace, colon ? colon + 1 : "", err);
	if (code == MM_OK && groups->n > 0)
		code = mm_fail(err, MM_EREFUSED, "a service account is in no group but its own: no --as-group");
	mm_buf_printf(&group, MM_GROUP_SERVICE_ACCOUNTS ":%s", namespace);
	if (code == MM_OK)
		code = mm_buf_check(&group, err);
	if (code == MM_OK)
		code = mm_strings_add(&own, MM_GROUP_SERVICE_ACCOUNTS, err);
	if (code == MM_OK)
		code = mm_strings_add(&own, group.p, err);
	return code == MM_OK ? set_user(user, name, &own, err) : code;
}

static enum mm_code name_peer(const char *name, const char *rest, const struct mm_strings *groups, struct mm_user *user,
			      struct mm_err *err)
{
	if (*rest == '\0' || rest[strspn(rest, "0123456789")] != '\0')
		return mm_fail(err, MM_EREFUSED, "\"%.80s\": no number after " USER_PEER, name);
	return set_user(user, name, groups, err);
}

static enum mm_code name_user(const char *name, const struct mm_strings *groups, struct mm_user *user,
			      struct mm_err *err)
{
	static const struct {
		const char *prefix;
		enum mm_code (*name)(const char *name, const char *rest, const struct mm_strings *groups,
				     struct mm_user *user, struct mm_err *err);
	} kinds[] = {{MM_USER_SERVICE_ACCOUNT, name_account}, {USER_PEER, name_peer}};

	for (size_t i = 0; i < MM_COUNT(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (strncmp(name, kinds[i].prefix, len) == 0)
			return kinds[i].name(name, name + len, groups, user, err);
	}
	return mm_user_build(name, NULL, groups, user, err);
}

enum mm_code mm_can_i_named(const char *name, const struct mm_strings *groups, struct mm_can_i_who *out,
			    struct mm_err *err)
{
	struct mm_err why = {0};
	enum mm_code code = name_user(name, groups, &out->user, &why);

	if (code == MM_EREFUSED)
		return mm_fail(err, MM_EUSAGE, "caller can-i: nobody can be that caller: %s", why.text);
	return code == MM_OK ? MM_OK : mm_fail(err, code, "%s", why.text);
}

/* ---- by credential ---------------------------------------------------------------------------------------------- */

static enum mm_code authenticate(const struct mm_config *config, const struct mm_snapshot *snapshot,
				 const struct mm_credentials *credentials, mm_time now, struct mm_can_i_who *out,
				 struct mm_err *err)
{
	MM_CLEANUP(mm_identity_clear) struct mm_identity identity = {0};
	mm_auto(mm_callers) callers = NULL;
	mm_auto(mm_directory) directory = NULL;
	enum mm_code code = mm_callers_load(config, &callers, err);

	if (code == MM_OK)
		code = mm_directory_build(config, &directory, err);
	if (code != MM_OK)
		return code;
	if (credentials->peer && !mm_callers_authorities(callers)) {
		mm_fail(&out->refused, MM_EVERIFY,
			"client certificates are not asked for: callers.client_ca is not set");
		return MM_OK;
	}
	code = mm_authenticate(callers, snapshot, directory, credentials, now, &identity, &out->refused);
	if (code == MM_EVERIFY)
		return MM_OK;
	if (code != MM_OK)
		return mm_fail(err, code, "%s", out->refused.text);
	out->kind = identity.kind;
	return mm_user_copy(identity.user, &out->user, err);
}

enum mm_code mm_can_i_by_token(const char *path, const struct mm_config *config, const struct mm_snapshot *snapshot,
			       mm_time now, struct mm_can_i_who *out, struct mm_err *err)
{
	mm_auto_buf token = {0}, header = {0};
	struct mm_credentials credentials = {.authorization_count = 1};
	enum mm_code code = mm_read_token_file(path, &token, err);

	mm_buf_add_str(&header, "Bearer ");
	mm_buf_add_span(&header, mm_buf_span(&token));
	if (code == MM_OK)
		code = mm_buf_check(&header, err);
	if (code != MM_OK)
		return code;
	credentials.authorization = mm_buf_span(&header);
	return authenticate(config, snapshot, &credentials, now, out, err);
}

enum mm_code mm_can_i_by_certificate(const char *path, const struct mm_config *config,
				     const struct mm_snapshot *snapshot, mm_time now, struct mm_can_i_who *out,
				     struct mm_err *err)
{
	MM_CLEANUP(mm_peer_clear) struct mm_peer peer = {0};
	mm_auto_certificates certificates = {0};
	const struct mm_credentials credentials = {.peer = &peer};
	enum mm_code code = mm_certificates_read(path, &certificates, err);

	if (code != MM_OK)
		return code;
	/* The first is the client's own, as in TLS; the others lead from it to an authority. */
	peer.certificate = sk_X509_shift(certificates.list);
	peer.chain = certificates.list;
	certificates.list = NULL;
	return authenticate(config, snapshot, &credentials, now, out, err);
}
