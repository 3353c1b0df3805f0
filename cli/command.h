/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command is: a row, from which parsing, help, completion and the tests of the documentation all work. Each
 * cmd_*.c holds its rows and the functions behind them; main.c lists the rows.
 */
#ifndef MINTMARK_CLI_COMMAND_H
#define MINTMARK_CLI_COMMAND_H

#include <mintmark/alg.h>
#include <mintmark/bytes.h>
#include <mintmark/clock.h>

/* What a flag takes, and what stands at its offset in the command's options when it was parsed. */
enum mm_flag_type {
	MM_FLAG_SWITCH,    /* nothing; bool */
	MM_FLAG_TEXT,      /* const char *, borrowed from argv; NULL when not given */
	MM_FLAG_FILE,      /* as MM_FLAG_TEXT, completed to file names */
	MM_FLAG_DIR,       /* as MM_FLAG_TEXT, completed to directories */
	MM_FLAG_LIST,      /* may be repeated; struct mm_strings */
	MM_FLAG_WORD,      /* one of `words`; int, its index, or -1 when not given */
	MM_FLAG_CHOICE,    /* one of `choices`; const char *, its name as it stands there; NULL when not given */
	MM_FLAG_ALGORITHM, /* const struct mm_alg *; NULL when not given */
	MM_FLAG_DURATION,  /* mm_duration; 0 when not given */
	MM_FLAG_TIME,      /* mm_time; MM_NEVER when not given */
};

/* Words that come from a table of another floor, each with a line of its own in help. */
struct mm_choices {
	const char *title;             /* of the list in help: "Faults" */
	const char *(*name)(size_t i); /* NULL past the last */
	const char *(*help)(size_t i);
};

struct mm_flag {
	const char *name; /* "namespace"; NULL ends a list of flags */
	char letter;      /* 'n', or NUL */
	enum mm_flag_type type;
	size_t offset;                    /* in the command's options */
	const char *value;                /* what stands for the value in help: "NAME" */
	const char *fallback;             /* what is parsed when the flag is not given; NULL: nothing */
	const char *const *words;         /* MM_FLAG_WORD: NULL at the end */
	const struct mm_choices *choices; /* MM_FLAG_CHOICE */
	bool required;
	bool hidden; /* not in help and completion */
	const char *help;
};

struct mm_call;

struct mm_command {
	const char *name; /* "token create" */
	/*
	 * "FILE", "[TOKEN|-]", "[COMMAND]...": brackets: may be left out; dots: any number; lower case: words to
	 * type.
	 */
	const char *arguments;
	const char *usage; /* paragraphs of `--help`, each one line; blank lines between them; NULL: none */
	const struct mm_flag *flags;
	size_t options_size; /* of the struct that the flags are parsed into */
	/* MM_OK: exit status 0. Anything else is printed as "mintmark: LINE" and gives the code's exit status. */
	enum mm_code (*run)(struct mm_call *call, struct mm_err *err); /* NULL: a group, such as "token" */
	const char *help;                                              /* one line, without a full stop */
	/* Or other secrets, such as a bucket's: the process is hardened before the command runs (mintmark/harden.h). */
	bool private_keys;
};

/* One run of one command. */
struct mm_call {
	const struct mm_command *const *commands; /* all of the program's, NULL at the end */
	const struct mm_command *command;
	const void *options;    /* as the command's flags say */
	char *const *arguments; /* what stood beside the flags; as many as the row allows */
	size_t argument_count;
	char hint[512]; /* what to do about a failure, where a command knows it: see mm_hint */
};

/* What most commands take; a command that does so begins its options with this struct and its flags with the rows. */
struct mm_common_options {
	const char *config; /* as mm_config_find takes it */
	int output;         /* enum mm_output_form */
};
enum mm_output_form { MM_OUTPUT_TEXT, MM_OUTPUT_JSON };
extern const char *const mm_output_words[];

#define MM_FLAG_ROW_CONFIG                                                                                             \
	{                                                                                                              \
		.name = "config", .letter = 'c', .type = MM_FLAG_FILE,                                                 \
		.offset = offsetof(struct mm_common_options, config), .value = "FILE",                                 \
		.help = "configuration (default: $MINTMARK_CONFIG, ./mintmark.yaml, /etc/mintmark/mintmark.yaml)"      \
	}
#define MM_FLAG_ROW_OUTPUT                                                                                             \
	{                                                                                                              \
		.name = "output", .letter = 'o', .type = MM_FLAG_WORD,                                                 \
		.offset = offsetof(struct mm_common_options, output), .value = "FORM", .fallback = "text",             \
		.words = mm_output_words, .help = "the answer for people or for programs"                              \
	}

/* The rows, each beside its functions. */
extern const struct mm_command mm_cmd_init;
extern const struct mm_command mm_cmd_serve;
extern const struct mm_command mm_cmd_dev;
extern const struct mm_command mm_cmd_token_create;
extern const struct mm_command mm_cmd_token_verify;
extern const struct mm_command mm_cmd_token_inspect;
extern const struct mm_command mm_cmd_key_list;
extern const struct mm_command mm_cmd_key_timeline;
extern const struct mm_command mm_cmd_key_simulate;
extern const struct mm_command mm_cmd_key_prepare;
extern const struct mm_command mm_cmd_key_activate;
extern const struct mm_command mm_cmd_key_rotate;
extern const struct mm_command mm_cmd_key_taint;
extern const struct mm_command mm_cmd_key_revoke;
extern const struct mm_command mm_cmd_key_import;
extern const struct mm_command mm_cmd_key_export;
extern const struct mm_command mm_cmd_key_thumbprint;
extern const struct mm_command mm_cmd_jwks;
extern const struct mm_command mm_cmd_discovery;
extern const struct mm_command mm_cmd_publish;
extern const struct mm_command mm_cmd_doctor;
extern const struct mm_command mm_cmd_register_aws;
extern const struct mm_command mm_cmd_register_gcp;
extern const struct mm_command mm_cmd_register_azure;
extern const struct mm_command mm_cmd_trust_create;
extern const struct mm_command mm_cmd_trust_explain;
extern const struct mm_command mm_cmd_trust_lint;
extern const struct mm_command mm_cmd_thumbprint;
extern const struct mm_command mm_cmd_caller_can_i;
extern const struct mm_command mm_cmd_kubeconfig;
extern const struct mm_command mm_cmd_version;
extern const struct mm_command mm_cmd_completion;
extern const struct mm_command mm_cmd_help;

#endif
