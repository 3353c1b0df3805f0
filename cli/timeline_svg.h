/* SPDX-License-Identifier: Apache-2.0 */
/* A timeline as a drawing: SVG 1.1 that stands alone, without scripts, for light and dark backgrounds. */
#ifndef MINTMARK_CLI_TIMELINE_SVG_H
#define MINTMARK_CLI_TIMELINE_SVG_H

#include <mintmark/timeline.h>

/*
 * Appends the document. `title`, whatever it holds, stands above the picture. Phases differ in height and pattern
 * besides colour; what a pointer rests on tells its key and its exact times.
 */
void mm_timeline_svg(const struct mm_timeline *timeline, const char *title, struct mm_buf *out);

#endif
