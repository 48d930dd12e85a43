/*
 * One request and its answer, without FastCGI: the worker feeds them from nginx, tests and the
 * fuzzer from memory.
 */
#pragma once

#include "level.h"
#include "params.h"

#include "svitlo/err.h"
#include "svitlo/jw.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define HTTP_BODY_MAX  16384
#define HTTP_PATH_MAX  256
#define HTTP_QUERY_MAX 2048
#define HTTP_SEGS_MAX  8
#define HTTP_TOKEN_LEN 43 /* 32 bytes in base64url */
#define HTTP_COOKIE    "__Host-svitlo"
#define HTTP_HEAD_MAX  1024

struct route;
struct store;
struct conf;

/* What nginx says of a request. NULL: not said. Borrows from the FastCGI parameters. */
struct http_env {
	const char *method, *uri, *type, *length, *host, *origin, *fetch_site, *cookie;
	const char *if_none_match, *agent, *address;
};

struct session {
	int64_t user;
	char name[64 * 4 + 1];
	enum level level;
	int64_t created_ms, expires_ms;
};

struct req {
	struct http_env env;
	const struct route *route;
	char path[HTTP_PATH_MAX], query_text[HTTP_QUERY_MAX];
	const char *segs[HTTP_SEGS_MAX]; /* decoded parts of the path */
	unsigned segs_count;
	const char *id; /* what {id} in the route's path stands for */
	struct value query[PARAMS_MAX], body[PARAMS_MAX];
	json_t *json; /* owns the body's texts */
	struct session session;
	const struct conf *conf;
	struct store *store;
	int64_t now_ms;
};

/* A body of any length, made piece by piece while it is sent. It outlives the request's values, and
 * between two pieces holds no read transaction: who reads slowly must not keep the WAL from
 * shrinking. */
struct reply_stream {
	/* 1: a piece, there may be more; 0: the last. Borrows until the next call. */
	int (*next)(struct reply_stream *s, const char **ret, size_t *ret_n, struct err *e);
	void (*free)(struct reply_stream *s);
};

struct reply {
	int status;
	const char *type;  /* of the body; NULL: no body */
	const char *cache; /* Cache-Control; NULL: no-store */
	struct jw w;	   /* the body; its memory is kept from request to request */
	FILE *file;	   /* the body, instead of w: as many bytes as it has; closed when sent */
	int64_t file_len;
	struct reply_stream *stream;			    /* the body, instead of w */
	char cookie[160], etag[64], allow[48], save_as[64]; /* a name for the download */
	const char *level;				    /* X-Svitlo-Level */
	int retry_s;
	bool head;   /* no body, but its length */
	bool forget; /* the browser drops what it has kept of this site */
};

/* Picks what matters from NAME=value strings, NULL at the end. */
void http_env_read(struct http_env *ret, char *const *envp);

/* Splits and decodes env.uri. -EINVAL malformed, -E2BIG too long. */
int http_uri(struct req *q, struct err *e);

/* Parses a JSON body into q->json. -EINVAL with where it broke; -EMEDIUMTYPE not JSON. */
int http_body(struct req *q, const char *body, size_t n, struct err *e);
void http_req_free(struct req *q);

/* A write from another site's page? Then -EACCES. */
int http_origin(const struct http_env *env, struct err *e);

/* The session cookie's value; false when there is none, or several, or it isn't one of ours. */
bool http_token(const char *cookie, char ret[HTTP_TOKEN_LEN + 1]);

bool http_writes(const char *method);

/* A value by name; the route's table has checked it. Not set when not given; never NULL. */
const struct value *req_value(const struct req *q, const char *name);
const char *req_str(const struct req *q, const char *name); /* "" when not given */
int64_t req_int(const struct req *q, const char *name, int64_t otherwise);
/* The number that {id} stands for; 0, which names nothing, when it isn't one. */
int64_t req_id(const struct req *q);

void reply_reset(struct reply *r);
/* An error as application/problem+json instead of whatever was written before. */
void reply_problem(struct reply *r, int status, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5), cold));
/* 409 that also names what stands in the way: "key": id. */
void reply_conflict(struct reply *r, const char *code, const char *key, int64_t id, const char *fmt,
		    ...) __attribute__((format(printf, 5, 6), cold));
/* The answer to a failure of the library: which status it is, what people are told. */
void reply_error(struct reply *r, const struct err *e);
/* Was it seen before? Then the answer becomes a 304. */
void reply_etag(struct reply *r, const struct req *q);
/* Status and header lines, NUL-terminated; -E2BIG. */
int reply_head(struct reply *r, char *ret, size_t room);
/* Text of the body, or NULL when there is none to send, or a file or a stream. */
const char *reply_body(struct reply *r);
const char *http_status_text(int status);
