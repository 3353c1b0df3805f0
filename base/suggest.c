/* SPDX-License-Identifier: Apache-2.0 */
#include <mintmark/suggest.h>

#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t mm_edit_distance(const char *a, const char *b)
{
	/* Row i of the table of distances between prefixes, and the two rows above it. */
	size_t rows[3][MM_SUGGEST_NAME_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > MM_SUGGEST_NAME_MAX || b_len > MM_SUGGEST_NAME_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *second_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], second_above[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void mm_suggestion_offer(struct mm_suggestion *suggestion, const char *name)
{
	size_t typed = strlen(suggestion->wanted);
	size_t distance = mm_edit_distance(suggestion->wanted, name);
	/* "ver" for "version": many characters away, and still the obvious reading. */
	size_t beginning = typed >= 2 && strncmp(name, suggestion->wanted, typed) == 0 ? 1 : SIZE_MAX;

	if (distance > (typed + 2) / 3)
		distance = SIZE_MAX;
	distance = least(distance, beginning);
	if (distance == SIZE_MAX || (suggestion->nearest && distance >= suggestion->distance))
		return;
	suggestion->nearest = name;
	suggestion->distance = distance;
}
