/* SPDX-License-Identifier: Apache-2.0 */
/* A timeline for the terminal: a row for each key, time from left to right. */
#ifndef MINTMARK_CLI_TIMELINE_TEXT_H
#define MINTMARK_CLI_TIMELINE_TEXT_H

#include "cli/terminal.h"

#include <mintmark/timeline.h>

/*
 * Appends the picture, a legend, and the exact times of every key. Phases differ in their characters, so that it can
 * be read without colours; each is at least one cell wide. No line is longer than the terminal is wide.
 */
void mm_timeline_text(const struct mm_timeline *timeline, const struct mm_terminal *terminal, struct mm_buf *out);

#endif
