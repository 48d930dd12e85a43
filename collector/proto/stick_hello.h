/*
 * Finding Wi-Fi sticks: UDP 48899. Whoever is a stick answers a word with one line:
 *
 *	192.168.1.195,D427879436EE,3428956920		IP, MAC, serial number
 *
 * Source: pysolarmanv5's scanner, ha-solarman. Some firmwares know the one word, some the other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STICK_PORT 48899
extern const char *const stick_words[2];

struct stick_hello {
	char ip[16], mac[18]; /* as they say it */
	uint32_t serial;      /* 0: it has letters, such a stick speaks no V5 */
};

bool stick_hello_parse(struct stick_hello *ret, const uint8_t *p, size_t n);
