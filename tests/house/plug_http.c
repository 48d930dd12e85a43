/*
 * HTTP/1.1 as a plug serves it: one request after the other, Content-Length both ways. Old
 * firmware closes after each answer. Here are the faults that befall answers on their way.
 *
 *     > POST /app/handshake1 HTTP/1.1        Content-Length: 16
 *     < HTTP/1.1 200 OK                      Set-Cookie: TP_SESSIONID=…;TIMEOUT=86400
 */
#include "plug.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX    512
#define DRIP_MS	    100
#define FLOOD_BYTES (16u << 20)
#define BODY_MAX    (WIRE_IN_MAX - 1024)

/* ---- out ---- */

void plug_reply_bytes(struct plug_reply *r, const void *data, size_t n)
{
	free(r->body);
	r->body = malloc(n + 1);
	r->n = r->body ? n : 0;
	if (r->n)
		memcpy(r->body, data, n);
}

void plug_reply_json(struct plug_reply *r, json_t *takes)
{
	char *text = json_dumps(takes, JSON_COMPACT);

	json_decref(takes);
	r->json = true;
	plug_reply_bytes(r, text ? text : "", text ? strlen(text) : 0);
	free(text);
}

void plug_reply_error(struct plug_reply *r, int code)
{
	plug_reply_json(r, json_pack("{s:i}", "error_code", code));
}

static void release(struct plug_out *o)
{
	free(o->data);
	*o = (struct plug_out){ .data = NULL };
}

void plug_http_clear(struct plug *p)
{
	for (size_t i = 0; i < PLUG_OUTS; i++)
		release(&p->out[i]);
}

static const char *status_text(int status)
{
	return status == 200   ? "OK"
	       : status == 400 ? "Bad Request"
	       : status == 403 ? "Forbidden"
	       : status == 404 ? "Not Found"
	       : status == 413 ? "Payload Too Large"
			       : "Internal Server Error";
}

static size_t write_head(const struct plug *p, const struct plug_reply *r, size_t n, bool ends,
			 char ret[static HEAD_MAX])
{
	char cookie[PLUG_TOKEN_BYTES + 64] = "";

	if (*r->cookie)
		snprintf(cookie, sizeof(cookie), "Set-Cookie: TP_SESSIONID=%s;TIMEOUT=%u\r\n",
			 r->cookie, p->timeout_s);
	return (size_t)snprintf(ret, HEAD_MAX,
				"HTTP/1.1 %d %s\r\nServer: SHIP 2.0\r\nContent-Type: %s\r\n"
				"Content-Length: %zu\r\n%sConnection: %s\r\n\r\n",
				r->status, status_text(r->status),
				r->garbage == PLUG_HTML ? "text/html"
				: r->json		? "application/json;charset=UTF-8"
							: "application/octet-stream",
				n, cookie, ends ? "close" : "keep-alive");
}

/* What does not depend on the language. */
static void spoil(struct plug *p, struct plug_reply *r)
{
	static const char page[] = "<html><body><h1>Tapo</h1></body></html>";

	if (r->garbage == PLUG_HTML)
		plug_reply_bytes(r, page, sizeof(page) - 1);
	else if (r->garbage == PLUG_SHORT)
		r->n = r->n < 20 ? r->n / 2 : 20;
	for (size_t i = 0; r->garbage == PLUG_BAD_BASE64 && !r->json && i < r->n; i++)
		r->body[i] = (uint8_t)rng_below(&p->rng, 256);
}

static struct plug_out *room(struct plug *p)
{
	for (size_t i = 0; i < PLUG_OUTS; i++)
		if (!p->out[i].data)
			return &p->out[i];
	return NULL;
}

static int64_t delay_ms(struct plug *p)
{
	const struct plug_options *o = &p->house->options.plug;

	return p->faults.slow_ms + o->delay_min_ms +
	       rng_below(&p->rng, o->delay_max_ms - o->delay_min_ms + 1);
}

static void queue(struct plug *p, struct wire_client *c, struct plug_reply *r, bool ends)
{
	struct plug_out *o = room(p);
	char head[HEAD_MAX];
	size_t n;

	if (r->never)
		return;
	spoil(p, r);
	*o = (struct plug_out){ .client = c->id, .due_ms = plug_now_ms(p) + delay_ms(p) };
	o->floods = plug_strikes(&p->faults.flood);
	o->ends = ends || o->floods;
	n = write_head(p, r, o->floods ? FLOOD_BYTES : r->n, o->ends, head);
	o->data = malloc(n + r->n + 1);
	if (!o->data)
		return;
	memcpy(o->data, head, n);
	if (!o->floods && r->n)
		memcpy(o->data + n, r->body, r->n);
	o->n = n + (o->floods ? 0 : r->n);
	if (plug_strikes(&p->faults.drop)) {
		o->n = n + r->n / 2;
		o->ends = true;
	}
}

/* -> how much goes now */
static size_t portion(const struct plug *p, const struct plug_out *o)
{
	size_t n = p->faults.drip ? p->faults.drip * DRIP_MS / 1000 : o->n;

	n = n ? n : 1;
	return n < o->n - o->at ? n : o->n - o->at;
}

static int64_t pause_ms(const struct plug *p)
{
	return p->faults.drip < 1000 / DRIP_MS ? 1000 / p->faults.drip : DRIP_MS;
}

static void send_out(struct plug *p, struct plug_out *o, struct wire_client *c, int64_t now_ms)
{
	size_t n = portion(p, o);
	bool ends = o->ends;

	wire_port_send(c, o->data + o->at, n);
	o->at += n;
	if (o->at < o->n) {
		o->due_ms = now_ms + pause_ms(p);
		return;
	}
	if (o->floods && c->io)
		wire_port_flood(c, FLOOD_BYTES);
	release(o);
	if (ends && c->io)
		wire_port_end(c);
	else if (c->io)
		plug_http_bytes(p, c);
}

int64_t plug_http_run(struct plug *p, int64_t now_ms)
{
	int64_t due_ms = PLUG_NEVER;

	for (size_t i = 0; i < PLUG_OUTS; i++) {
		struct plug_out *o = &p->out[i];
		struct wire_client *c = o->data ? wire_port_client(&p->port, o->client) : NULL;

		if (o->data && !c)
			release(o);
		else if (c && o->due_ms <= now_ms)
			send_out(p, o, c, now_ms);
	}
	for (size_t i = 0; i < PLUG_OUTS; i++)
		if (p->out[i].data && p->out[i].due_ms < due_ms)
			due_ms = p->out[i].due_ms;
	return due_ms;
}

/* ---- in ---- */

/* The value of a header in a head that ends with its empty line; strict: written like that. */
static bool find_header(const char *head, const char *name, bool strict, char *ret, size_t size)
{
	size_t len = strlen(name);

	for (const char *at = strstr(head, "\r\n"); at && at[2] && at[2] != '\r';
	     at = strstr(at + 2, "\r\n")) {
		const char *line = at + 2;
		size_t n;

		if ((strict ? strncmp : strncasecmp)(line, name, len) != 0 || line[len] != ':')
			continue;
		line += len + 1;
		line += strspn(line, " \t");
		n = strcspn(line, "\r");
		snprintf(ret, size, "%.*s", (int)n, line);
		return true;
	}
	return false;
}

/* A client that sends more than the one cookie is refused, as by real ones. */
static void find_cookie(const char *head, char ret[static PLUG_TOKEN_BYTES])
{
	static const char name[] = "TP_SESSIONID=";
	char line[256];

	*ret = '\0';
	if (find_header(head, "Cookie", false, line, sizeof(line)) &&
	    strncmp(line, name, sizeof(name) - 1) == 0 && !strstr(line, "TIMEOUT"))
		snprintf(ret, PLUG_TOKEN_BYTES, "%.*s", PLUG_TOKEN_BYTES - 1,
			 line + sizeof(name) - 1);
	ret[strcspn(ret, "; ")] = '\0';
}

/* "POST /app?token=… HTTP/1.1" -> a status that says no, or 200 */
static int read_start(const char *head, struct plug_request *q)
{
	char method[8], target[PLUG_PATH_BYTES], *query;

	if (sscanf(head, "%7s %255s HTTP/1.%*1[01]", method, target) != 2)
		return 400;
	query = strchr(target, '?');
	if (query)
		*query++ = '\0';
	snprintf(q->path, sizeof(q->path), "%s", target);
	snprintf(q->query, sizeof(q->query), "%s", query ? query : "");
	return strcmp(method, "POST") == 0 ? 200 : 404;
}

static int read_length(const struct plug *p, const char *head, size_t *ret)
{
	char text[24], *end;

	if (!find_header(head, "Content-Length", plug_can(p->unit->product, PLUG_OLDEST), text,
			 sizeof(text)))
		return 500;
	*ret = strtoul(text, &end, 10);
	if (end == text || *end || *text == '-')
		return 400;
	return *ret > BODY_MAX ? 413 : 200;
}

static bool is_busy(const struct plug *p, const struct wire_client *c)
{
	for (size_t i = 0; i < PLUG_OUTS; i++)
		if (p->out[i].data && p->out[i].client == c->id)
			return true;
	return false;
}

/* -> status; 0: it has not all come yet */
static int read_request(const struct plug *p, struct wire_client *c, struct plug_request *q,
			size_t *ret_used)
{
	char head[WIRE_IN_MAX + 1], *end;
	size_t length = 0;
	int status;

	memcpy(head, c->in, c->n_in);
	head[c->n_in] = '\0';
	end = strstr(head, "\r\n\r\n");
	if (!end)
		return c->n_in > HEAD_MAX * 4 ? 413 : 0;
	end[2] = '\0';
	status = read_start(head, q);
	if (status != 200)
		return status;
	status = read_length(p, head, &length);
	if (status != 200)
		return status;
	q->body = c->in + (end + 4 - head);
	q->n = length;
	*ret_used = (size_t)(end + 4 - head) + length;
	find_cookie(head, q->cookie);
	return *ret_used <= c->n_in ? 200 : 0;
}

void plug_http_bytes(void *ud, struct wire_client *c)
{
	struct plug *p = ud;
	struct plug_request q = { .n = 0 };
	struct plug_reply r = { .status = 200 };
	size_t used = 0;
	int status;

	if (p->faults.silent) {
		c->n_in = 0;
		return;
	}
	if (!c->n_in || c->ends || is_busy(p, c) || !room(p))
		return;
	status = read_request(p, c, &q, &used);
	if (!status)
		return;
	if (status == 200)
		plug_serve(p, &q, &r);
	else
		r.status = status;
	queue(p, c, &r, status != 200 || plug_can(p->unit->product, PLUG_CLOSES));
	free(r.body);
	if (status == 200)
		wire_port_eat(c, used);
	else
		c->n_in = 0;
	plug_kick(p);
}
