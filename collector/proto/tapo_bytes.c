#include "tapo_bytes.h"

#include "tapo.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <string.h>

int tapo_digest(const EVP_MD *md, uint8_t *ret, const struct tapo_span *parts, size_t n,
		struct err *e)
{
	SV_CLEANUP(EVP_MD_CTX_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestInit_ex(c, md, NULL) == 1;

	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(c, parts[i].p, parts[i].n) == 1;
	ok = ok && EVP_DigestFinal_ex(c, ret, NULL) == 1;
	return ok ? 0 : err_set(e, -EIO, "a digest failed");
}

void tapo_hex(char *ret, const uint8_t *p, size_t n, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*ret++ = digits[p[i] >> 4];
		*ret++ = digits[p[i] & 15];
	}
	*ret = 0;
}

int tapo_cbc_seal(const uint8_t key[TAPO_BLOCK], const uint8_t iv[TAPO_BLOCK], const void *plain,
		  size_t n, uint8_t *ret, struct err *e)
{
	SV_CLEANUP(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int part = 0, rest = 0;

	if (!c || n > TAPO_JSON_MAX ||
	    EVP_EncryptInit_ex(c, EVP_aes_128_cbc(), NULL, key, iv) != 1 ||
	    EVP_EncryptUpdate(c, ret, &part, plain, (int)n) != 1 ||
	    EVP_EncryptFinal_ex(c, ret + part, &rest) != 1)
		return err_set(e, -EIO, "encryption failed");
	return part + rest;
}

int tapo_cbc_open(const uint8_t key[TAPO_BLOCK], const uint8_t iv[TAPO_BLOCK], const uint8_t *in,
		  size_t n, uint8_t *ret, struct err *e)
{
	SV_CLEANUP(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int part = 0, rest = 0;

	if (n == 0 || n % TAPO_BLOCK != 0 || n > TAPO_JSON_MAX)
		return err_set(e, -EBADMSG, "the answer has no whole blocks");
	if (!c || EVP_DecryptInit_ex(c, EVP_aes_128_cbc(), NULL, key, iv) != 1 ||
	    EVP_DecryptUpdate(c, ret, &part, in, (int)n) != 1)
		return err_set(e, -EIO, "decryption failed");
	if (EVP_DecryptFinal_ex(c, ret + part, &rest) != 1) {
		OPENSSL_cleanse(ret, n);
		return err_set(e, -EBADMSG, "the answer cannot be decrypted: another session's");
	}
	return part + rest;
}

size_t tapo_base64(char *ret, const void *p, size_t n)
{
	return (size_t)EVP_EncodeBlock((unsigned char *)ret, p, (int)n);
}

static int base64_digit(char c)
{
	static const char abc[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(abc, c) : NULL;

	return at ? (int)(at - abc) : -1;
}

int tapo_unbase64(uint8_t *ret, size_t room, const char *text, size_t n)
{
	size_t digits = n, len;
	uint32_t bits = 0;

	if (n % 4 != 0 || n > 2 * TAPO_JSON_MAX)
		return -EINVAL;
	while (digits && n - digits < 2 && text[digits - 1] == '=')
		digits--;
	len = digits * 3 / 4;
	if (len > room)
		return -ENOSPC;
	for (size_t i = 0, at = 0; i < digits; i++) {
		int d = base64_digit(text[i]);

		if (d < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)d;
		if (i % 4)
			ret[at++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	/* the bits that are left over */
	if (digits % 4 && bits & ((1u << 2 * (4 - digits % 4)) - 1))
		return -EINVAL;
	return (int)len;
}

int tapo_json_base64(const json_t *o, const char *key, uint8_t *ret, size_t room)
{
	const json_t *v = json_object_get(o, key);
	int r = json_is_string(v)
			? tapo_unbase64(ret, room, json_string_value(v), json_string_length(v))
			: -EPROTO;

	return r < 0 ? -EPROTO : r;
}

int tapo_print(char *ret, size_t room, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(ret, room, fmt, ap);
	va_end(ap);
	return n < 0 || (size_t)n >= room ? -ENOSPC : n;
}

int tapo_escape_lines(char *ret, size_t room, const char *text)
{
	size_t n = 0;

	for (; *text && n + 2 < room; text++) {
		if (*text == '\n')
			ret[n++] = '\\';
		ret[n++] = *text == '\n' ? 'n' : *text;
	}
	ret[n] = 0;
	return *text ? -ENOSPC : (int)n;
}

bool tapo_is_plain(const char *text, size_t room)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				"0123456789_-");

	return n > 0 && n < room && text[n] == 0;
}

void tapo_mac(char ret[TAPO_MAC_MAX], const char *text)
{
	char mac[TAPO_MAC_MAX] = "";
	size_t n = 0;

	ret[0] = 0;
	for (const char *c = text; *c; c++) {
		if (*c == '-' || *c == ':')
			continue;
		if (!isxdigit((unsigned char)*c) || n + 1 >= sizeof(mac))
			return;
		mac[n++] = (char)toupper((unsigned char)*c);
	}
	if (n + 1 == sizeof(mac))
		memcpy(ret, mac, sizeof(mac));
}

/* Jansson goes down some thousand levels by itself. */
static bool within_depth(const char *text, size_t n)
{
	unsigned depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		if (quoted) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				quoted = false;
		} else if (text[i] == '"') {
			quoted = true;
		} else if (text[i] == '{' || text[i] == '[') {
			if (++depth > TAPO_JSON_DEPTH)
				return false;
		} else if ((text[i] == '}' || text[i] == ']') && depth) {
			depth--;
		}
	}
	return true;
}

json_t *tapo_json(const char *text, size_t n)
{
	json_t *root;

	if (n > TAPO_JSON_MAX || !within_depth(text, n))
		return NULL;
	/* as reals: a number that no integer takes must not spoil the rest */
	root = json_loadb(text, n, JSON_DECODE_INT_AS_REAL, NULL);
	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

double tapo_json_number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

int64_t tapo_json_int(const json_t *o, const char *key, int64_t lo, int64_t hi)
{
	double v = tapo_json_number(o, key);

	return v >= (double)lo && v <= (double)hi && v == floor(v) ? (int64_t)v : -1;
}

int tapo_json_bool(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_boolean(v) ? json_is_true(v) : -1;
}

bool tapo_utf8(char *ret, size_t room, const void *p, size_t n)
{
	json_auto_t *checked = json_stringn(p, n);
	const char *s = json_string_value(checked);
	size_t len = n < room ? n : room - 1;

	ret[0] = 0;
	if (!s || memchr(s, 0, n))
		return false;
	while (len < n && len && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	for (size_t i = 0; i < len; i++)
		ret[i] = (unsigned char)s[i] < ' ' || s[i] == 0x7f ? ' ' : s[i];
	ret[len] = 0;
	return true;
}

void tapo_json_text(const json_t *o, const char *key, char *ret, size_t room)
{
	const json_t *v = json_object_get(o, key);

	ret[0] = 0;
	if (json_is_string(v))
		tapo_utf8(ret, room, json_string_value(v), json_string_length(v));
}

int32_t tapo_json_code(const json_t *o)
{
	double v = tapo_json_number(o, "error_code");

	return v >= -INT32_MAX && v <= INT32_MAX && v == floor(v) ? (int32_t)v : TAPO_NO_CODE;
}

int tapo_refused(struct err *e, int32_t *ret_code, int32_t code, const char *what)
{
	if (ret_code)
		*ret_code = code;
	return code == TAPO_NO_CODE ? err_set(e, -EPROTO, "%s: an answer without error_code", what)
				    : err_set(e, -EREMOTEIO, "%s: %s (%d)", what,
					      tapo_error_find(code)->text, code);
}
