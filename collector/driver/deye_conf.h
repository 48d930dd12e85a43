/* The options of an inverter's row in config.db, and what was learned about it in earlier lives. */
#pragma once

#include "proto/deye_plan.h"
#include "svitlo/endpoint.h"
#include "svitlo/err.h"

/*
 * {"poll_s":5,"family":"auto","power_scale":"auto","battery_scale":"auto","day_scale":"auto",
 *  "total_scale":"auto","clamp":"auto","block":"auto","serial":2712345678}
 */
struct deye_conf {
	unsigned poll_s;
	int family;			/* -1: found out */
	unsigned scale[DEYE_TRAP__MAX]; /* 0: found out, else 1 or 10 */
	int clamp;			/* -1: found out, else 0 or 1 */
	unsigned block;			/* 0: found out, else 125, 60 or 16 */
	uint32_t serial;		/* of the stick; 0: found out */
};

#define DEYE_POLL_S	5
#define DEYE_POLL_S_MAX 300

int deye_conf_parse(struct deye_conf *ret, const char *options, struct err *e);

/* What an inverter's registers and its stick have shown. */
struct deye_learned {
	int family;			/* -1: nothing yet */
	unsigned scale[DEYE_TRAP__MAX]; /* 0: unknown */
	unsigned block;
	bool clamp;
	uint32_t serial;
};

/* JSON of a document, as deye_learned_json() made it. NULL or rubbish: nothing was learned. */
void deye_learned_parse(struct deye_learned *ret, const char *json);
void deye_learned_json(const struct deye_learned *l, struct jw *w); /* into an open object */
