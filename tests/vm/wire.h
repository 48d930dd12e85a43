/* Numbers as Bluetooth has them: low byte first. */
#ifndef VM_WIRE_H
#define VM_WIRE_H

#include <stdint.h>

static inline void put16(uint8_t *b, unsigned v)
{
	b[0] = (uint8_t)v;
	b[1] = (uint8_t)(v >> 8);
}

static inline uint16_t get16(const uint8_t *b)
{
	return (uint16_t)(b[0] | b[1] << 8);
}

#endif
