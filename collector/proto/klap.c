#include "klap.h"

#include "svitlo/rd.h"
#include "tapo_bytes.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#define COOKIE_TIMEOUT_S 86400

static const struct {
	const char *user, *password;
} known[KLAP_WHO__MAX] = {
	[KLAP_KASA] = { "kasa@tp-link.net", "kasaSetup" },
	[KLAP_TAPO] = { "test@tp-link.net", "test" },
	[KLAP_BLANK] = { "", "" },
};

void klap_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

int klap_auth_make(struct klap_auth *ret, enum klap_version version, const char *user,
		   const char *password, struct err *e)
{
	const EVP_MD *inner = version == KLAP_V1 ? EVP_md5() : EVP_sha1();
	const EVP_MD *outer = version == KLAP_V1 ? EVP_md5() : EVP_sha256();
	size_t n = (size_t)EVP_MD_get_size(inner);
	struct klap_auth a = { .version = version, .n = (uint8_t)EVP_MD_get_size(outer) };
	uint8_t both[2 * EVP_MAX_MD_SIZE];
	int r = tapo_digest(inner, both, TAPO_SPANS(TAPO_TEXT(user)), 1, e);

	if (!r)
		r = tapo_digest(inner, both + n, TAPO_SPANS(TAPO_TEXT(password)), 1, e);
	if (!r)
		r = tapo_digest(outer, a.hash, TAPO_SPANS(TAPO_BYTES(both, 2 * n)), 1, e);
	if (!r)
		*ret = a;
	klap_wipe(both, sizeof(both));
	klap_wipe(&a, sizeof(a));
	return r;
}

int klap_candidates(struct klap_auth ret[KLAP_CANDIDATES_MAX], const char *user,
		    const char *password, bool v1_too, struct err *e)
{
	int n = 0;

	for (int who = user ? KLAP_USER : KLAP_USER + 1; who < KLAP_WHO__MAX; who++)
		for (int version = KLAP_V2; version >= (v1_too ? KLAP_V1 : KLAP_V2); version--) {
			int r = klap_auth_make(&ret[n], (enum klap_version)version,
					       who == KLAP_USER ? user : known[who].user,
					       who == KLAP_USER ? password : known[who].password,
					       e);

			if (r < 0)
				return r;
			ret[n++].who = (enum klap_who)who;
		}
	return n;
}

/* v1 leaves the second seed out. */
static int handshake_hash(uint8_t ret[KLAP_HASH_LEN], const struct klap_auth *a,
			  const uint8_t *first, const uint8_t *second, struct err *e)
{
	return tapo_digest(EVP_sha256(), ret,
			   TAPO_SPANS(TAPO_BYTES(first, KLAP_SEED_LEN),
				      TAPO_BYTES(second, a->version == KLAP_V1 ? 0 : KLAP_SEED_LEN),
				      TAPO_BYTES(a->hash, a->n)),
			   3, e);
}

int klap_check(const struct klap_auth *c, size_t n, const uint8_t ours[KLAP_SEED_LEN],
	       const uint8_t *answer, size_t len, struct err *e)
{
	uint8_t hash[KLAP_HASH_LEN];
	int found = -1;

	if (len != KLAP_HANDSHAKE1_LEN)
		return err_set(e, -EPROTO, "handshake 1 was answered with %zu bytes instead of %d",
			       len, KLAP_HANDSHAKE1_LEN);
	for (size_t i = n; i-- > 0;) {
		int r = handshake_hash(hash, &c[i], ours, answer, e);

		if (r < 0)
			return r;
		if (CRYPTO_memcmp(hash, answer + KLAP_SEED_LEN, sizeof(hash)) == 0)
			found = (int)i;
	}
	klap_wipe(hash, sizeof(hash));
	return found >= 0 ? found
			  : err_set(e, -EACCES, "the plug knows another e-mail or password");
}

int klap_handshake2(uint8_t ret[KLAP_HASH_LEN], const struct klap_auth *a,
		    const uint8_t ours[KLAP_SEED_LEN], const uint8_t its[KLAP_SEED_LEN],
		    struct err *e)
{
	return handshake_hash(ret, a, its, ours, e);
}

int klap_session_make(struct klap_session *ret, const struct klap_auth *a,
		      const uint8_t ours[KLAP_SEED_LEN], const uint8_t its[KLAP_SEED_LEN],
		      struct err *e)
{
	static const char *const words[] = { "lsk", "iv", "ldk" };
	uint8_t hash[SV_LEN(words)][KLAP_HASH_LEN];
	struct rd seq = rd_init(hash[1] + KLAP_HASH_LEN - 4, 4);
	int r = 0;

	for (size_t i = 0; !r && i < SV_LEN(words); i++)
		r = tapo_digest(EVP_sha256(), hash[i],
				TAPO_SPANS(TAPO_TEXT(words[i]), TAPO_BYTES(ours, KLAP_SEED_LEN),
					   TAPO_BYTES(its, KLAP_SEED_LEN),
					   TAPO_BYTES(a->hash, a->n)),
				4, e);
	if (!r) {
		memcpy(ret->key, hash[0], sizeof(ret->key));
		memcpy(ret->iv, hash[1], sizeof(ret->iv));
		memcpy(ret->sig, hash[2], sizeof(ret->sig));
		ret->seq = (int32_t)rd_be32(&seq);
	}
	klap_wipe(hash, sizeof(hash));
	return r;
}

static void put_be32(uint8_t *to, int32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)((uint32_t)v >> (24 - 8 * i));
}

static void make_iv(uint8_t ret[TAPO_BLOCK], const struct klap_session *s)
{
	memcpy(ret, s->iv, sizeof(s->iv));
	put_be32(ret + sizeof(s->iv), s->seq);
}

static int make_mac(uint8_t ret[KLAP_HASH_LEN], const struct klap_session *s, const uint8_t *ct,
		    size_t n, struct err *e)
{
	uint8_t seq[4];

	put_be32(seq, s->seq);
	return tapo_digest(EVP_sha256(), ret,
			   TAPO_SPANS(TAPO_BYTES(s->sig, sizeof(s->sig)), TAPO_BYTES(seq, 4),
				      TAPO_BYTES(ct, n)),
			   3, e);
}

int klap_seal(struct klap_session *s, const char *json, size_t n, uint8_t *ret, size_t room,
	      struct err *e)
{
	uint8_t iv[TAPO_BLOCK];
	int len, r;

	if (s->seq >= INT32_MAX - 1)
		return err_set(e, -EOVERFLOW, "the session's numbers are used up");
	if (n > TAPO_JSON_MAX || KLAP_BODY(n) > room)
		return err_set(e, -ENOSPC, "a request of %zu bytes is too long", n);
	s->seq++;
	make_iv(iv, s);
	len = tapo_cbc_seal(s->key, iv, json, n, ret + KLAP_HASH_LEN, e);
	if (len < 0)
		return len;
	r = make_mac(ret, s, ret + KLAP_HASH_LEN, (size_t)len, e);
	return r < 0 ? r : KLAP_HASH_LEN + len;
}

void klap_path(const struct klap_session *s, char ret[KLAP_PATH_MAX])
{
	tapo_print(ret, KLAP_PATH_MAX, "/app/request?seq=%d", s->seq);
}

int klap_open(const struct klap_session *s, const uint8_t *body, size_t len, char *ret, size_t room,
	      struct err *e)
{
	uint8_t iv[TAPO_BLOCK], mac[KLAP_HASH_LEN];
	size_t n = len - KLAP_HASH_LEN;
	int r;

	if (len < KLAP_HASH_LEN + TAPO_BLOCK || len > KLAP_BODY_MAX)
		return err_set(e, -EBADMSG, "an answer of %zu bytes", len);
	if (n > room)
		return err_set(e, -ENOSPC, "an answer of %zu bytes is too long", len);
	r = make_mac(mac, s, body + KLAP_HASH_LEN, n, e);
	if (r < 0)
		return r;
	if (CRYPTO_memcmp(mac, body, sizeof(mac)) != 0)
		return err_set(e, -EBADMSG, "an answer that the plug has not signed");
	make_iv(iv, s);
	r = tapo_cbc_open(s->key, iv, body + KLAP_HASH_LEN, n, (uint8_t *)ret, e);
	if (r >= 0)
		ret[r] = 0; /* padding has at least a byte */
	return r;
}

/* ---- cookie ---- */

static struct tapo_span trimmed(const char *s, size_t n)
{
	while (n && (*s == ' ' || *s == '\t'))
		s++, n--;
	while (n && memchr(" \t\r\n", s[n - 1], 4))
		n--;
	return TAPO_BYTES(s, n);
}

static bool cookie_value(struct klap_cookie *c, const char *name, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]))
			return false;
	if (c->name[0] || n == 0 || n >= sizeof(c->value))
		return false;
	tapo_print(c->name, sizeof(c->name), "%s", name);
	memcpy(c->value, s, n);
	return true;
}

static bool cookie_timeout(struct klap_cookie *c, const char *s, size_t n)
{
	int32_t v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	c->timeout_s = v;
	return v > 0;
}

static bool cookie_part(struct klap_cookie *c, const char *s, size_t n)
{
	static const char *const names[] = { "TP_SESSIONID", "SESSIONID", "TIMEOUT" };

	for (size_t i = 0; i < SV_LEN(names); i++) {
		size_t k = strlen(names[i]);

		if (n <= k || s[k] != '=' || memcmp(s, names[i], k) != 0)
			continue;
		s += k + 1;
		n -= k + 1;
		return i < 2 ? cookie_value(c, names[i], s, n) : n <= 9 && cookie_timeout(c, s, n);
	}
	return true; /* what nobody asked for */
}

int klap_cookie_parse(struct klap_cookie *ret, const char *header, size_t n, struct err *e)
{
	struct klap_cookie c = { .timeout_s = COOKIE_TIMEOUT_S };
	bool ok = true;

	while (ok && n) {
		const char *end = memchr(header, ';', n);
		size_t part = end ? (size_t)(end - header) : n;
		struct tapo_span s = trimmed(header, part);

		ok = cookie_part(&c, s.p, s.n);
		header += part + !!end;
		n -= part + !!end;
	}
	if (!ok || !c.name[0])
		return err_set(e, -EPROTO, "the plug's cookie has no session");
	*ret = c;
	return 0;
}
