/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives every file of a corpus to a fuzz target, so that what was found once is tried by each make check, without
 * libFuzzer: replay_NAME [FILE]… takes tests/fuzz/corpus/NAME/ unless files are named. It must find some.
 */
#include <mintmark/file.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 1 << 22 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input in a block of its own length, so that the sanitizer sees the first byte read beyond it. */
static enum mm_code replay(const char *path, struct mm_err *err)
{
	mm_auto_buf content = {0};
	uint8_t *exact;
	enum mm_code code = mm_path_read(path, MM_FILE_ANY, INPUT_MAX, &content, err);

	if (code != MM_OK)
		return code;
	exact = malloc(content.len ? content.len : 1);
	if (!exact)
		return mm_fail(err, MM_ENOMEM, "out of memory");
	memcpy(exact, content.p ? content.p : "", content.len);
	LLVMFuzzerTestOneInput(exact, content.len);
	free(exact);
	return MM_OK;
}

static enum mm_code replay_corpus(const char *target, int *count, struct mm_err *err)
{
	const char *srcdir = getenv("MM_SRCDIR");
	enum mm_code code = MM_OK;
	char dir[2048], path[4096];
	struct dirent *entry;
	DIR *corpus;

	snprintf(dir, sizeof dir, "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", target);
	corpus = opendir(dir);
	if (!corpus)
		return mm_fail_errno(err, "%s", dir);
	while (code == MM_OK && (entry = readdir(corpus))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		code = replay(path, err);
		++*count;
	}
	closedir(corpus);
	return code;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '_');
	struct mm_err err = {0};
	enum mm_code code = MM_OK;
	int count = argc - 1;

	for (int i = 1; code == MM_OK && i < argc; i++)
		code = replay(argv[i], &err);
	if (argc == 1)
		code = replay_corpus(name ? name + 1 : "", &count, &err);
	if (code != MM_OK || count == 0) {
		fprintf(stderr, "%s: %s\n", argv[0], code == MM_OK ? "the corpus is empty" : err.text);
		return 1;
	}
	printf("%d inputs\n", count);
	return 0;
}
