/*
 * Seeded random numbers (splitmix64): the same seed gives the same house on every machine.
 */
#ifndef HOUSE_RNG_H
#define HOUSE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9E3779B97F4A7C15u;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

/* A stream of its own for each user, so that one more draw here changes nothing there. */
static inline struct rng rng_fork(uint64_t seed, uint64_t stream)
{
	struct rng r = { .state = seed * 0xD1342543DE82EF95u + stream };

	r.state = rng_next(&r);
	return r;
}

/* 0 .. n-1; n > 0 */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

/* 0 <= x < 1 */
static inline double rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

static inline double rng_range(struct rng *r, double lo, double hi)
{
	return lo + (hi - lo) * rng_unit(r);
}

/* Roughly normal, standard deviation 1, never beyond +-3.5: four parts of one draw. */
static inline double rng_normal(struct rng *r)
{
	uint64_t z = rng_next(r);
	unsigned sum = (unsigned)(z & 0xFFFF) + (unsigned)(z >> 16 & 0xFFFF) +
		       (unsigned)(z >> 32 & 0xFFFF) + (unsigned)(z >> 48);

	return (sum / 65536.0 - 2) * 1.7320508;
}

#endif
