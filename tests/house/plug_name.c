/*
 * Names as they stand on the wire: base64 of UTF-8. See plug_unit.h.
 */
#include "plug_unit.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Cut between characters. */
static size_t fitting(const char *text)
{
	size_t n = strlen(text), most = (PLUG_NAME_BYTES - 1) / 4 * 3;

	if (n <= most)
		return n;
	for (n = most; n && ((unsigned char)text[n] & 0xC0) == 0x80; n--)
		;
	return n;
}

void plug_name_encode(const char *text, char ret[static PLUG_NAME_BYTES])
{
	const unsigned char *t = (const unsigned char *)text;
	size_t n = fitting(text), at = 0;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)t[i] << 16;

		v |= i + 1 < n ? (uint32_t)t[i + 1] << 8 : 0;
		v |= i + 2 < n ? t[i + 2] : 0;
		ret[at++] = digits[v >> 18];
		ret[at++] = digits[v >> 12 & 63];
		ret[at++] = i + 1 < n ? digits[v >> 6 & 63] : '=';
		ret[at++] = i + 2 < n ? digits[v & 63] : '=';
	}
	ret[at] = '\0';
}

/* No control characters either: a name is one line. */
static bool is_text(const unsigned char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t more = s[i] < 0x80	      ? 0
			      : (s[i] & 0xE0) == 0xC0 ? 1
			      : (s[i] & 0xF0) == 0xE0 ? 2
			      : (s[i] & 0xF8) == 0xF0 ? 3
						      : n;

		if (more >= n - i || s[i] < 0x20 || s[i] == 0x7F)
			return false;
		for (; more; more--)
			if ((s[++i] & 0xC0) != 0x80)
				return false;
	}
	return true;
}

bool plug_name_decode(const char *b64, char ret[static PLUG_NAME_BYTES])
{
	size_t n = strlen(b64), at = 0, pad = 0;
	uint32_t v = 0;

	if (n % 4 || n >= PLUG_NAME_BYTES)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *d = strchr(digits, b64[i]);

		if (b64[i] == '=' && i + 2 >= n)
			pad++;
		else if (!d || pad)
			return false;
		v = v << 6 | (b64[i] == '=' ? 0 : (uint32_t)(d - digits));
		if (i % 4 != 3)
			continue;
		ret[at++] = (char)(v >> 16 & 0xFF);
		ret[at++] = (char)(v >> 8 & 0xFF);
		ret[at++] = (char)(v & 0xFF);
		v = 0;
	}
	at -= pad;
	ret[at] = '\0';
	return is_text((const unsigned char *)ret, at);
}
