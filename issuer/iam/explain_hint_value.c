/* SPDX-License-Identifier: Apache-2.0 */
/* The values of sub and aud: what of that which is wanted comes nearest to the token's, and how the two differ. */
#include "issuer/iam/explain_parts.h"
#include "issuer/iam/iam_pattern.h"

#include <mintmark/suggest.h>
#include <stdio.h>
#include <string.h>

/* ---- sub -------------------------------------------------------------------------------------------------------- */

/* A subject of the policy, which may have wildcards, beside the token's; and the parts of those of service accounts. */
struct pair {
	const char *wanted, *own;
	struct mm_span wanted_namespace, wanted_name;
	struct mm_span own_namespace, own_name;
};

/* "NAMESPACE:NAME" or "NAMESPACE/NAME", whatever stands before it. */
static bool lacks_prefix(const struct pair *pair)
{
	size_t len = strlen(pair->wanted), namespace = pair->own_namespace.len, name = pair->own_name.len;
	const char *end = pair->wanted + len - (namespace + 1 + name);

	return name > 0 && len >= namespace + 1 + name && memcmp(end, pair->own_namespace.p, namespace) == 0 &&
	       strchr(":/", end[namespace]) && memcmp(end + namespace + 1, pair->own_name.p, name) == 0;
}

static bool are_swapped(const struct pair *pair)
{
	return pair->wanted_name.p && mm_span_eq(pair->wanted_namespace, pair->own_name) &&
	       mm_span_eq(pair->wanted_name, pair->own_namespace);
}

static bool is_other_name(const struct pair *pair)
{
	return pair->wanted_name.p && mm_iam_like(pair->wanted_namespace, pair->own_namespace);
}

static bool is_other_namespace(const struct pair *pair)
{
	return pair->wanted_name.p && mm_iam_like(pair->wanted_name, pair->own_name);
}

static bool is_any(const struct pair *pair)
{
	(void)pair;
	return true;
}

enum part { WHOLE, NAMESPACE, NAME };

/* Likeliest first. */
static const struct {
	bool (*applies)(const struct pair *pair);
	enum part part;
	const char *check, *says, *remedy;
} subject_rows[] = {
	{lacks_prefix, WHOLE, "hint.sub-prefix", ": the policy's does not begin with " MM_USER_SERVICE_ACCOUNT,
	 "write it as " MM_USER_SERVICE_ACCOUNT "NAMESPACE:NAME"},
	{are_swapped, WHOLE, "hint.swapped", ": namespace and name are swapped",
	 "the namespace comes first: " MM_USER_SERVICE_ACCOUNT "NAMESPACE:NAME"},
	{is_other_name, NAME, "hint.name", "the service account is",
	 "write the name as the token has it, or run the pod as the account that is meant (spec.serviceAccountName)"},
	{is_other_namespace, NAMESPACE, "hint.namespace", "the namespace is",
	 "write the namespace as the token has it, or run the pod in the one that is meant"},
	{is_any, WHOLE, "hint.subject", "",
	 "write sub as the token has it, or take the token of the account that is meant"},
};

static struct pair pair_of(const struct mm_trial *trial, const char *wanted)
{
	struct pair pair = {.wanted = wanted, .own = trial->subject};

	/* Both spans stay absent where it is not of that form. */
	if (!mm_subject_split(wanted, &pair.wanted_namespace, &pair.wanted_name))
		pair.wanted_namespace = pair.wanted_name = (struct mm_span){0};
	if (!mm_subject_split(trial->subject, &pair.own_namespace, &pair.own_name))
		pair.own_namespace = pair.own_name = mm_span("", 0);
	return pair;
}

static size_t row_of(const struct pair *pair)
{
	size_t row = 0;

	while (!subject_rows[row].applies(pair))
		row++;
	return row;
}

/* The number of edits; what both begin with says nothing, and would make long texts incomparable. */
static size_t distance(const char *a, const char *b)
{
	char short_a[MM_SUGGEST_NAME_MAX + 1], short_b[MM_SUGGEST_NAME_MAX + 1];

	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	snprintf(short_a, sizeof short_a, "%s", a);
	snprintf(short_b, sizeof short_b, "%s", b);
	return mm_edit_distance(short_a, short_b);
}

static void say(struct mm_trial *trial, const char *where, const struct pair *pair, size_t row)
{
	bool namespace = subject_rows[row].part == NAMESPACE;
	struct mm_span own = namespace ? pair->own_namespace : pair->own_name;
	struct mm_span wanted = namespace ? pair->wanted_namespace : pair->wanted_name;

	if (subject_rows[row].part == WHOLE)
		MM_HINT(subject_rows[row].check, subject_rows[row].remedy,
			"%s: sub is \"%.160s\", the policy says \"%.160s\"%s", where, pair->own, pair->wanted,
			subject_rows[row].says);
	else
		MM_HINT(subject_rows[row].check, subject_rows[row].remedy, "%s: %s \"%.*s\", the policy says \"%.*s\"",
			where, subject_rows[row].says, (int)own.len, own.p, (int)wanted.len, wanted.p);
}

void mm_hint_subject(struct mm_trial *trial, const char *where, const char *const *wanted, size_t count)
{
	size_t best = 0, best_row = MM_COUNT(subject_rows), best_distance = SIZE_MAX;
	struct pair pair;

	for (size_t i = 0; i < count; i++) {
		size_t row, edits = distance(wanted[i], trial->subject);

		pair = pair_of(trial, wanted[i]);
		row = row_of(&pair);
		if (row > best_row || (row == best_row && edits >= best_distance))
			continue;
		best = i;
		best_row = row;
		best_distance = edits;
	}
	if (count == 0)
		return;
	pair = pair_of(trial, wanted[best]);
	say(trial, where, &pair, best_row);
}

/* ---- aud -------------------------------------------------------------------------------------------------------- */

static bool has(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], text) == 0)
			return true;
	}
	return false;
}

/* azp stands in the way of an aud that would do. */
static bool hint_azp(struct mm_trial *trial, const char *where, const char *const *wanted, size_t count)
{
	for (size_t i = 0; trial->azp && i < trial->audiences.n; i++) {
		if (!has(wanted, count, trial->audiences.v[i]))
			continue;
		MM_HINT("hint.azp", "let the policy want azp under :aud, and aud under :oaud",
			"%s wants \"%.160s\", which is the token's aud; but it has azp \"%.160s\", which STS takes "
			"instead",
			where, trial->audiences.v[i], trial->azp);
		return true;
	}
	return false;
}

/* The API server's own audiences: its issuer, unless --api-audiences says otherwise, and old names of the service. */
static bool is_api_token(const struct mm_trial *trial, const char *audience)
{
	return (trial->issuer && strcmp(audience, trial->issuer) == 0) ||
	       mm_behind(audience, "https://kubernetes.default") || mm_behind(audience, "kubernetes.default") ||
	       strcmp(audience, "k3s") == 0;
}

static bool hint_api_token(struct mm_trial *trial, const char *where, const char *const *wanted, size_t count,
			   const char *audience)
{
	if (!has(wanted, count, MM_AWS_AUDIENCE) || !is_api_token(trial, audience))
		return false;
	MM_HINT("hint.default-token", "use the token at " MM_AWS_TOKEN_DIR "/token ($AWS_WEB_IDENTITY_TOKEN_FILE)",
		"the token is the pod's own for the API server (audience \"%.160s\"); %s wants " MM_AWS_AUDIENCE,
		audience, where);
	return true;
}

const char *mm_trial_audience(const struct mm_trial *trial)
{
	if (trial->azp)
		return trial->azp;
	return trial->audiences.n > 0 ? trial->audiences.v[0] : NULL;
}

bool mm_hint_audience_mistaken(struct mm_trial *trial, const char *where, const char *const *wanted, size_t count)
{
	const char *audience = mm_trial_audience(trial);

	if (!audience || hint_azp(trial, where, wanted, count) || hint_api_token(trial, where, wanted, count, audience))
		return true;
	for (size_t i = 0; i < count; i++) {
		if (mm_hint_lookalike(trial, where, wanted[i], audience))
			return true;
	}
	return false;
}

void mm_hint_audience(struct mm_trial *trial, const char *where, const char *const *wanted, size_t count)
{
	const char *audience = mm_trial_audience(trial), *first = count > 0 ? wanted[0] : "none";

	if (mm_hint_audience_mistaken(trial, where, wanted, count))
		return;
	if (strcmp(audience, MM_AWS_AUDIENCE) == 0)
		MM_HINT("hint.audience-of-policy", "let it want " MM_AWS_AUDIENCE ", for which the SDKs of AWS ask",
			"the audience is " MM_AWS_AUDIENCE ", %s wants \"%.160s\"", where, first);
	else
		MM_HINT("hint.audience",
			"ask for the token with that audience (annotation " MM_AWS_ANNOTATION_PREFIX
			"audience, or the projected volume's audience)",
			"the audience is \"%.160s\", %s wants \"%.160s\"", audience, where, first);
}
