/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As execve(2) wants them, with NULL at the end. The texts are borrowed; the vector is freed by the caller. */
static char **vector_of(const struct mm_strings *texts)
{
	char **vector = calloc(texts->n + 1, sizeof *vector);

	if (vector && texts->n > 0)
		memcpy(vector, texts->v, texts->n * sizeof *vector);
	return vector;
}

/* The group: what it starts can be ended with it. The signals: a server has blocked some and ignores others. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;
	int error;

	sigfillset(&all);
	sigemptyset(&none);
	error = posix_spawnattr_setflags(attributes,
					 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (error == 0)
		error = posix_spawnattr_setpgroup(attributes, 0);
	if (error == 0)
		error = posix_spawnattr_setsigmask(attributes, &none);
	return error ? error : posix_spawnattr_setsigdefault(attributes, &all);
}

static int set_files(posix_spawn_file_actions_t *files)
{
	int error = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (error == 0)
		error = posix_spawn_file_actions_adddup2(files, STDERR_FILENO, STDOUT_FILENO);
	return error ? error : posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
}

static int spawn(char *const arguments[], char *const environment[], pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int error = posix_spawnattr_init(&attributes);

	if (error)
		return error;
	error = posix_spawn_file_actions_init(&files);
	if (error == 0) {
		error = set_attributes(&attributes);
		if (error == 0)
			error = set_files(&files);
		if (error == 0)
			error = posix_spawn(pid, arguments[0], &files, &attributes, arguments, environment);
		posix_spawn_file_actions_destroy(&files);
	}
	posix_spawnattr_destroy(&attributes);
	return error;
}

enum mm_code mm_spawn(const struct mm_strings *command, const struct mm_strings *environment, pid_t *pid,
		      struct mm_err *err)
{
	char **arguments = vector_of(command), **variables = vector_of(environment);
	enum mm_code code = MM_OK;

	errno = arguments && variables ? spawn(arguments, variables, pid) : ENOMEM;
	if (errno)
		code = mm_fail_errno(err, "%s", command->v[0]);
	free(arguments);
	free(variables);
	return code;
}
