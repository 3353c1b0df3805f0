/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/kube/refuse.h"

#include <stdarg.h>
#include <stdio.h>

/* The texts are there, or there was no memory for them. */
static enum mm_code finish(struct mm_kube_status *status, int http, const char *reason, enum mm_code code,
			   struct mm_err *err)
{
	if (status->message.failed || status->name.failed || status->cause_message.failed) {
		mm_kube_status_clear(status);
		status->code = 500;
		status->reason = "InternalError";
		return mm_fail(err, MM_ENOMEM, "out of memory");
	}
	status->code = http;
	status->reason = reason;
	return mm_fail(err, code, "%s", status->message.p);
}

enum mm_code mm_refuse_bad_request(struct mm_kube_status *status, struct mm_err *err, const char *format, ...)
{
	char text[MM_ERR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	mm_buf_add_str(&status->message, text);
	return finish(status, 400, "BadRequest", MM_EREFUSED, err);
}

enum mm_code mm_refuse_forbidden(struct mm_kube_status *status, const char *name, struct mm_span message,
				 struct mm_err *err)
{
	status->kind = "serviceaccounts";
	mm_buf_add_str(&status->name, name);
	mm_buf_add_span(&status->message, message);
	return finish(status, 403, "Forbidden", MM_EREFUSED, err);
}

enum mm_code mm_refuse_not_found(struct mm_kube_status *status, const char *resource, const char *name,
				 struct mm_err *err)
{
	status->kind = resource;
	mm_buf_add_str(&status->name, name);
	mm_buf_printf(&status->message, "%s ", resource);
	mm_buf_add_quoted(&status->message, mm_span_str(name));
	mm_buf_add_str(&status->message, " not found");
	return finish(status, 404, "NotFound", MM_ENOTFOUND, err);
}

enum mm_code mm_refuse_conflict(struct mm_kube_status *status, const char *group, const char *kind, const char *name,
				struct mm_span why, struct mm_err *err)
{
	status->group = group;
	status->kind = kind;
	mm_buf_add_str(&status->name, name);
	mm_buf_printf(&status->message, "Operation cannot be fulfilled on %s%s%s ", kind, group ? "." : "",
		      group ? group : "");
	mm_buf_add_quoted(&status->message, mm_span_str(name));
	mm_buf_add_str(&status->message, ": ");
	mm_buf_add_span(&status->message, why);
	return finish(status, 409, "Conflict", MM_ECONFLICT, err);
}

enum mm_code mm_refuse_invalid(struct mm_kube_status *status, const char *name, const char *field, struct mm_span value,
			       const char *why, struct mm_err *err)
{
	status->group = MM_KUBE_GROUP;
	status->kind = "TokenRequest";
	mm_buf_add_str(&status->name, name);
	status->cause_reason = "FieldValueInvalid";
	status->cause_field = field;
	mm_buf_add_str(&status->cause_message, "Invalid value: ");
	mm_buf_add_span(&status->cause_message, value);
	mm_buf_printf(&status->cause_message, ": %s", why);
	mm_buf_add_str(&status->message, "TokenRequest." MM_KUBE_GROUP " ");
	mm_buf_add_quoted(&status->message, mm_span_str(name));
	mm_buf_printf(&status->message, " is invalid: %s: ", field);
	mm_buf_add_span(&status->message, mm_buf_span(&status->cause_message));
	return finish(status, 422, "Invalid", MM_EREFUSED, err);
}

enum mm_code mm_refuse_internal(struct mm_kube_status *status, enum mm_code code, const char *what)
{
	mm_buf_printf(&status->message, "Internal error occurred: %s", what);
	finish(status, 500, "InternalError", code, NULL);
	return code;
}
