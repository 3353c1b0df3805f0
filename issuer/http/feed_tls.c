/* SPDX-License-Identifier: Apache-2.0 */
/* The server's certificate and its key. */
#include "issuer/http/feed_state.h"

bool mm_feed_tls_changed(struct mm_feed *feed)
{
	bool certificate = mm_feed_file_changed(mm_feed_config(feed)->tls.certificate, &feed->certificate_id);
	bool key = mm_feed_file_changed(mm_feed_config(feed)->tls.key, &feed->key_id);

	return certificate || key;
}

enum mm_code mm_feed_load_tls(const struct mm_feed *feed, struct mm_tls **out, struct mm_err *err)
{
	const struct mm_config *config = mm_feed_config(feed);

	*out = NULL;
	if (!config->tls.certificate)
		return MM_OK;
	return mm_tls_load(config->tls.certificate, config->tls.key, mm_clock_now(), out, err);
}

void mm_feed_warn_of_exposed_key(const struct mm_feed *feed)
{
	const char *key = mm_feed_config(feed)->tls.key;

	if (key && mm_tls_key_exposed(key))
		mm_log(feed->log, MM_LOG_WARN, "every user of this host can read the private key of the certificate",
		       MM_F_STR("tls.key", key), MM_F_STR("remedy", "chmod o-r"));
}

void mm_feed_reload_tls(struct mm_feed *feed)
{
	MM_CLEANUP(mm_feed_change_clear) struct mm_feed_change change = {0};
	struct mm_err err = {0};
	enum mm_code code = mm_feed_load_tls(feed, &change.tls, &err);

	if (code == MM_OK && !change.tls)
		return;
	if (code == MM_OK)
		code = mm_feed_apply(feed, &change, &err);
	if (code == MM_OK) {
		mm_feed_count_success(feed, MM_RELOAD_TLS);
		mm_feed_warn_of_exposed_key(feed);
		mm_log(feed->log, MM_LOG_INFO, "certificate loaded", MM_F_TIME("expires", mm_tls_expires(feed->tls)));
	} else if (mm_feed_count_failure(feed, MM_RELOAD_TLS, &feed->certificate_id, &err)) {
		mm_log(feed->log, MM_LOG_ERROR, "the new certificate is not used; the old one stays", MM_F_ERR(&err),
		       MM_F_TIME("expires", mm_tls_expires(feed->tls)));
	}
}
