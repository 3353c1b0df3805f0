/* SPDX-License-Identifier: Apache-2.0 */
/* The command table, and nothing else. */
#include "cli/args.h"
#include "cli/command.h"
#include "cli/run.h"

static const struct mm_command token_group = {
	.name = "token",
	.arguments = "COMMAND",
	.flags = mm_no_flags,
	.help = "create, verify and inspect tokens",
};

static const struct mm_command key_group = {
	.name = "key",
	.arguments = "COMMAND",
	.flags = mm_no_flags,
	.help = "list, rotate, revoke, import and export signing keys",
};

static const struct mm_command caller_group = {
	.name = "caller",
	.arguments = "COMMAND",
	.flags = mm_no_flags,
	.help = "explain what callers of the admin listener may do",
};

static const struct mm_command register_group = {
	.name = "register",
	.arguments = "COMMAND",
	.flags = mm_no_flags,
	.help = "print what registers the issuer with a cloud",
};

static const struct mm_command trust_group = {
	.name = "trust",
	.arguments = "COMMAND",
	.flags = mm_no_flags,
	.help = "write, explain and check the trust policies of AWS roles",
};

/* clang-format off */
static const struct mm_command *const commands[] = {
	&mm_cmd_init,
	&mm_cmd_serve,
	&mm_cmd_dev,
	&token_group,
	&mm_cmd_token_create,
	&mm_cmd_token_verify,
	&mm_cmd_token_inspect,
	&key_group,
	&mm_cmd_key_list,
	&mm_cmd_key_timeline,
	&mm_cmd_key_simulate,
	&mm_cmd_key_prepare,
	&mm_cmd_key_activate,
	&mm_cmd_key_rotate,
	&mm_cmd_key_taint,
	&mm_cmd_key_revoke,
	&mm_cmd_key_import,
	&mm_cmd_key_export,
	&mm_cmd_key_thumbprint,
	&mm_cmd_jwks,
	&mm_cmd_discovery,
	&mm_cmd_publish,
	&mm_cmd_thumbprint,
	&mm_cmd_doctor,
	&register_group,
	&mm_cmd_register_aws,
	&mm_cmd_register_gcp,
	&mm_cmd_register_azure,
	&trust_group,
	&mm_cmd_trust_create,
	&mm_cmd_trust_explain,
	&mm_cmd_trust_lint,
	&caller_group,
	&mm_cmd_caller_can_i,
	&mm_cmd_kubeconfig,
	&mm_cmd_version,
	&mm_cmd_completion,
	&mm_cmd_help,
	NULL,
};
/* clang-format on */

int main(int argc, char **argv)
{
	return mm_cli_run(commands, argc, argv);
}
