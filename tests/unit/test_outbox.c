/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/http/outbox.h"
#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

/* A transport that takes `takes` bytes in all, at most `at_once` a call, and then makes the writer wait. */
static struct {
	size_t takes, at_once, calls, pieces;
	char got[4096];
	size_t len;
} client;

static enum mm_io write_some(struct mm_transport *transport, const struct iovec *iov, size_t count, size_t *n)
{
	size_t left = client.takes < client.at_once ? client.takes : client.at_once;

	(void)transport;
	client.calls++;
	client.pieces = count;
	if (left == 0)
		return MM_IO_WAIT_WRITE;
	*n = 0;
	for (size_t i = 0; i < count && left > 0; i++) {
		size_t take = iov[i].iov_len < left ? iov[i].iov_len : left;

		memcpy(client.got + client.len, iov[i].iov_base, take);
		client.len += take;
		*n += take;
		left -= take;
	}
	client.takes -= *n;
	return MM_IO_OK;
}

static const struct mm_transport_ops ops = {.write = write_some};
static struct mm_transport transport = {.ops = &ops};
static struct mm_outbox outbox;
static struct mm_live live;
static char document_text[] = "DOCUMENT";
static const struct mm_buf document = {.p = document_text, .len = 8};

static int setup(void **state)
{
	(void)state;
	memset(&client, 0, sizeof client);
	client.takes = client.at_once = sizeof client.got;
	mm_refs_init(&live.refs);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mm_outbox_reset(&outbox);
	mm_buf_free(&outbox.copied);
	return 0;
}

static void add_copied(const char *text)
{
	size_t offset = outbox.copied.len;

	mm_buf_add_str(&outbox.copied, text);
	mm_outbox_add_copied(&outbox, offset);
}

static void assert_got(const char *text)
{
	assert_int_equal(client.len, strlen(text));
	assert_memory_equal(client.got, text, client.len);
}

static void pieces_are_sent_in_order_with_one_call(void **state)
{
	(void)state;
	add_copied("head1 ");
	mm_outbox_add_borrowed(&outbox, &document);
	add_copied(" head2 ");
	mm_outbox_add_borrowed(&outbox, &document);
	assert_int_equal(mm_outbox_flush(&outbox, &transport), MM_IO_OK);
	assert_got("head1 DOCUMENT head2 DOCUMENT");
	assert_int_equal(client.calls, 1);
	assert_true(mm_outbox_empty(&outbox));
}

static void copied_pieces_that_touch_become_one(void **state)
{
	(void)state;
	add_copied("a");
	add_copied("b");
	assert_int_equal(mm_outbox_flush(&outbox, &transport), MM_IO_OK);
	assert_got("ab");
	assert_int_equal(client.pieces, 1);
}

static void nothing_to_send_calls_nobody(void **state)
{
	(void)state;
	assert_int_equal(mm_outbox_flush(&outbox, &transport), MM_IO_OK);
	assert_int_equal(client.calls, 0);
}

static void bytes_arrive_whole_however_few_are_taken_at_once(void **state)
{
	(void)state;
	for (client.at_once = 1; client.at_once < 20; client.at_once++) {
		client.len = 0;
		add_copied("head ");
		mm_outbox_add_borrowed(&outbox, &document);
		add_copied("!");
		assert_int_equal(mm_outbox_flush(&outbox, &transport), MM_IO_OK);
		assert_got("head DOCUMENT!");
		mm_outbox_reset(&outbox);
	}
}

static void what_is_not_taken_is_kept_with_a_reference(void **state)
{
	struct mm_outbox *kept;

	(void)state;
	client.takes = 7;
	add_copied("head ");
	mm_outbox_add_borrowed(&outbox, &document);
	assert_int_equal(mm_outbox_flush(&outbox, &transport), MM_IO_WAIT_WRITE);
	kept = mm_outbox_detach(&outbox, &live);
	assert_non_null(kept);
	assert_int_equal(live.refs.count, 2);
	assert_true(mm_outbox_empty(&outbox));

	add_copied("of another client"); /* the worker goes on with its own */
	client.takes = 100;
	assert_int_equal(mm_outbox_flush(kept, &transport), MM_IO_OK);
	assert_got("head DOCUMENT");
	mm_outbox_free(kept);
	assert_int_equal(live.refs.count, 1);
}

static void a_failed_allocation_fails_the_flush(void **state)
{
	(void)state;
	add_copied("x");
	outbox.copied.failed = true;
	assert_int_equal(mm_outbox_flush(&outbox, &transport), MM_IO_FAILED);
}

static void there_is_room_until_pieces_or_bytes_run_out(void **state)
{
	struct mm_buf large = {.p = client.got, .len = MM_OUTBOX_BYTES};

	(void)state;
	for (size_t i = 0; i < MM_OUTBOX_PIECES / 4; i++) {
		assert_true(mm_outbox_has_room(&outbox));
		for (int piece = 0; piece < 4; piece++)
			mm_outbox_add_borrowed(&outbox, &document);
	}
	assert_false(mm_outbox_has_room(&outbox));
	mm_outbox_reset(&outbox);
	mm_outbox_add_borrowed(&outbox, &large);
	assert_false(mm_outbox_has_room(&outbox));
}

static void what_was_sent_does_not_stay_in_memory(void **state)
{
	static const char none[32];

	(void)state;
	mm_buf_add_str(&outbox.copied, "a token that was minted");
	mm_outbox_add_copied(&outbox, 0);
	assert_int_equal(mm_outbox_flush(&outbox, &transport), MM_IO_OK);
	mm_outbox_reset(&outbox);
	assert_memory_equal(outbox.copied.p, none, strlen("a token that was minted"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pieces_are_sent_in_order_with_one_call, setup, teardown),
		cmocka_unit_test_setup_teardown(copied_pieces_that_touch_become_one, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_to_send_calls_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(bytes_arrive_whole_however_few_are_taken_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_taken_is_kept_with_a_reference, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_allocation_fails_the_flush, setup, teardown),
		cmocka_unit_test_setup_teardown(there_is_room_until_pieces_or_bytes_run_out, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_sent_does_not_stay_in_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
