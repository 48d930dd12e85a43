#include "tapo_pass.h"

#include "tapo_bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#define DER_MAX	  1024
#define RSA_BYTES 128

int tapo_rsa_make(EVP_PKEY **ret, unsigned bits, struct err *e)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);

	if (!key)
		return err_set(e, -EIO, "no RSA key could be made");
	*ret = key;
	return 0;
}

int tapo_rsa_pem(char *ret, size_t room, const EVP_PKEY *key, int one_line, struct err *e)
{
	uint8_t der[DER_MAX], *at = der;
	char text[TAPO_BASE64(DER_MAX) + 1];
	int n = i2d_PUBKEY(key, NULL), len;
	size_t line, done = 0;

	if (n <= 0 || n > DER_MAX || i2d_PUBKEY(key, &at) != n)
		return err_set(e, -EIO, "an RSA key could not be written");
	n = (int)tapo_base64(text, der, (size_t)n);
	line = one_line ? (size_t)n : 64;
	len = tapo_print(ret, room, "-----BEGIN PUBLIC KEY-----\n");
	for (; len >= 0 && done < (size_t)n; done += line) {
		int r = tapo_print(ret + len, room - (size_t)len, "%.*s\n", (int)line, text + done);

		len = r < 0 ? r : len + r;
	}
	if (len >= 0) {
		int r = tapo_print(ret + len, room - (size_t)len, "-----END PUBLIC KEY-----\n");

		len = r < 0 ? r : len + r;
	}
	return len >= 0 ? len : err_set(e, len, "an RSA key is too long");
}

int tapo_pass_handshake(char *ret, size_t room, const EVP_PKEY *key, struct err *e)
{
	char pem[TAPO_PASS_HANDSHAKE_MAX], escaped[TAPO_PASS_HANDSHAKE_MAX];
	int n = tapo_rsa_pem(pem, sizeof(pem), key, 1, e);

	if (n < 0)
		return n;
	if (tapo_escape_lines(escaped, sizeof(escaped), pem) < 0)
		return err_set(e, -ENOSPC, "an RSA key is too long");
	n = tapo_print(ret, room, "{\"method\":\"handshake\",\"params\":{\"key\":\"%s\"}}",
		       escaped);
	return n >= 0 ? n : err_set(e, n, "no room for a handshake");
}

/*
 * From OpenSSL 3.2 on a wrong padding is answered with random bytes: their number is checked.
 */
static int unwrap(uint8_t ret[32], EVP_PKEY *key, const uint8_t *in, size_t n)
{
	SV_CLEANUP(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	uint8_t out[RSA_BYTES];
	size_t len = sizeof(out);
	bool ok = c && n == RSA_BYTES && EVP_PKEY_get_size(key) == RSA_BYTES &&
		  EVP_PKEY_decrypt_init(c) == 1 &&
		  EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
		  EVP_PKEY_decrypt(c, out, &len, in, n) == 1 && len == 32;

	if (ok)
		memcpy(ret, out, 32);
	OPENSSL_cleanse(out, sizeof(out));
	return ok ? 0 : -EPROTO;
}

/* An answer's result, in ret_root's keeping. */
static int result_of(const char *body, size_t n, const char *what, json_t **ret_root,
		     const json_t **ret, int32_t *ret_code, struct err *e)
{
	int32_t code;

	*ret_root = tapo_json(body, n);
	if (!*ret_root)
		return err_set(e, -EPROTO, "%s: the answer is no JSON", what);
	code = tapo_json_code(*ret_root);
	*ret = json_object_get(*ret_root, "result");
	return code ? tapo_refused(e, ret_code, code, what) : 0;
}

int tapo_pass_make(struct tapo_pass *ret, EVP_PKEY *key, const char *body, size_t n,
		   int32_t *ret_code, struct err *e)
{
	json_auto_t *root = NULL;
	const json_t *result = NULL;
	uint8_t wrapped[RSA_BYTES], both[32];
	int len, r = result_of(body, n, "handshake", &root, &result, ret_code, e);

	if (r < 0)
		return r;
	len = tapo_json_base64(result, "key", wrapped, sizeof(wrapped));
	if (len < 0 || unwrap(both, key, wrapped, (size_t)len) < 0)
		return err_set(e, -EPROTO, "handshake: the answer has no key for us");
	memcpy(ret->key, both, sizeof(ret->key));
	memcpy(ret->iv, both + sizeof(ret->key), sizeof(ret->iv));
	ret->token[0] = 0;
	OPENSSL_cleanse(both, sizeof(both));
	return 0;
}

void tapo_pass_path(const struct tapo_pass *s, char ret[TAPO_PASS_PATH_MAX])
{
	tapo_print(ret, TAPO_PASS_PATH_MAX, "/app%s%s", s->token[0] ? "?token=" : "", s->token);
}

/* ---- the envelope ---- */

int tapo_pass_seal(const struct tapo_pass *s, const char *json, size_t n, char *ret, size_t room,
		   struct err *e)
{
	static const char before[] = "{\"method\":\"securePassthrough\",\"params\":{\"request\":\"",
			  after[] = "\"}}";
	uint8_t part[3 * TAPO_BLOCK * 16 + TAPO_BLOCK], iv[TAPO_BLOCK];
	size_t len = sizeof(before) - 1, step = 3 * TAPO_BLOCK * 16;

	if (n > TAPO_JSON_MAX || TAPO_PASS_BODY(n) > room)
		return err_set(e, -ENOSPC, "a request of %zu bytes is too long", n);
	memcpy(ret, before, len);
	memcpy(iv, s->iv, sizeof(iv));
	/* a piece at a time: whole blocks, whole groups of base64 */
	for (bool last = false; !last;) {
		size_t k = n < step ? n : step;
		int r = tapo_cbc_seal(s->key, iv, json, k, part, e);

		if (r < 0)
			return r;
		last = n < step;
		r = last ? r : (int)step; /* without the padding of a piece */
		len += tapo_base64(ret + len, part, (size_t)r);
		memcpy(iv, part + r - TAPO_BLOCK, sizeof(iv));
		json += k;
		n -= k;
	}
	OPENSSL_cleanse(part, sizeof(part));
	memcpy(ret + len, after, sizeof(after));
	return (int)(len + sizeof(after) - 1);
}

/* base64 of what is encrypted; in place, it only gets shorter. */
static int decrypt(const struct tapo_pass *s, const char *text, size_t n, char *ret, size_t room,
		   struct err *e)
{
	int r = tapo_unbase64((uint8_t *)ret, room, text, n);

	if (r == -ENOSPC)
		return err_set(e, r, "an answer of %zu bytes is too long", n);
	if (r < 0)
		return err_set(e, -EBADMSG, "the answer is not base64");
	return tapo_cbc_open(s->key, s->iv, (const uint8_t *)ret, (size_t)r, (uint8_t *)ret, e);
}

static int plain(const char *text, size_t n, char *ret, size_t room)
{
	json_auto_t *root = tapo_json(text, n);

	if (!root || n >= room)
		return root ? -ENOSPC : -EBADMSG;
	memcpy(ret, text, n);
	return (int)n;
}

int tapo_pass_open(const struct tapo_pass *s, const char *body, size_t n, char *ret, size_t room,
		   int32_t *ret_code, struct err *e)
{
	json_auto_t *root = NULL;
	const json_t *result = NULL, *response;
	int r = result_of(body, n, "the plug", &root, &result, ret_code, e), fallback;

	if (r < 0)
		return r;
	response = json_object_get(result, "response");
	if (!json_is_string(response))
		return err_set(e, -EPROTO, "the answer has no response");
	r = decrypt(s, json_string_value(response), json_string_length(response), ret, room, e);
	if (r == -EBADMSG) {
		fallback =
			plain(json_string_value(response), json_string_length(response), ret, room);
		r = fallback < 0 ? r : fallback;
	}
	if (r >= 0)
		ret[r] = 0;
	return r;
}

/* ---- login ---- */

/* base64 of the digits of SHA1: what the plug knows of a text */
static int hashed(char ret[TAPO_BASE64(40) + 1], const char *text, struct err *e)
{
	uint8_t sha1[20];
	char hex[2 * sizeof(sha1) + 1];
	int r = tapo_digest(EVP_sha1(), sha1, TAPO_SPANS(TAPO_TEXT(text)), 1, e);

	if (r < 0)
		return r;
	tapo_hex(hex, sha1, sizeof(sha1), false);
	tapo_base64(ret, hex, 2 * sizeof(sha1));
	OPENSSL_cleanse(sha1, sizeof(sha1));
	OPENSSL_cleanse(hex, sizeof(hex));
	return 0;
}

int tapo_pass_login(char ret[TAPO_PASS_LOGIN_MAX], int lv, const char *user, const char *password,
		    int64_t t_ms, struct err *e)
{
	char u[TAPO_BASE64(40) + 1], p[TAPO_BASE64(TAPO_PASS_PASSWORD_MAX) + 1];
	int r = hashed(u, user, e);

	if (strlen(password) > TAPO_PASS_PASSWORD_MAX)
		return err_set(e, -ENOSPC, "the password is too long");
	if (!r && lv >= 2)
		r = hashed(p, password, e);
	else if (!r)
		tapo_base64(p, password, strlen(password));
	if (!r)
		r = tapo_print(ret, TAPO_PASS_LOGIN_MAX,
			       "{\"method\":\"login_device\",\"params\":{\"username\":\"%s\","
			       "\"%s\":\"%s\"},\"requestTimeMils\":%" PRId64 "}",
			       u, lv >= 2 ? "password2" : "password", p, t_ms);
	OPENSSL_cleanse(p, sizeof(p));
	return r;
}

int tapo_pass_token(struct tapo_pass *s, const char *json, size_t n, int32_t *ret_code,
		    struct err *e)
{
	json_auto_t *root = NULL;
	const json_t *result = NULL;
	const char *token;
	int r = result_of(json, n, "login", &root, &result, ret_code, e);

	if (r < 0)
		return r;
	token = json_string_value(json_object_get(result, "token"));
	if (!token || !tapo_is_plain(token, sizeof(s->token)))
		return err_set(e, -EPROTO, "login: the answer has no token");
	return tapo_print(s->token, sizeof(s->token), "%s", token) < 0 ? -ENOSPC : 0;
}

int tapo_pass_stamp(char *ret, size_t room, const char *json, size_t n, int64_t t_ms,
		    const char *uuid, struct err *e)
{
	int r;

	if (n < 3 || n > TAPO_JSON_MAX || json[n - 1] != '}' || !tapo_is_plain(uuid, 64))
		return err_set(e, -EINVAL, "a request cannot be stamped");
	r = tapo_print(ret, room, "%.*s,\"requestTimeMils\":%" PRId64 ",\"terminalUUID\":\"%s\"}",
		       (int)n - 1, json, t_ms, uuid);
	return r >= 0 ? r : err_set(e, r, "a request of %zu bytes is too long", n);
}
