/* OpenAPI 3.1, printed from the table of routes. */
#include "routes.h"

#include "svitlo/version.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define OPENAPI_PROBLEM "#/components/schemas/problem"

static void write_words(struct jw *w, const char *words)
{
	jw_key(w, "enum");
	jw_arr(w);
	while (*words) {
		size_t n = strcspn(words, " ");

		jw_strn(w, words, n);
		words += n + strspn(words + n, " ");
	}
	jw_end(w);
}

static void write_schema(struct jw *w, const struct param *p)
{
	bool text = p->type == PARAM_STR || p->type == PARAM_LINE;

	jw_obj(w);
	jw_key(w, "type");
	if (p->type == PARAM_NUM_NULL)
		jw_raw(w, "[\"number\",\"null\"]");
	else
		jw_str(w, param_type_name(p->type));
	if (p->type == PARAM_WORD) {
		write_words(w, p->words);
	} else if (p->type != PARAM_BOOL) {
		jw_knum(w, text ? "minLength" : "minimum", p->lo, 6);
		jw_knum(w, text ? "maxLength" : "maximum", p->hi, 6);
	}
	jw_kstr(w, "description", p->doc);
	jw_end(w);
}

static void write_body(struct jw *w, const struct route *t)
{
	const struct param *table = t->body;

	jw_key(w, "requestBody");
	jw_obj(w);
	jw_kbool(w, "required", route_needs_body(t));
	jw_key(w, "content");
	jw_obj(w);
	jw_key(w, "application/json");
	jw_obj(w);
	jw_key(w, "schema");
	jw_obj(w);
	jw_kstr(w, "type", "object");
	jw_kbool(w, "additionalProperties", false);
	if (route_changes(t))
		jw_kint(w, "minProperties", 1);
	jw_key(w, "required");
	jw_arr(w);
	for (const struct param *p = table; p->name; p++)
		if (p->required)
			jw_str(w, p->name);
	jw_end(w);
	jw_key(w, "properties");
	jw_obj(w);
	for (const struct param *p = table; p->name; p++) {
		jw_key(w, p->name);
		write_schema(w, p);
	}
	for (int i = 0; i < 5; i++)
		jw_end(w);
}

static void write_parameter(struct jw *w, const char *in, const struct param *p)
{
	jw_obj(w);
	jw_kstr(w, "name", p->name);
	jw_kstr(w, "in", in);
	jw_kbool(w, "required", p->required);
	jw_key(w, "schema");
	write_schema(w, p);
	jw_end(w);
}

static void write_parameters(struct jw *w, const struct route *t)
{
	static const struct param id = { "id",	       PARAM_INT, true, 1, 999999999999999.,
					 "its number", NULL };

	jw_key(w, "parameters");
	jw_arr(w);
	if (strstr(t->path, "{id}"))
		write_parameter(w, "path", &id);
	for (const struct param *p = t->query; p && p->name; p++)
		write_parameter(w, "query", p);
	jw_end(w);
}

static void write_answer(struct jw *w, const char *status, const char *text, const char *type,
			 const char *ref)
{
	jw_key(w, status);
	jw_obj(w);
	jw_kstr(w, "description", text);
	if (type) {
		jw_key(w, "content");
		jw_obj(w);
		jw_key(w, type);
		jw_obj(w);
		jw_key(w, "schema");
		jw_obj(w);
		jw_kstr(w, ref ? "$ref" : "type",
			ref				 ? ref
			: strncmp(type, "text/", 5) == 0 ? "string"
							 : "object");
		for (int i = 0; i < 3; i++)
			jw_end(w);
	}
	jw_end(w);
}

static void write_route(struct jw *w, const struct route *t)
{
	const char *type = t->type ? t->type : "application/json";
	char method[16], ok[8];
	size_t n = 0;

	for (; n < sizeof(method) - 1 && t->method[n]; n++)
		method[n] = (char)tolower((unsigned char)t->method[n]);
	method[n] = 0;
	jw_key(w, method);
	jw_obj(w);
	jw_kstr(w, "summary", t->summary);
	jw_kstr(w, "x-svitlo-level", level_name(t->level));
	jw_key(w, "security");
	jw_arr(w);
	if (t->level != LEVEL_PUBLIC) {
		jw_obj(w);
		jw_key(w, "session");
		jw_arr(w);
		jw_end(w);
		jw_end(w);
	}
	jw_end(w);
	write_parameters(w, t);
	if (t->body && t->body->name)
		write_body(w, t);
	jw_key(w, "responses");
	jw_obj(w);
	snprintf(ok, sizeof(ok), "%d", t->status);
	write_answer(w, ok, t->status == 202 ? "begun" : "done", t->status == 204 ? NULL : type,
		     NULL);
	if (t->later) {
		snprintf(ok, sizeof(ok), "%d", t->later);
		write_answer(w, ok, "begun", type, NULL);
	}
	write_answer(w, "default", "an error", "application/problem+json", OPENAPI_PROBLEM);
	jw_end(w);
	jw_end(w);
}

static void write_components(struct jw *w)
{
	static const char *const texts[] = { "type", "title", "detail", "code" };

	jw_key(w, "components");
	jw_obj(w);
	jw_key(w, "securitySchemes");
	jw_obj(w);
	jw_key(w, "session");
	jw_obj(w);
	jw_kstr(w, "type", "apiKey");
	jw_kstr(w, "in", "cookie");
	jw_kstr(w, "name", HTTP_COOKIE);
	jw_end(w);
	jw_end(w);
	jw_key(w, "schemas");
	jw_obj(w);
	jw_key(w, "problem");
	jw_obj(w);
	jw_kstr(w, "type", "object");
	jw_key(w, "properties");
	jw_obj(w);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		jw_key(w, texts[i]);
		jw_raw(w, "{\"type\":\"string\"}");
	}
	jw_key(w, "status");
	jw_raw(w, "{\"type\":\"integer\"}");
	for (int i = 0; i < 4; i++)
		jw_end(w);
}

void openapi_write(struct jw *w)
{
	jw_obj(w);
	jw_kstr(w, "openapi", "3.1.0");
	jw_key(w, "info");
	jw_obj(w);
	jw_kstr(w, "title", "svitlo");
	jw_kstr(w, "version", sv_version);
	jw_end(w);
	jw_key(w, "paths");
	jw_obj(w);
	for (unsigned i = 0; i < routes_count; i++) {
		bool first = !i || strcmp(routes[i - 1].path, routes[i].path) != 0;
		bool last =
			i + 1 == routes_count || strcmp(routes[i + 1].path, routes[i].path) != 0;

		if (first) {
			jw_key(w, routes[i].path);
			jw_obj(w);
		}
		write_route(w, &routes[i]);
		if (last)
			jw_end(w);
	}
	jw_end(w);
	write_components(w);
	jw_end(w);
}

int api_openapi_get(struct req *q, struct reply *r, struct err *e)
{
	(void)q;
	(void)e;
	openapi_write(&r->w);
	return 0;
}
