/* SPDX-License-Identifier: Apache-2.0 */
/* A TokenReview that is read from protobuf is the same one after it went through JSON. */
#include <mintmark/kubeapi.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MM_CLEANUP(mm_token_request_clear) struct mm_token_request request = {0};
	MM_CLEANUP(mm_token_review_clear) struct mm_token_review review = {0};
	MM_CLEANUP(mm_token_review_clear) struct mm_token_review again = {0};
	mm_auto_buf protobuf = {0}, json = {0}, protobuf_again = {0};

	if (mm_token_request_decode(MM_MEDIA_PROTOBUF, mm_span(data, size), &request, NULL) == MM_OK &&
	    request.bound_kind && !request.is_bound)
		abort();
	if (mm_token_review_decode(MM_MEDIA_PROTOBUF, mm_span(data, size), &review, NULL) != MM_OK)
		return 0;
	if (mm_token_review_encode(MM_MEDIA_PROTOBUF, &review, &protobuf, NULL) != MM_OK ||
	    mm_token_review_encode(MM_MEDIA_JSON, &review, &json, NULL) != MM_OK ||
	    mm_token_review_decode(MM_MEDIA_JSON, mm_buf_span(&json), &again, NULL) != MM_OK ||
	    mm_token_review_encode(MM_MEDIA_PROTOBUF, &again, &protobuf_again, NULL) != MM_OK ||
	    !mm_span_eq(mm_buf_span(&protobuf), mm_buf_span(&protobuf_again)))
		abort();
	return 0;
}
