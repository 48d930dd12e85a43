/*
 * Log lines on stderr with sd-daemon prefixes: "<4>jk[2]: …". No time stamps: the journal has them.
 * Never a secret. The last one who can act logs, once, with the device and the value.
 */
#pragma once

#include <stdint.h>

enum log_level { LOG_ERR = 3, LOG_WARN = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };

extern int log_max; /* lines above this level are dropped; LOG_INFO at start */

void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_err(...)	log_line(LOG_ERR, __VA_ARGS__)
#define log_warn(...)	log_line(LOG_WARN, __VA_ARGS__)
#define log_notice(...) log_line(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)	log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)                                                                             \
	do {                                                                                       \
		if (log_max >= LOG_DEBUG)                                                          \
			log_line(LOG_DEBUG, __VA_ARGS__);                                          \
	} while (0)

/* For complaints that could come every second: says yes at most once a minute. */
struct log_once {
	int64_t next_ms;
	unsigned skipped; /* since the last yes */
};
int log_once_due(struct log_once *o, int64_t mono_ms);
