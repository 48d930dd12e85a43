#include "http.h"

#include "routes.h"

#include "svitlo/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void http_env_read(struct http_env *ret, char *const *envp)
{
#define ROW(n, f)                                                                                  \
	{                                                                                          \
		n, sizeof(n) - 1, offsetof(struct http_env, f)                                     \
	}
	static const struct {
		const char *name;
		size_t len, offset;
	} rows[] = {
		ROW("REQUEST_METHOD", method),
		ROW("REQUEST_URI", uri),
		ROW("CONTENT_TYPE", type),
		ROW("CONTENT_LENGTH", length),
		ROW("HTTP_HOST", host),
		ROW("HTTP_ORIGIN", origin),
		ROW("HTTP_SEC_FETCH_SITE", fetch_site),
		ROW("HTTP_COOKIE", cookie),
		ROW("HTTP_IF_NONE_MATCH", if_none_match),
		ROW("HTTP_USER_AGENT", agent),
		ROW("REMOTE_ADDR", address),
	};
#undef ROW
	*ret = (struct http_env){ 0 };
	for (; *envp; envp++) {
		const char *eq = strchr(*envp, '=');
		size_t n = eq ? (size_t)(eq - *envp) : 0;

		for (size_t i = 0; n && i < SV_LEN(rows); i++) {
			if (n != rows[i].len || memcmp(*envp, rows[i].name, n) != 0)
				continue;
			*(const char **)(void *)((char *)ret + rows[i].offset) =
				eq[1] ? eq + 1 : NULL;
			break;
		}
	}
}

static int http_split(struct req *q, struct err *e)
{
	char *rest = q->path + 1, *seg;

	while ((seg = strsep(&rest, "/"))) {
		if (q->segs_count == HTTP_SEGS_MAX)
			return err_set(e, -E2BIG, "the path has too many parts");
		/* decoded after splitting, so that %2F stays inside its part */
		if (params_decode(seg, false) < 0 || params_utf8_count(seg) < 0)
			return err_set(e, -EINVAL, "the path has a malformed %%XX");
		q->segs[q->segs_count++] = seg;
	}
	return 0;
}

int http_uri(struct req *q, struct err *e)
{
	const char *uri = q->env.uri ? q->env.uri : "", *mark = strchr(uri, '?');
	size_t n = mark ? (size_t)(mark - uri) : strlen(uri);

	if (*uri != '/')
		return err_set(e, -EINVAL, "the path must begin with /");
	if (n >= sizeof(q->path) || (mark && strlen(mark + 1) >= sizeof(q->query_text)))
		return err_set(e, -E2BIG, "the address is too long");
	memcpy(q->path, uri, n);
	q->path[n] = 0;
	q->query_text[0] = 0;
	if (mark)
		memcpy(q->query_text, mark + 1, strlen(mark + 1) + 1);
	return http_split(q, e);
}

int http_body(struct req *q, const char *body, size_t n, struct err *e)
{
	static const char json[] = "application/json";
	const char *type = q->env.type ? q->env.type : "";
	bool page = q->env.origin || q->env.fetch_site;
	json_error_t je;
	char *near;

	/* a page must say it: no foreign form can. A script's plain `curl -d` is read as it is */
	if (page && (strncasecmp(type, json, sizeof(json) - 1) != 0 ||
		     !strchr("; \t", type[sizeof(json) - 1]))) /* also the end */
		return err_set(e, -EMEDIUMTYPE, "the body must be application/json");
	q->json = json_loadb(body, n, JSON_REJECT_DUPLICATES, &je);
	/* what stands there is not said back: it may be a password without quotes */
	near = q->json ? NULL : strstr(je.text, " near '");
	if (near)
		*near = 0;
	if (!q->json)
		return err_set(e, -EINVAL, "the body is not JSON: line %d, column %d: %s", je.line,
			       je.column, je.text);
	return 0;
}

void http_req_free(struct req *q)
{
	const char *key;
	json_t *val;

	/* passwords and PINs do not stay in memory that is used again */
	json_object_foreach(q->json, key, val)
	{
		union {
			const char *in;
			char *out;
		} text = { .in = json_string_value(val) };

		if (text.in)
			explicit_bzero(text.out, json_string_length(val));
	}
	json_decref(q->json);
	q->json = NULL;
}

bool http_writes(const char *method)
{
	return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

int http_origin(const struct http_env *env, struct err *e)
{
	static const char https[] = "https://";
	const char *site = env->fetch_site;

	if (env->origin) {
		if (env->host && strncmp(env->origin, https, sizeof(https) - 1) == 0 &&
		    strcasecmp(env->origin + sizeof(https) - 1, env->host) == 0)
			return 0;
		return err_set(e, -EACCES, "the request comes from another site");
	}
	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return err_set(e, -EACCES, "the request comes from another site");
	return 0;
}

bool http_token(const char *cookie, char ret[HTTP_TOKEN_LEN + 1])
{
	static const char name[] = HTTP_COOKIE "=";
	static const char abc[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	bool found = false;

	while (cookie && *cookie) {
		cookie += strspn(cookie, "; \t");
		if (strncmp(cookie, name, sizeof(name) - 1) == 0) {
			const char *v = cookie + sizeof(name) - 1;

			if (found || strspn(v, abc) != HTTP_TOKEN_LEN ||
			    !strchr("; \t", v[HTTP_TOKEN_LEN]))
				return false;
			memcpy(ret, v, HTTP_TOKEN_LEN);
			ret[HTTP_TOKEN_LEN] = 0;
			found = true;
		}
		cookie += strcspn(cookie, ";");
	}
	return found;
}

const struct value *req_value(const struct req *q, const char *name)
{
	static const struct value none;
	const struct param *tables[] = { q->route->query, q->route->body };
	const struct value *values[] = { q->query, q->body };

	for (size_t t = 0; t < SV_LEN(tables); t++)
		for (size_t i = 0; tables[t] && tables[t][i].name; i++)
			if (strcmp(tables[t][i].name, name) == 0)
				return &values[t][i];
	return &none;
}

const char *req_str(const struct req *q, const char *name)
{
	const char *s = req_value(q, name)->s;

	return s ? s : "";
}

int64_t req_int(const struct req *q, const char *name, int64_t otherwise)
{
	const struct value *v = req_value(q, name);

	return v->set ? v->i : otherwise;
}

int64_t req_id(const struct req *q)
{
	const char *s = q->id ? q->id : "";
	size_t n = strlen(s);

	/* 1 to 15 digits without leading zeros */
	return n && n <= 15 && *s != '0' && strspn(s, "0123456789") == n ? strtoll(s, NULL, 10) : 0;
}
