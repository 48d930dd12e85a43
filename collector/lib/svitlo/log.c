#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024
#define LOG_ONCE_MS  60000

int log_max = LOG_INFO;

void log_line(enum log_level level, const char *fmt, ...)
{
	char b[LOG_LINE_MAX];
	va_list ap;
	int n;

	if ((int)level > log_max)
		return;
	n = snprintf(b, sizeof(b), "<%d>", (int)level);
	va_start(ap, fmt);
	n += vsnprintf(b + n, sizeof(b) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(b) - 2)
		n = (int)sizeof(b) - 2;
	for (int i = 0; i < n; i++)
		if (b[i] == '\n')
			b[i] = ' '; /* a device's text must not start a line of its own */
	b[n++] = '\n';
	if (write(STDERR_FILENO, b, (size_t)n) < 0)
		return; /* nowhere left to complain */
}

int log_once_due(struct log_once *o, int64_t mono_ms)
{
	if (mono_ms < o->next_ms) {
		o->skipped++;
		return 0;
	}
	o->next_ms = mono_ms + LOG_ONCE_MS;
	o->skipped = 0;
	return 1;
}
