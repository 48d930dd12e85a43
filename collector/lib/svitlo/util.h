/* Small things everybody needs: scope-owned resources and array sizes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SV_CLEANUP(fn) __attribute__((cleanup(fn)))
#define SV_DEFINE_CLEANUP(type, fn)                                                                \
	static inline void fn##p(type *p)                                                          \
	{                                                                                          \
		if (*p)                                                                            \
			fn(*p);                                                                    \
	}
/* Hands ownership on: gives the pointer, leaves NULL behind. */
#define SV_STEAL(p)                                                                                \
	({                                                                                         \
		__typeof__(p) v_ = (p);                                                            \
		(p) = NULL;                                                                        \
		v_;                                                                                \
	})
#define SV_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The same words; NULL is like NULL only. */
static inline bool sv_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static inline void sv_freep(void *p)
{
	free(*(void **)p);
}
static inline void sv_closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define SV_AUTO_FREE  SV_CLEANUP(sv_freep)
#define SV_AUTO_CLOSE SV_CLEANUP(sv_closep)
SV_DEFINE_CLEANUP(FILE *, fclose)
#define SV_AUTO_FILE SV_CLEANUP(fclosep)
