/*
 * Finding Tapo plugs: UDP 20002. Who hears the probe answers to its sender.
 *
 *	02 00 | 00 01 | 01 e5 | 11 00 | 01 02 03 04 | 5e 98 8b 95 | {"params":{"rsa_key":"-----BEG…
 *	0       2       4       6       8             12            16
 *
 * Big endian: version, type; operation (1: probe); length of the JSON; flags, 0; serial; CRC-32 of
 * the datagram with 5a6b7c8d in its place. The answer has a header of the same size, that nobody
 * looks at, and JSON:
 *
 *	{"error_code":0,"result":{"device_id":"…","owner":"<MD5 of the e-mail>",
 *	 "device_type":"SMART.TAPOPLUG","device_model":"P110(AU)","ip":"…","mac":"9C-53-…",
 *	 "mgt_encrypt_schm":{"encrypt_type":"KLAP","http_port":80,"lv":2},"factory_default":false,…}}
 *
 * Anybody on the network can answer: it is a hint, its sender is the address, not result.ip.
 * Kasa plugs of old answer on UDP 9999 to JSON whose bytes are XORed with the one before, from 171.
 * Source: python-kasa, the Rust library tapo; answers of eleven plugs.
 */
#pragma once

#include "tpap.h"

#define TAPO_HELLO_PORT	      20002
#define TAPO_HELLO_PORT_ALSO  20004 /* some newer devices */
#define TAPO_HELLO_ANSWER_MAX 4096
#define TAPO_PROBE_MAX	      1024
#define KASA_PORT	      9999
#define KASA_PROBE	      "{\"system\":{\"get_sysinfo\":{}}}"

/*
 * A probe with a public key in PEM (tapo_rsa_pem), in which cameras would hide part of their
 * answer; without one (NULL) the short form, which only old firmware hears. Gives the length;
 * -ENOSPC.
 */
int tapo_hello_probe(uint8_t ret[TAPO_PROBE_MAX], uint32_t serial, const char *pem);

enum tapo_encrypt { TAPO_ENCRYPT_UNKNOWN, TAPO_ENCRYPT_AES, TAPO_ENCRYPT_KLAP, TAPO_ENCRYPT_TPAP };
/* -1 and "": it does not say. */
struct tapo_hello {
	char id[65]; /* a hash, not the one of get_device_info: devices are told by mac */
	char owner[33], type[32], model[32], ip[46], obd_src[24];
	char mac[13]; /* "AABBCCDDEEFF" */
	enum tapo_encrypt encrypt;
	int http_port; /* as it is to be used: 80 unless it says another */
	int https, lv, new_klap, factory_default, protocol_version;
	bool has_tpap;
	int tpap_preferred;
	struct tpap_offer tpap;
};
/* -EPROTO: no answer of the kind. */
int tapo_hello_parse(struct tapo_hello *ret, const uint8_t *p, size_t n, struct err *e);

enum tapo_transport {
	TAPO_TRANSPORT_UNKNOWN,
	TAPO_TRANSPORT_PASS, /* tapo_pass.h */
	TAPO_TRANSPORT_KLAP_V1,
	TAPO_TRANSPORT_KLAP, /* klap.h, v2 */
	TAPO_TRANSPORT_TPAP,
	TAPO_TRANSPORT__MAX
};
enum tapo_transport tapo_hello_transport(const struct tapo_hello *h);
/* Whether it belongs to the account: 1, 0; -1: to none, or it does not say. */
int tapo_hello_owned(const struct tapo_hello *h, const char *email);

/* ---- Kasa plugs of old, only to say what they are ---- */

void kasa_encode(uint8_t *ret, const uint8_t *p, size_t n); /* n bytes; may be in place */
void kasa_decode(uint8_t *ret, const uint8_t *p, size_t n);
struct kasa_hello {
	char model[32], alias[64], mac[13];
};
/* From a datagram as it came. -EPROTO. */
int kasa_hello_parse(struct kasa_hello *ret, const uint8_t *p, size_t n, struct err *e);
