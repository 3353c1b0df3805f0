/* SPDX-License-Identifier: Apache-2.0 */
/* A TokenRequest that is read from JSON is the same one after it went through protobuf. */
#include <mintmark/kubeapi.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MM_CLEANUP(mm_token_request_clear) struct mm_token_request request = {0};
	MM_CLEANUP(mm_token_request_clear) struct mm_token_request again = {0};
	MM_CLEANUP(mm_token_review_clear) struct mm_token_review review = {0};
	mm_auto_buf json = {0}, protobuf = {0}, json_again = {0};

	if (mm_token_review_decode(MM_MEDIA_JSON, mm_span(data, size), &review, NULL) == MM_OK &&
	    !mm_utf8_valid(mm_buf_span(&review.token)))
		abort();
	if (mm_token_request_decode(MM_MEDIA_JSON, mm_span(data, size), &request, NULL) != MM_OK)
		return 0;
	if (mm_token_request_encode(MM_MEDIA_JSON, &request, &json, NULL) != MM_OK ||
	    mm_token_request_encode(MM_MEDIA_PROTOBUF, &request, &protobuf, NULL) != MM_OK ||
	    mm_token_request_decode(MM_MEDIA_PROTOBUF, mm_buf_span(&protobuf), &again, NULL) != MM_OK ||
	    mm_token_request_encode(MM_MEDIA_JSON, &again, &json_again, NULL) != MM_OK ||
	    !mm_span_eq(mm_buf_span(&json), mm_buf_span(&json_again)))
		abort();
	return 0;
}
