/*
 * Plugs of the simulated house: the cryptography of their languages against vectors, their loads,
 * meters and countdowns.
 */
#include "house_plug.h"
#include "plug.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- bytes ---- */

static void check_near(double got, double want, double most)
{
	if (!(fabs(got - want) <= most))
		fail_msg("%.9f, not %.9f", got, want);
}

static void check_bytes(const void *got, size_t n, const char *hex)
{
	uint8_t want[BYTES_MAX];

	assert_int_equal(n, unhex(hex, want, sizeof(want)));
	assert_memory_equal(got, want, n);
}

/* A file of vectors, or a skip. */
static json_t *vectors(const char *name)
{
	const char *shared = getenv("SVITLO_SHARED");
	char path[BYTES_MAX];
	json_t *v;

	snprintf(path, sizeof(path), "%s/protocols/vectors/%s", shared ? shared : "../shared",
		 name);
	v = json_load_file(path, 0, NULL);
	if (!v)
		skip();
	return v;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (!s)
		fail_msg("no member %s", key);
	return s;
}

/* ---- KLAP ---- */

#define LOCAL  "00112233445566778899aabbccddeeff"
#define REMOTE "00eeddccbbaa99887766554433221100"

static void begin(struct klap *k, bool v1, const char *local, const char *remote)
{
	memset(k, 0, sizeof(*k));
	klap_auth(k, v1, ACCOUNT, PASSWORD);
	unhex(local, k->local, sizeof(k->local));
	unhex(remote, k->remote, sizeof(k->remote));
}

static void check_request(struct klap *k, int32_t seq, const char *body, const char *plain)
{
	uint8_t raw[BYTES_MAX];
	char text[BYTES_MAX];
	size_t n = unhex(body, raw, sizeof(raw)), len = 0;

	assert_int_equal(klap_open(k, seq, BYTES(raw, n), text, &len), KLAP_OK);
	assert_string_equal(text, plain);
	assert_int_equal(len, strlen(plain));
	assert_int_equal(k->seq, seq);
	assert_int_equal(klap_open(k, seq, BYTES(raw, n), text, &len), KLAP_SEQ);
}

static void check_answer(const struct klap *k, const char *plain, const char *body)
{
	uint8_t raw[BYTES_MAX];

	check_bytes(raw, klap_seal(k, TEXT(plain), false, raw), body);
}

static void test_klap(void **state)
{
	uint8_t proof[SHA256_BYTES];
	struct klap k;

	(void)state;
	begin(&k, false, LOCAL, REMOTE);
	check_bytes(k.auth, SHA256_BYTES,
		    "94d599e8a5b4a69242d3846c6bc3fba8fd0294e04ff29fe5537b0d937faed397");
	klap_prove(&k, proof);
	check_bytes(proof, sizeof(proof),
		    "fcdf404b0d6310002fcc59fd15c09c917f4309c92606bb73fde36a2ae7ff1334");
	unhex("05bb3167bef68237609944258e76c3a42d194eb1b835f373c57ac8918538ea1e", proof,
	      sizeof(proof));
	assert_true(klap_believes(&k, proof));
	proof[31] ^= 1;
	assert_false(klap_believes(&k, proof));
	klap_derive(&k);
	check_bytes(k.key, sizeof(k.key), "5c17bf53eb3254f756124a413660a250");
	check_bytes(k.iv, sizeof(k.iv), "ef26cd8e9fb090b5454e060a");
	assert_int_equal(k.seq, 1217406058);
	check_bytes(k.sig, sizeof(k.sig),
		    "cb9fe4a2706e0df7c16fccb2b943a19158825b999b5ad49ec774f54e");
	check_request(&k, 1217406059,
		      "b04f0387b0c5b96e710f293f21a606d20b5a5f2dfd8825005a306adf5d6ffc5f"
		      "14e4c3a6f8fd31bfde23363a93c439a0062ffa29209967624ca5c7cff83487c1",
		      "{\"method\":\"get_device_info\"}");
	check_answer(&k, "{\"error_code\":0,\"result\":{\"device_on\":false,\"model\":\"P110\"}}",
		     "69d91f677002568a38fc48e1985d56d7e73c035c04851d1fafbaf64fe684bee3"
		     "e9c89e8814d3ed57cdd584bdeecb6c62ab8e3c6db79d7b429cb91769e6bc889e"
		     "2e33d00d6c4b90d8e7e88d34cbb1524ae4faf9ca7406d298056f8c6e3b3a0320");
}

static void test_klap_refuses(void **state)
{
	uint8_t body[80] = { 0 };
	char text[BYTES_MAX];
	struct klap k;
	size_t n, len;

	(void)state;
	begin(&k, false, LOCAL, REMOTE);
	klap_derive(&k);
	k.seq = -5;
	n = klap_seal(&k, TEXT("{\"method\":\"x\"}"), false, body);
	assert_int_equal(klap_open(&k, -5, BYTES(body, n), text, &len), KLAP_SEQ);
	k.seq = -6;
	assert_int_equal(klap_open(&k, -5, BYTES(body, n - 1), text, &len), KLAP_LENGTH);
	assert_int_equal(klap_open(&k, -5, BYTES(body, 32), text, &len), KLAP_LENGTH);
	assert_int_equal(klap_open(&k, -4, BYTES(body, n), text, &len), KLAP_MAC);
	assert_int_equal(klap_open(&k, -5, BYTES(body, n), text, &len), KLAP_OK);
	n = klap_seal(&k, TEXT("{\"method\":\"sixteen and more\"}"), true, body);
	k.seq = -6;
	assert_int_equal(klap_open(&k, -5, BYTES(body, n), text, &len), KLAP_PADDING);
}

static void check_klap_vector(const json_t *v, bool v1)
{
	const json_t *requests = json_object_get(v, "requests");
	uint8_t proof[SHA256_BYTES];
	struct klap k;

	begin(&k, v1, text_of(v, "local_seed"), text_of(v, "remote_seed"));
	klap_prove(&k, proof);
	check_bytes(proof, sizeof(proof), text_of(v, "server_hash"));
	unhex(text_of(v, "handshake2_request"), proof, sizeof(proof));
	assert_true(klap_believes(&k, proof));
	klap_derive(&k);
	assert_int_equal(k.seq, json_integer_value(json_object_get(v, "initial_seq")));
	for (size_t i = 0; i < json_array_size(requests); i++) {
		const json_t *r = json_array_get(requests, i);
		int32_t seq = (int32_t)json_integer_value(json_object_get(r, "seq"));

		check_request(&k, seq, text_of(r, "request_body"), text_of(r, "request_plaintext"));
		check_answer(&k, text_of(r, "response_plaintext"), text_of(r, "response_body"));
	}
}

static void test_klap_vectors(void **state)
{
	json_t *all = vectors("klap.json");
	const json_t *v = json_object_get(all, "non_ascii");
	struct klap k;

	(void)state;
	check_klap_vector(json_object_get(all, "klap_v2_positive_seq"), false);
	check_klap_vector(json_object_get(all, "klap_v2_negative_seq"), false);
	check_klap_vector(json_object_get(all, "klap_v1"), true);
	klap_auth(&k, false, text_of(v, "username"), text_of(v, "password"));
	check_bytes(k.auth, SHA256_BYTES, text_of(v, "v2_auth_hash"));
	json_decref(all);
}

/* ---- securePassthrough ---- */

#define USER64 "NjNhNzEwNTY5MjYxYTI0YjM3NjYyNzViNzAwMGNlOGQ3YjMyZTJmNw=="

static void test_cbc_and_base64(void **state)
{
	static const char sealed64[] =
		"K6dsT55RedLJxCgKUJW7d3pRnS3v7nFgdbtsV62gTDPFN8iB+1HsgOxRjcqR/DiwIMTPCpPDryGurFOs"
		"Y8mtHC1MFnOev0l7BQ1Qk3DJ5vaj3ydPwEHG4QusMI/T4TzHlxMnsgc1Lck1bY13xNaZVYB4eCCIOfs/"
		"gTjSWcdFXKL4+uX8UhDgq38AKyqKhTFPHWltYfCGn1koe76GioCD/rv3J1m5QWGKp0VKFVxS6+A=";
	static const char login[] =
		"{\"method\":\"login_device\",\"params\":{\"username\":\"" USER64
		"\",\"password\":\"VGFwby1UZXN0XzIwMjY=\"},\"requestTimeMils\":1700000000000}";
	uint8_t key[AES_BYTES], iv[AES_BYTES], raw[BYTES_MAX], plain[BYTES_MAX];
	char text[BYTES_MAX];
	size_t n, len;

	(void)state;
	unhex("101112131415161718191a1b1c1d1e1f", key, sizeof(key));
	unhex("202122232425262728292a2b2c2d2e2f", iv, sizeof(iv));
	assert_true(plug_unbase64(sealed64, raw, &n));
	assert_true(plug_cbc_open(key, iv, BYTES(raw, n), plain, &len));
	assert_int_equal(len, strlen(login));
	assert_memory_equal(plain, login, len);
	assert_true(plug_cbc_seal(key, iv, TEXT(login), true, raw, &n));
	plug_base64(raw, n, text);
	assert_string_equal(text, sealed64);
	assert_false(plug_unbase64("%%%=", raw, &n));
	assert_false(plug_unbase64("abc", raw, &n));
	assert_false(plug_unbase64("", raw, &n));
}

/* On one line, as clients send it. */
static void test_rsa(void **state)
{
	static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
				  "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCv+89egEP7MWuMLq+"
				  "53wCQBAvdNYcNcX4i3OdkqnjtWR0A"
				  "rvtPNdUi8Mh1fQET9rrh22BvrAvKlaGC1jWz0+"
				  "DEM9zrRxD9jRRBG2G2DXJOSf5oue3ejGdZ9eijCaRlO4Ch"
				  "6aCmOI5IDoaozewoL0RPYDTd6lsjHm1CzXJOUeTscwIDAQAB\n"
				  "-----END PUBLIC KEY-----\n";
	uint8_t sealed[512];
	size_t n = 0;

	(void)state;
	assert_true(plug_rsa_seal(pem, TEXT("thirty-two bytes of key and IV.."), sealed, &n));
	assert_int_equal(n, 128);
	assert_false(plug_rsa_seal("-----BEGIN PUBLIC KEY-----\n", TEXT("x"), sealed, &n));
}

/* ---- TPAP ---- */

#define CREDENTIAL "ff7de5095065989db31d65c4bc23f7292cc68baf"
#define USER_SHARE                                                                                 \
	"04ce8f2f8340647b80a989a8fa11d0813b3b3142719ba29f294b2384636b19bd2422f85932169213164cd286" \
	"beacdcb0f98e0a3c4bb61b648942917a1754a5058f"
#define USER_CONFIRM "8bd48772134d3b6ad30f1e5f5f44e3064ea6c40fd455115fed89c9c6e0ec710e"

static void test_spake(void **state)
{
	uint8_t share[SPAKE_POINT], confirm[SHA256_BYTES], body[256];
	struct spake s = { .y = { 0 } };
	char text[256];
	uint32_t seq;
	size_t n;

	(void)state;
	unhex("303132333435363738393a3b3c3d3e3f", s.salt, sizeof(s.salt));
	assert_true(spake_verifier(&s, CREDENTIAL));
	check_bytes(s.w0, sizeof(s.w0),
		    "e7fda119ee66b740cc07e398a1975959de150c29a13367793b655451a718b217");
	check_bytes(s.w1, sizeof(s.w1),
		    "030b01819fc1cafd6813302c6b3656b6782abdb36a428b14656db5022c0fbaf0");
	for (size_t i = 0; i < SPAKE_RANDOM; i++) {
		s.user_random[i] = (uint8_t)(0x40 + i);
		s.dev_random[i] = (uint8_t)(0x80 + i);
	}
	unhex("0f1e2d3c4b5a69780123456789abcdef0f1e2d3c4b5a69780123456789abcdef", s.y, sizeof(s.y));
	assert_true(spake_share(&s));
	check_bytes(s.share, sizeof(s.share),
		    "04f104dfac9a22f9342ce7201924a16108f3c357e27661ccd13727c4c4b752150769160fb106ae"
		    "dfe2ea979f45049817f16199a9b1554ec63c2e9bf215eb5b23a0");
	unhex(USER_SHARE, share, sizeof(share));
	unhex(USER_CONFIRM, confirm, sizeof(confirm));
	assert_int_equal(spake_finish(&s, BYTES(share, sizeof(share)), confirm), SPAKE_OK);
	check_bytes(s.confirm, sizeof(s.confirm),
		    "d99c6b97a0d4b86faa2e8d223ec1985475367596d1a550027fa9172f2f3be175");
	check_bytes(s.key, sizeof(s.key), "003038ca463cf386d4f2c1fdf455c2b8");
	check_bytes(s.base, sizeof(s.base), "3062e8f6ab936eb044e33903");
	n = unhex("000003e87e34e8fe85da3baa36a4ed1a18bda529a7288ff986271ec8a2622475404733f715542b48"
		  "0319a76418bddba7",
		  body, sizeof(body));
	assert_true(spake_open(&s, BYTES(body, n), &seq, text));
	assert_int_equal(seq, 1000);
	assert_string_equal(text, "{\"method\":\"get_device_info\"}");
	body[9] ^= 1;
	assert_false(spake_open(&s, BYTES(body, n), &seq, text));
	assert_false(spake_open(&s, BYTES(body, 20), &seq, text));
	n = spake_seal(
		&s, 1000,
		TEXT("{\"error_code\":0,\"result\":{\"device_on\":false,\"model\":\"P110\"}}"),
		body);
	check_bytes(
		body, n,
		"000003e87e34e0e983dd269177f1ab185ff3ca61e02c83e996140384fe76246cb91b9b14b21a349321"
		"fa8c5d2dcb702a2a83279fb6e0bb4e13a7e25110251666d50dc4a1d17146cf492dc278686b67ab");
	confirm[0] ^= 1;
	assert_int_equal(spake_finish(&s, BYTES(share, sizeof(share)), confirm), SPAKE_MISMATCH);
	share[64] ^= 1;
	assert_int_equal(spake_finish(&s, BYTES(share, sizeof(share)), confirm), SPAKE_POINT_BAD);
}

/* ---- names, products ---- */

static void test_names(void **state)
{
	char b64[PLUG_NAME_BYTES], text[PLUG_NAME_BYTES];
	char lengthy[200];

	(void)state;
	plug_name_encode("#MASKED_NAME#", b64);
	assert_string_equal(b64, "I01BU0tFRF9OQU1FIw==");
	plug_name_encode("Бойлер", b64);
	assert_true(plug_name_decode(b64, text));
	assert_string_equal(text, "Бойлер");
	assert_false(plug_name_decode("Lamp", text));
	assert_false(plug_name_decode("a=bc", text));
	assert_false(plug_name_decode("abc", text));
	assert_false(plug_name_decode("AAAA", text)); /* zero bytes */
	for (size_t i = 0; i + 2 < sizeof(lengthy); i += 2)
		memcpy(lengthy + i, "ї", 3);
	plug_name_encode(lengthy, b64);
	assert_true(plug_name_decode(b64, text));
}

static void test_every_product_is_there(void **state)
{
	(void)state;
	for (int kind = 0; kind < PLUG_KIND__MAX; kind++)
		for (int wire = 0; wire < PLUG_WIRE__MAX; wire++) {
			const struct plug_product *p =
				plug_product_find((enum plug_kind)kind, (enum plug_wire)wire);

			assert_int_equal(p->kind, kind);
			assert_string_equal(p->model, plug_kind_names[kind]);
			assert_in_range(p->sockets, 1, PLUG_SOCKETS_MAX);
		}
}

/* ---- loads ---- */

static void test_thermostat(void **state)
{
	struct plug_load l, again;
	double sum = 0;
	bool paused = false;

	(void)state;
	plug_load_init(&l, plug_load_single(2), 1, 5);
	plug_load_init(&again, plug_load_single(2), 1, 5);
	assert_true(l.now_w == 0);
	plug_load_power(&l, true);
	plug_load_power(&again, true);
	assert_in_range(l.now_w, 1400, 1600); /* at once */
	for (int i = 0; i < 3600; i++) {
		sum += plug_load_step(&l, 1);
		paused = paused || l.now_w < 10;
	}
	assert_true(paused);
	assert_in_range(sum / 3600, 700, 1300);
	for (int i = 0; i < 360; i++)
		plug_load_step(&again, 10);
	assert_true(l.level == again.level); /* however the steps were cut */
	plug_load_power(&l, false);
	assert_true(l.now_w == 0);
	assert_true(plug_load_step(&l, 100) == 0);
}

static void test_charger(void **state)
{
	struct plug_load l;
	double first;

	(void)state;
	plug_load_init(&l, plug_load_small(3), 3, 1);
	plug_load_power(&l, true);
	first = plug_load_step(&l, 60);
	assert_true(plug_load_step(&l, 3600) < first);
	plug_load_step(&l, 36000);
	assert_true(plug_load_step(&l, 60) < 0.5);
}

/* ---- a unit ---- */

static void make_unit(struct plug_unit *u, enum plug_kind kind)
{
	const struct plug_setup s = { .seed = 1, .kind = kind, .single_turn = 1, .small_turn = 0 };

	plug_unit_init(u, &s, 1000, WALL_MS);
}

static void test_switching_is_logged(void **state)
{
	struct plug_unit u;

	(void)state;
	make_unit(&u, PLUG_P110);
	assert_false(u.socket[0].on);
	plug_unit_switch(&u, 0, true, PLUG_BY_CLIENT, 2000, WALL_MS + 1);
	plug_unit_switch(&u, 0, true, PLUG_BY_CLIENT, 3000, WALL_MS + 2);
	plug_unit_switch(&u, 0, false, PLUG_BY_BUTTON, 4000, WALL_MS + 3);
	assert_int_equal(u.set_on, 2);
	assert_int_equal(u.set_off, 0);
	assert_int_equal(u.switches, 2);
	assert_int_equal(u.n_log, 3);
	assert_true(u.log[0].changed && !u.log[1].changed && u.log[2].changed);
	assert_int_equal(u.log[2].wall_ms, WALL_MS + 3);
	assert_int_equal(u.log[2].by, PLUG_BY_BUTTON);
	for (int i = 0; i < 500; i++)
		plug_unit_switch(&u, 0, i % 2, PLUG_BY_CLIENT, 5000 + i, WALL_MS + i);
	assert_int_equal(u.n_log, 503);
	assert_int_equal(u.log[502 % PLUG_LOG_MAX].wall_ms, WALL_MS + 499);
}

static void test_countdown(void **state)
{
	struct plug_unit u;

	(void)state;
	make_unit(&u, PLUG_P300);
	plug_unit_switch(&u, 1, true, PLUG_BY_CLIENT, 1000, WALL_MS);
	assert_int_equal(plug_unit_due_ms(&u), PLUG_NEVER);
	plug_unit_countdown(&u, 1, 30, false, 1000);
	assert_int_equal(plug_unit_due_ms(&u), 31000);
	assert_int_equal(plug_unit_remain_s(&u.socket[1].countdown, 1500), 30);
	plug_unit_run(&u, 30999, WALL_MS);
	assert_true(u.socket[1].on);
	plug_unit_run(&u, 31000, WALL_MS + 30000);
	assert_false(u.socket[1].on);
	assert_false(u.socket[1].countdown.enabled);
	assert_int_equal(u.log[1].by, PLUG_BY_COUNTDOWN);
	assert_int_equal(u.log[1].socket, 1);
	/* without power it is forgotten */
	plug_unit_countdown(&u, 1, 30, true, 40000);
	plug_unit_power(&u, true, false);
	plug_unit_power(&u, false, false);
	plug_unit_run(&u, 90000, WALL_MS + 90000);
	assert_false(u.socket[1].on);
}

static void test_auto_off_and_limit(void **state)
{
	struct plug_unit u;

	(void)state;
	make_unit(&u, PLUG_P110);
	u.socket[0].auto_off = true;
	u.socket[0].auto_off_min = 1;
	plug_unit_switch(&u, 0, true, PLUG_BY_CLIENT, 1000, WALL_MS);
	plug_unit_run(&u, 60999, WALL_MS);
	assert_true(u.socket[0].on);
	plug_unit_run(&u, 61000, WALL_MS);
	assert_false(u.socket[0].on);
	u.socket[0].limited = true;
	u.socket[0].limit_w = 5; /* a lamp of 9 W */
	plug_unit_switch(&u, 0, true, PLUG_BY_CLIENT, 62000, WALL_MS);
	plug_unit_run(&u, 62001, WALL_MS);
	assert_false(u.socket[0].on);
	assert_true(u.socket[0].overloaded);
}

static void test_energy_by_day(void **state)
{
	struct plug_unit u;
	struct plug_energy *e = &u.socket[0].energy;
	double w;

	(void)state;
	make_unit(&u, PLUG_P110);
	plug_unit_switch(&u, 0, true, PLUG_BY_CLIENT, 1000, WALL_MS);
	w = plug_unit_step(&u, 1);
	assert_in_range(w * 100, 850, 950);
	plug_unit_count(&u, WALL_MS, WALL_MS + 3600000);
	check_near(e->today_wh, w, 1e-6);
	check_near(e->today_s, 3600, 1e-6);
	plug_unit_count(&u, WALL_MS + 3600000, u.civil.end_ms + 1800000);
	check_near(e->today_wh, w / 2, 1e-6); /* a new day, half an hour of it */
	assert_true(e->month_wh > e->today_wh);
	assert_true(u.socket[0].older_s > 0);
	plug_unit_switch(&u, 0, false, PLUG_BY_CLIENT, 2000, WALL_MS);
	plug_unit_step(&u, 1);
	plug_unit_count(&u, u.civil.start_ms + 1800000, u.civil.end_ms);
	check_near(e->today_wh, w / 2, 1e-6);
}

static void test_power_cut(void **state)
{
	struct plug_unit u;

	(void)state;
	make_unit(&u, PLUG_P300);
	plug_unit_switch(&u, 0, true, PLUG_BY_CLIENT, 1000, WALL_MS);
	plug_unit_switch(&u, 1, true, PLUG_BY_CLIENT, 1000, WALL_MS);
	assert_true(plug_unit_step(&u, 1) > 0);
	plug_unit_power(&u, false, true);
	assert_true(plug_unit_step(&u, 1) == 0);
	plug_unit_power(&u, false, false);
	plug_unit_boot(&u, 9000, WALL_MS + 8000);
	assert_false(u.socket[0].on); /* its default is off */
	assert_true(u.socket[1].on);
	assert_int_equal(u.log[2].by, PLUG_BY_POWER);
}

/* ---- in the house ---- */

static void pass(struct house *h, int seconds)
{
	while (seconds--)
		house_advance(h, h->last_ms + 1000);
}

static void check_balance(const struct house *h)
{
	const struct model_flow *f = &h->model.flow;

	check_near(f->dc_pv_w + f->ac_pv_w + f->grid_w - f->battery_w, f->load_w + f->loss_w, 1e-6);
}

static void test_plugs_that_are_off_change_nothing(void **state)
{
	struct house *none = make_house("plugs=0"), *some = make_house("plugs=32");

	(void)state;
	pass(none, 600);
	pass(some, 600);
	assert_memory_equal(&none->model.flow, &some->model.flow, sizeof(none->model.flow));
	assert_memory_equal(&none->truth, &some->truth, sizeof(none->truth));
	free(none);
	free(some);
}

static void test_loads_count_in_the_house(void **state)
{
	struct house *h = make_house("plugs=4 outages=none");
	double before, truth;

	(void)state;
	model_force_load(&h->model, 800);
	pass(h, 60);
	check_balance(h);
	before = h->model.flow.load_w;
	plug_unit_switch(&h->plug[0], 0, true, PLUG_BY_CLIENT, h->last_ms, h->wall_ms);
	pass(h, 60);
	check_balance(h);
	assert_in_range(h->model.flow.load_w - before, 1750, 2150);
	assert_true(h->model.plugs_w == h->plug[0].socket[0].watts);
	truth = h->plug[0].socket[0].energy.total_wh;
	check_near(truth, h->model.plugs_w / 60, 0.5);
	/* in an outage the bank feeds them */
	h->model.grid.mode = MODEL_GRID_OFF;
	pass(h, 10);
	check_balance(h);
	assert_false(h->plug[0].dark);
	assert_true(h->model.flow.load_w > 1900);
	assert_true(h->model.flow.battery_w < 0 || h->model.flow.dc_pv_w > 1900);
	free(h);
}

static void test_a_dark_house(void **state)
{
	struct house *h = make_house("plugs=2 inverters=1 family=string plug-start=on");

	(void)state;
	pass(h, 5);
	assert_true(h->model.plugs_w > 0);
	h->model.grid.mode = MODEL_GRID_OFF;
	pass(h, 5);
	check_balance(h);
	assert_true(h->plug[0].dark);
	assert_true(h->model.plugs_w == 0);
	h->model.grid.mode = MODEL_GRID_ON;
	pass(h, 120);
	assert_false(h->plug[0].dark);
	assert_true(h->model.plugs_w > 0);
	free(h);
}

static void test_options(void **state)
{
	static const char *const bad[] = { "plugs=129",	     "plugs=-1",	 "plug-models=P999",
					   "plug-wire=x",    "plug-net=1.2.3",	 "plug-port=0",
					   "plug-delay=9-1", "plug-start=maybe", "plug-models=" };
	struct house *h =
		make_house("plugs=6 plug-models=P300,P110 plug-wire=mixed plug-start=mixed "
			   "plug-net=127.9.0.1 plug-port=8081 account=a@b.c password=x");
	char error[HOUSE_ERROR_MAX], url[PLUG_URL_MAX];

	(void)state;
	assert_string_equal(h->plug[0].product->model, "P300");
	assert_string_equal(h->plug[5].product->model, "P110");
	assert_false(h->plug[0].socket[0].on);
	assert_true(h->plug[1].socket[0].on);
	assert_string_equal(h->plug[1].socket[0].load.type->name, "Бойлер");
	assert_string_equal(h->plug[3].socket[0].load.type->name, "Lamp");
	plug_url(h, 2, url);
	assert_string_equal(url, "tapo://127.9.0.3:8081");
	free(h);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct house_options o = house_defaults;

		if (house_options_spec(&o, bad[i], error))
			fail_msg("%s was taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_klap),
		cmocka_unit_test(test_klap_refuses),
		cmocka_unit_test(test_klap_vectors),
		cmocka_unit_test(test_cbc_and_base64),
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_spake),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_every_product_is_there),
		cmocka_unit_test(test_thermostat),
		cmocka_unit_test(test_charger),
		cmocka_unit_test(test_switching_is_logged),
		cmocka_unit_test(test_countdown),
		cmocka_unit_test(test_auto_off_and_limit),
		cmocka_unit_test(test_energy_by_day),
		cmocka_unit_test(test_power_cut),
		cmocka_unit_test(test_plugs_that_are_off_change_nothing),
		cmocka_unit_test(test_loads_count_in_the_house),
		cmocka_unit_test(test_a_dark_house),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
