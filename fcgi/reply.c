#include "http.h"

#include "svitlo/util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REPLY_KEEP_MAX	 1048576 /* bytes for the next body; a large answer is a rare one */
#define PROBLEM_TEXT_MAX 1536	 /* a list of what there is may be in it */

const char *http_status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} rows[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
		{ 507, "Insufficient Storage" },
	};

	for (size_t i = 0; i < SV_LEN(rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "Error";
}

void reply_reset(struct reply *r)
{
	if (r->file)
		fclose(r->file);
	if (r->stream)
		r->stream->free(r->stream);
	if (r->w.cap > REPLY_KEEP_MAX)
		jw_free(&r->w);
	else
		jw_reset(&r->w);
	*r = (struct reply){ .status = 200, .type = "application/json", .w = r->w };
}

/* key NULL: names nothing. */
static void problem_write(struct reply *r, int status, const char *code, const char *key,
			  int64_t id, const char *fmt, va_list ap)
{
	bool head = r->head;
	char detail[PROBLEM_TEXT_MAX];

	vsnprintf(detail, sizeof(detail), fmt, ap);
	reply_reset(r);
	r->head = head;
	r->status = status;
	r->type = "application/problem+json";
	jw_obj(&r->w);
	jw_kstr(&r->w, "type", "about:blank");
	jw_kstr(&r->w, "title", http_status_text(status));
	jw_kint(&r->w, "status", status);
	jw_kstr(&r->w, "detail", detail);
	jw_kstr(&r->w, "code", code);
	if (key)
		jw_kint(&r->w, key, id);
	jw_end(&r->w);
}

void reply_problem(struct reply *r, int status, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	problem_write(r, status, code, NULL, 0, fmt, ap);
	va_end(ap);
}

void reply_conflict(struct reply *r, const char *code, const char *key, int64_t id, const char *fmt,
		    ...)
{
	va_list ap;

	va_start(ap, fmt);
	problem_write(r, 409, code, key, id, fmt, ap);
	va_end(ap);
}

void reply_error(struct reply *r, const struct err *e)
{
	/* text NULL: ours is meant for people. Others have paths and SQL, which go to the log. */
	static const struct {
		int err, status, retry_s;
		const char *code, *text;
	} rows[] = {
		{ -EINVAL, 400, 0, "bad_parameter", NULL },
		{ -E2BIG, 414, 0, "too_long", NULL },
		{ -EMEDIUMTYPE, 415, 0, "unsupported_media_type", NULL },
		{ -EACCES, 403, 0, "forbidden", NULL },
		{ -EPROTONOSUPPORT, 503, 60, "schema_version", NULL },
		{ -ENOENT, 503, 5, "not_ready",
		  "the databases cannot be opened: has svitlo been started here, is the disk "
		  "writable?" },
		{ -EBUSY, 503, 1, "busy", "the database is busy, try again" },
		{ -EROFS, 503, 60, "read_only", "the disk cannot be written, nothing was changed" },
		{ -ENOSPC, 507, 60, "disk_full", "the disk is full, nothing was changed" },
		{ -EIO, 503, 60, "disk_error", "the disk cannot be read or written: see the log" },
		{ -EBADMSG, 503, 60, "damaged", "the database is damaged: see the log" },
	};

	for (size_t i = 0; i < SV_LEN(rows); i++) {
		if (rows[i].err != e->code)
			continue;
		reply_problem(r, rows[i].status, rows[i].code, "%s",
			      rows[i].text ? rows[i].text : err_text(e));
		r->retry_s = rows[i].retry_s;
		return;
	}
	reply_problem(r, 500, "internal", "something went wrong: see the log");
}

void reply_etag(struct reply *r, const struct req *q)
{
	const char *seen = q->env.if_none_match;

	/* weak comparison: the part in quotes decides */
	if (!seen || (strcmp(seen, "*") != 0 && !strstr(seen, strchr(r->etag, '"'))))
		return;
	jw_reset(&r->w);
	r->status = 304;
	r->type = NULL;
}

static size_t put(char *ret, size_t room, size_t n, const char *name, const char *value)
{
	size_t ln = strlen(name), lv = strlen(value);

	if (n + ln + lv + 3 > room)
		return room;
	memcpy(ret + n, name, ln);
	memcpy(ret + n + ln, value, lv);
	memcpy(ret + n + ln + lv, "\r\n", 3);
	return n + ln + lv + 2;
}

int reply_head(struct reply *r, char *ret, size_t room)
{
	char status[64], length[24] = "", retry[16] = "", save[96] = "";
	size_t n = 0;

	if (!r->type)
		jw_reset(&r->w);
	else if (!r->file && !r->stream && !jw_text(&r->w))
		reply_problem(r, 500, "internal", "the answer could not be written");

	const struct {
		const char *name, *value;
	} lines[] = {
		{ "Status: ", status },
		{ "Content-Type: ", r->type },
		{ "Content-Length: ", length },
		{ "Cache-Control: ", r->cache ? r->cache : "no-store" },
		/* another user of the browser has another cookie, or none */
		{ "Vary: ", r->cache && strncmp(r->cache, "private", 7) == 0 ? "Cookie" : NULL },
		{ "Clear-Site-Data: ", r->forget ? "\"cache\"" : NULL },
		{ "ETag: ", r->etag },
		{ "Set-Cookie: ", r->cookie },
		{ "Allow: ", r->allow },
		{ "Retry-After: ", retry },
		{ "Content-Disposition: ", save },
		{ "X-Svitlo-Level: ", r->level },
	};

	snprintf(status, sizeof(status), "%d %s", r->status, http_status_text(r->status));
	if (r->type && !r->stream)
		snprintf(length, sizeof(length), "%lld",
			 r->file ? (long long)r->file_len : (long long)r->w.len);
	if (r->save_as[0])
		snprintf(save, sizeof(save), "attachment; filename=\"%s\"", r->save_as);
	if (r->retry_s)
		snprintf(retry, sizeof(retry), "%d", r->retry_s);
	for (size_t i = 0; i < SV_LEN(lines); i++)
		if (lines[i].value && *lines[i].value)
			n = put(ret, room, n, lines[i].name, lines[i].value);
	n = put(ret, room, n, "", "");
	return n < room ? (int)n : -E2BIG;
}

const char *reply_body(struct reply *r)
{
	return r->type && !r->head && !r->file && !r->stream ? jw_text(&r->w) : NULL;
}
