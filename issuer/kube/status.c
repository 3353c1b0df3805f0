/* SPDX-License-Identifier: Apache-2.0 */
/* metav1.Status as such. */
#include "issuer/kube/codec.h"

bool mm_kube_status_has_details(const struct mm_kube_status *status)
{
	return status->name.len > 0 || status->group || status->kind || status->cause_reason || status->retry_after > 0;
}

void mm_kube_status_clear(struct mm_kube_status *status)
{
	mm_buf_free(&status->message);
	mm_buf_free(&status->name);
	mm_buf_free(&status->cause_message);
	*status = (struct mm_kube_status){0};
}

void mm_kube_mend(const struct mm_buf *text, struct mm_buf *out)
{
	struct mm_span whole = mm_buf_span(text);
	bool is_utf8 = mm_utf8_valid(whole);

	mm_buf_add_span(out, whole);
	for (size_t i = 0; !is_utf8 && i < out->len; i++) {
		if ((unsigned char)out->p[i] >= 0x80)
			out->p[i] = '?';
	}
}
