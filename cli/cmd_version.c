/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/command.h"
#include "cli/output.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <yaml.h>

struct library {
	const char *name;
	const char *
		version; /* of what is loaded, not of what it was compiled with: libjwt, which cannot tell, is not among them */
};

static enum mm_code print_text(const struct library *libraries, size_t count, struct mm_err *err)
{
	mm_auto_buf text = {0};

	mm_buf_add_str(&text, "mintmark " MM_VERSION "\n");
	for (size_t i = 0; i < count; i++)
		mm_buf_printf(&text, "%s %s\n", libraries[i].name, libraries[i].version);
	return mm_print(&text, err);
}

static enum mm_code print_json(const struct library *libraries, size_t count, struct mm_err *err)
{
	json_t *list = json_object();

	for (size_t i = 0; i < count; i++)
		json_object_set_new(list, libraries[i].name, json_string(libraries[i].version));
	return mm_print_json(json_pack("{s:s, s:o}", "version", MM_VERSION, "libraries", list), err);
}

static enum mm_code run(struct mm_call *call, struct mm_err *err)
{
	const struct library libraries[] = {
		{"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
		{"libevent", event_get_version()},
		{"jansson", jansson_version_str()},
		{"libyaml", yaml_get_version_string()},
		{"libcurl", curl_version_info(CURLVERSION_NOW)->version},
	};

	return (mm_wants_json(call) ? print_json : print_text)(libraries, MM_COUNT(libraries), err);
}

static const struct mm_flag flags[] = {MM_FLAG_ROW_OUTPUT, {0}};

const struct mm_command mm_cmd_version = {
	.name = "version",
	.arguments = "",
	.flags = flags,
	.options_size = sizeof(struct mm_common_options),
	.run = run,
	.help = "print the version of mintmark and of its libraries",
};
