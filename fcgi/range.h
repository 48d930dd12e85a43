/*
 * A range of time that is asked for: which tier answers, the regular grid of its buckets, and where
 * its rows come from. What is later than a tier was made comes from the next finer one, down to the
 * rows of 10 s.
 */
#pragma once

#include "http.h"

#include "svitlo/history.h"

#include <stdint.h>

#define RANGE_POINTS_MAX 5000
#define RANGE_SPANS_MAX	 (HISTORY_TIER__MAX + 1)
#define RANGE_WORDS	 "auto 10s 1min 15min day"

struct range_span {
	enum history_tier tier;
	int64_t from, to; /* s since 1970 */
};

struct range {
	int64_t from_ms, to_ms;
	unsigned points; /* buckets at most */
	enum history_tier tier;
	/* up to where a tier is made, s; of 10 s rows: up to where others are made of them */
	int64_t until[HISTORY_TIER__MAX];
	int64_t merged;			      /* rows of the tier in a bucket */
	unsigned n;			      /* buckets */
	int64_t starts[RANGE_POINTS_MAX + 1]; /* s; the last is the end */
};

/* Whose rows are wanted. */
struct subject {
	int64_t id; /* as it is asked for and answered: of bank and house 0 */
	enum reading_kind kind;
};

/* from_ms and to_ms; -EINVAL. */
int range_read(struct range *g, const struct req *q, struct err *e);
/* Up to where each tier is made; all 0 where there is no history.db. */
int range_until(struct range *g, struct req *q, struct err *e);
/* The word of the parameter `tier`: false: there is none, or auto. */
bool range_tier(const struct req *q, enum history_tier *ret);
/* Chooses the tier, and the grid. points: when the request doesn't say how many. */
int range_plan(struct range *g, struct req *q, const struct subject *s, unsigned n, int points,
	       struct err *e);
/* The bucket that t is in; -1: none. */
int range_bucket(const struct range *g, int64_t t);
int64_t range_step_s(const struct range *g);
/* Where the rows of [from, to) are, the coarsest first; gives the number. */
unsigned range_spans(const struct range *g, enum history_tier tier, int64_t from, int64_t to,
		     struct range_span ret[RANGE_SPANS_MAX]);

/* The oldest row's t, INT64_MAX: none. */
int range_oldest(struct req *q, enum history_tier t, const struct subject *s, int64_t *ret,
		 struct err *e);
/* When the history of any of them begins, INT64_MAX: it doesn't. */
int range_begin(struct req *q, const struct range *g, const struct subject *s, unsigned n,
		int64_t *ret, struct err *e);
/* Is all before `end` (s) made, and old enough to stay as it is? */
bool range_final(const struct range *g, const struct req *q, int64_t end);
/* Cache-Control, and an ETag of what was written. */
void range_cache(const struct req *q, struct reply *r, bool final);
