#include "tapo_hello.h"

#include "tapo_bytes.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define HEAD_LEN  16
#define CRC_AT	  12
#define KEY_MAX	  700
#define KASA_KEY  171
#define CRC_STAND 0x5a6b7c8d

/* ---- probe ---- */

static uint32_t crc32_of(const uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void put_be32(uint8_t *to, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> (24 - 8 * i));
}

int tapo_hello_probe(uint8_t ret[TAPO_PROBE_MAX], uint32_t serial, const char *pem)
{
	char key[KEY_MAX], *json = (char *)ret + HEAD_LEN;
	int n = 0;

	if (pem) {
		if (tapo_escape_lines(key, sizeof(key), pem) < 0)
			return -ENOSPC;
		n = tapo_print(json, TAPO_PROBE_MAX - HEAD_LEN, "{\"params\":{\"rsa_key\":\"%s\"}}",
			       key);
	}
	if (n < 0)
		return n;
	put_be32(ret, 2u << 24 | 1);
	put_be32(ret + 4, (uint32_t)n << 16 | (pem ? 0x1100 : 0));
	put_be32(ret + 8, serial);
	put_be32(ret + CRC_AT, CRC_STAND);
	put_be32(ret + CRC_AT, crc32_of(ret, (size_t)(HEAD_LEN + n)));
	return HEAD_LEN + n;
}

/* ---- answer ---- */

static enum tapo_encrypt read_encrypt(const json_t *scheme)
{
	static const struct {
		const char *text;
		enum tapo_encrypt encrypt;
	} words[] = {
		{ "AES", TAPO_ENCRYPT_AES },
		{ "KLAP", TAPO_ENCRYPT_KLAP },
		{ "TPAP", TAPO_ENCRYPT_TPAP },
	};
	char text[8];

	tapo_json_text(scheme, "encrypt_type", text, sizeof(text));
	for (size_t i = 0; i < SV_LEN(words); i++)
		if (strcmp(words[i].text, text) == 0)
			return words[i].encrypt;
	return TAPO_ENCRYPT_UNKNOWN;
}

static void read_texts(struct tapo_hello *ret, const json_t *o)
{
	char mac[24];

	tapo_json_text(o, "device_id", ret->id, sizeof(ret->id));
	tapo_json_text(o, "owner", ret->owner, sizeof(ret->owner));
	tapo_json_text(o, "device_type", ret->type, sizeof(ret->type));
	tapo_json_text(o, "device_model", ret->model, sizeof(ret->model));
	tapo_json_text(o, "ip", ret->ip, sizeof(ret->ip));
	tapo_json_text(o, "obd_src", ret->obd_src, sizeof(ret->obd_src));
	tapo_json_text(o, "mac", mac, sizeof(mac));
	tapo_mac(ret->mac, mac);
}

int tapo_hello_parse(struct tapo_hello *ret, const uint8_t *p, size_t n, struct err *e)
{
	json_auto_t *root = NULL;
	const json_t *o, *scheme, *tpap;

	if (n < HEAD_LEN + 2 || n > TAPO_HELLO_ANSWER_MAX)
		return err_set(e, -EPROTO, "a datagram of %zu bytes", n);
	root = tapo_json((const char *)p + HEAD_LEN, n - HEAD_LEN);
	o = json_object_get(root, "result");
	if (!json_is_object(o))
		return err_set(e, -EPROTO, "a datagram without a result");
	scheme = json_object_get(o, "mgt_encrypt_schm");
	tpap = json_object_get(o, "tpap");
	*ret = (struct tapo_hello){
		.encrypt = read_encrypt(scheme),
		.http_port = (int)tapo_json_int(scheme, "http_port", 1, 65535),
		.https = tapo_json_bool(scheme, "is_support_https"),
		.lv = (int)tapo_json_int(scheme, "lv", 0, 255),
		.new_klap = (int)tapo_json_int(scheme, "new_klap", 0, 255),
		.factory_default = tapo_json_bool(o, "factory_default"),
		.protocol_version = (int)tapo_json_int(o, "protocol_version", 0, 255),
		.has_tpap = json_is_object(tpap),
		.tpap_preferred = tapo_json_bool(o, "tpap_preferred"),
	};
	if (ret->http_port < 0)
		ret->http_port = ret->https > 0 ? 443 : 80;
	tpap_offer_read(&ret->tpap, tpap);
	read_texts(ret, o);
	return 0;
}

enum tapo_transport tapo_hello_transport(const struct tapo_hello *h)
{
	bool old = strncmp(h->type, "IOT.", 4) == 0 && h->new_klap != 1 && h->lv < 2;

	if (h->has_tpap)
		return TAPO_TRANSPORT_TPAP;
	switch (h->encrypt) {
	case TAPO_ENCRYPT_AES:
		return TAPO_TRANSPORT_PASS;
	case TAPO_ENCRYPT_KLAP:
		return old ? TAPO_TRANSPORT_KLAP_V1 : TAPO_TRANSPORT_KLAP;
	case TAPO_ENCRYPT_TPAP:
		return TAPO_TRANSPORT_TPAP;
	case TAPO_ENCRYPT_UNKNOWN:
		break;
	}
	return TAPO_TRANSPORT_UNKNOWN;
}

int tapo_hello_owned(const struct tapo_hello *h, const char *email)
{
	uint8_t md5[16];
	char hex[2 * sizeof(md5) + 1];

	if (!h->owner[0] || tapo_digest(EVP_md5(), md5, TAPO_SPANS(TAPO_TEXT(email)), 1, NULL) < 0)
		return -1;
	tapo_hex(hex, md5, sizeof(md5), false);
	return strcasecmp(hex, h->owner) == 0;
}

/* ---- Kasa ---- */

void kasa_encode(uint8_t *ret, const uint8_t *p, size_t n)
{
	uint8_t key = KASA_KEY;

	for (size_t i = 0; i < n; i++)
		ret[i] = key = p[i] ^ key;
}

void kasa_decode(uint8_t *ret, const uint8_t *p, size_t n)
{
	uint8_t key = KASA_KEY;

	for (size_t i = 0; i < n; i++) {
		uint8_t next = p[i];

		ret[i] = next ^ key;
		key = next;
	}
}

int kasa_hello_parse(struct kasa_hello *ret, const uint8_t *p, size_t n, struct err *e)
{
	uint8_t text[TAPO_HELLO_ANSWER_MAX];
	json_auto_t *root = NULL;
	const json_t *o;
	char mac[24];

	if (n < 2 || n > sizeof(text))
		return err_set(e, -EPROTO, "a datagram of %zu bytes", n);
	kasa_decode(text, p, n);
	root = tapo_json((const char *)text, n);
	o = json_object_get(json_object_get(root, "system"), "get_sysinfo");
	if (!json_is_object(o))
		return err_set(e, -EPROTO, "no answer of a Kasa plug");
	tapo_json_text(o, "model", ret->model, sizeof(ret->model));
	tapo_json_text(o, "alias", ret->alias, sizeof(ret->alias));
	tapo_json_text(o, json_object_get(o, "mac") ? "mac" : "mic_mac", mac, sizeof(mac));
	tapo_mac(ret->mac, mac);
	return 0;
}
