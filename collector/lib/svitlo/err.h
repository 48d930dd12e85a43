/*
 * An error: a code that drives behaviour and a text for people.
 *
 * Functions return 0 or positive on success and -errno on failure. Library code fills the
 * optional last argument `struct err *` and never logs; whoever stops the chain logs once.
 */
#pragma once

#define ERR_TEXT_MAX 240

struct err {
	int code; /* -errno */
	char text[ERR_TEXT_MAX];
};

/* Fills e (may be NULL) and gives the code back: `return err_set(e, -EPROTO, "…");` */
int err_set(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* The text, or the code's own words where none was set. Never NULL. */
const char *err_text(const struct err *e);
