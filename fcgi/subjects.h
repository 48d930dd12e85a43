/* Which devices a list names: numbers, `bank`, `house`. */
#pragma once

#include "range.h"

/* 1: *ret_n of them; 0: answered by a problem (404 unknown, 400 not understood). */
int subjects_read(struct req *q, struct reply *r, const char *list, struct subject *ret,
		  unsigned room, unsigned *ret_n, struct err *e);
/* Its number, or "bank", "house". */
void subject_write(struct jw *w, const struct subject *s);
