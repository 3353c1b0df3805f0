/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/asking.h"

const char ask_declared[] = "tokens: {audiences: [api, api2]}\n"
			    "rules:\n"
			    "- {users: [alice], may: [mint], namespaces: [default], service_accounts: ['*'], "
			    "audiences: [api, api2, vault, aws]}\n"
			    "service_accounts:\n"
			    "- {namespace: default, name: builder, uid: " BUILDER_UID "}\n"
			    "- {namespace: default, name: derived}\n"
			    "- {namespace: default, name: limited, audiences: [vault, aws], max_ttl: 20m}\n"
			    "- {namespace: default, name: foreign, audiences: [gcp]}\n"
			    "bound_objects:\n"
			    "- {kind: Pod, namespace: default, name: web, uid: " POD_UID
			    ", service_account: builder, node_name: worker,"
			    " node_uid: " NODE_UID "}\n"
			    "- {kind: Pod, namespace: default, name: pending, uid: " POD_UID
			    ", service_account: builder}\n"
			    "- {kind: Pod, namespace: default, name: other, uid: " POD_UID
			    ", service_account: derived}\n"
			    "- {kind: Node, name: worker, uid: " NODE_UID "}\n"
			    "- {kind: Secret, namespace: default, name: legacy, uid: " POD_UID "}\n";

void ask(struct answer *answer, const char *name, const char *json)
{
	struct mm_err reading = {0};

	assert_ok(mm_token_request_decode(MM_MEDIA_JSON, mm_span_str(json), &answer->request, &reading), &reading);
	answer->code = mm_token_request_answer(&answer->world.api, "default", name, &answer->request, &answer->minted,
					       &answer->status, &answer->err);
	if (answer->code == MM_OK)
		answer->claims = test_world_claims(&answer->world, &answer->request.token);
}

void ask_begin(struct answer *answer, const char *yaml)
{
	*answer = (struct answer){0};
	test_world_make(&answer->world, yaml, "alice");
}

void ask_forget(struct answer *answer)
{
	mm_token_request_clear(&answer->request);
	mm_token_api_minted_clear(&answer->minted);
	mm_kube_status_clear(&answer->status);
	json_decref(answer->claims);
	answer->claims = NULL;
	mm_err_clear(&answer->err);
}

void ask_end(struct answer *answer)
{
	ask_forget(answer);
	test_world_free(&answer->world);
}

const char *claim_text_at(const json_t *claims, const char *const *path)
{
	for (; *path; path++)
		claims = json_object_get(claims, *path);
	return json_string_value(claims);
}

int64_t claim_time(const json_t *claims, const char *name)
{
	return json_integer_value(json_object_get(claims, name));
}
