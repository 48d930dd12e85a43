/*
 * Who answers the search for Tapo plugs: the probe byte by byte, answers of our own and, where they
 * lie beside the project, of eleven plugs; which transport that means; Kasa plugs of old.
 */
#include "proto/tapo_hello.h"
#include "svitlo/util.h"
#include "tapo_shared.h"

#include <errno.h>

static size_t datagram(uint8_t *ret, const char *json)
{
	memset(ret, 2, 16);
	memcpy(ret + 16, json, strlen(json));
	return 16 + strlen(json);
}

static int hello_of(struct tapo_hello *ret, const char *json)
{
	uint8_t bytes[BYTES_MAX];

	return tapo_hello_parse(ret, bytes, datagram(bytes, json), NULL);
}

static void test_probe(void **state)
{
	uint8_t d[TAPO_PROBE_MAX];
	char pem[800];

	(void)state;
	assert_int_equal(tapo_hello_probe(d, 0, NULL), 16);
	SAME(d, 16, "020000010000000000000000463cb5d3");
	assert_int_equal(tapo_hello_probe(d, 0x01020304, "A\nB\n"), 16 + 31);
	SAME(d, 12, "02000001001f110001020304");
	assert_memory_equal(d + 16, "{\"params\":{\"rsa_key\":\"A\\nB\\n\"}}", 31);
	memset(pem, 'a', sizeof(pem));
	pem[sizeof(pem) - 1] = 0;
	assert_int_equal(tapo_hello_probe(d, 0, pem), -ENOSPC);
}

static void test_answer(void **state)
{
	struct tapo_hello h;

	(void)state;
	assert_int_equal(
		hello_of(&h,
			 "{\"error_code\":0,\"result\":{\"device_id\":\"aa55\",\"owner\":"
			 "\"B58996C504C5638798EB6B511E6F49AF\",\"device_type\":\"SMART.TAPOPLUG\","
			 "\"device_model\":\"P115(EU)\",\"ip\":\"192.168.1.20\",\"mac\":"
			 "\"9c-53-22-0a-0b-0c\",\"obd_src\":\"tplink\",\"factory_default\":false,"
			 "\"protocol_version\":1,\"tpap_preferred\":false,\"mgt_encrypt_schm\":{"
			 "\"is_support_https\":false,\"encrypt_type\":\"KLAP\",\"http_port\":8080,"
			 "\"lv\":2,\"new_klap\":1}}}"),
		0);
	assert_string_equal(h.id, "aa55");
	assert_string_equal(h.model, "P115(EU)");
	assert_string_equal(h.type, "SMART.TAPOPLUG");
	assert_string_equal(h.ip, "192.168.1.20");
	assert_string_equal(h.mac, "9C53220A0B0C");
	assert_string_equal(h.obd_src, "tplink");
	assert_int_equal(h.encrypt, TAPO_ENCRYPT_KLAP);
	assert_int_equal(h.http_port, 8080);
	assert_int_equal(h.https, 0);
	assert_int_equal(h.lv, 2);
	assert_int_equal(h.new_klap, 1);
	assert_int_equal(h.factory_default, 0);
	assert_int_equal(h.protocol_version, 1);
	assert_int_equal(h.tpap_preferred, 0);
	assert_false(h.has_tpap);
	assert_int_equal(tapo_hello_owned(&h, "user@example.com"), 1);
	assert_int_equal(tapo_hello_owned(&h, "User@example.com"), 0);

	/* all of it absent, or of another type, is unknown */
	static const char *const empty[] = {
		"{\"result\":{}}",
		"{\"error_code\":\"x\",\"result\":{\"device_id\":1,\"owner\":[],\"device_type\":{},"
		"\"device_model\":null,\"ip\":true,\"mac\":12,\"obd_src\":2.5,\"factory_default\":"
		"1,"
		"\"protocol_version\":\"1\",\"mgt_encrypt_schm\":[],\"tpap\":[2]}}",
		"{\"result\":{\"mac\":\"9C-53-22\",\"mgt_encrypt_schm\":{\"encrypt_type\":[\"3\"],"
		"\"http_port\":0,\"lv\":-2,\"is_support_https\":\"false\"}}}",
		"{\"result\":{\"mac\":\"9C-53-22-00-00-00-00\",\"mgt_encrypt_schm\":{\"encrypt_"
		"type\":"
		"\"KLAPPER\",\"http_port\":1e99,\"lv\":99999999999999999999}}}",
	};
	for (size_t i = 0; i < SV_LEN(empty); i++) {
		assert_int_equal(hello_of(&h, empty[i]), 0);
		if (h.id[0] || h.owner[0] || h.type[0] || h.model[0] || h.ip[0] || h.mac[0] ||
		    h.obd_src[0] || h.encrypt || h.http_port != 80 || h.https != -1 || h.lv != -1 ||
		    h.new_klap != -1 || h.factory_default != -1 || h.protocol_version != -1 ||
		    h.tpap_preferred != -1 || h.has_tpap)
			fail_msg("%s", empty[i]);
		assert_int_equal(tapo_hello_owned(&h, "user@example.com"), -1);
		assert_int_equal(tapo_hello_transport(&h), TAPO_TRANSPORT_UNKNOWN);
	}
}

static void test_transport(void **state)
{
	static const struct {
		const char *result;
		enum tapo_transport t;
		int port;
	} rows[] = {
		{ "\"device_type\":\"SMART.TAPOPLUG\",\"mgt_encrypt_schm\":{\"encrypt_type\":"
		  "\"AES\"}",
		  TAPO_TRANSPORT_PASS, 80 },
		{ "\"device_type\":\"SMART.TAPOPLUG\",\"mgt_encrypt_schm\":{\"encrypt_type\":"
		  "\"KLAP\"}",
		  TAPO_TRANSPORT_KLAP, 80 },
		{ "\"mgt_encrypt_schm\":{\"encrypt_type\":\"KLAP\",\"is_support_https\":true}",
		  TAPO_TRANSPORT_KLAP, 443 },
		{ "\"device_type\":\"IOT.SMARTPLUGSWITCH\",\"mgt_encrypt_schm\":{\"encrypt_type\":"
		  "\"KLAP\",\"lv\":1}",
		  TAPO_TRANSPORT_KLAP_V1, 80 },
		{ "\"device_type\":\"IOT.SMARTPLUGSWITCH\",\"mgt_encrypt_schm\":{\"encrypt_type\":"
		  "\"KLAP\",\"lv\":2}",
		  TAPO_TRANSPORT_KLAP, 80 },
		{ "\"device_type\":\"IOT.SMARTPLUGSWITCH\",\"mgt_encrypt_schm\":{\"encrypt_type\":"
		  "\"KLAP\",\"new_klap\":1}",
		  TAPO_TRANSPORT_KLAP, 80 },
		{ "\"mgt_encrypt_schm\":{\"encrypt_type\":\"TPAP\"}", TAPO_TRANSPORT_TPAP, 80 },
		{ "\"tpap\":{\"pake\":[2],\"port\":4433,\"tls\":1},\"mgt_encrypt_schm\":{"
		  "\"encrypt_type\":\"KLAP\"}",
		  TAPO_TRANSPORT_TPAP, 80 },
		{ "\"mgt_encrypt_schm\":{\"encrypt_type\":\"XOR\"}", TAPO_TRANSPORT_UNKNOWN, 80 },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct tapo_hello h;
		char json[512];

		snprintf(json, sizeof(json), "{\"result\":{%s}}", rows[i].result);
		assert_int_equal(hello_of(&h, json), 0);
		if (tapo_hello_transport(&h) != rows[i].t || h.http_port != rows[i].port)
			fail_msg("%s", json);
	}
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"{}",
		"[]",
		"null",
		"{\"result\":1}",
		"{\"result\":[{}]}",
		"{\"result\":{}}}",
		"\xff\xff",
		"{\"result\":{\"ip\":\"\xff\"}}",
	};
	uint8_t bytes[BYTES_MAX];
	struct tapo_hello h;
	char deep[3000];
	size_t n;

	(void)state;
	for (size_t i = 0; i < SV_LEN(bad); i++)
		if (hello_of(&h, bad[i]) != -EPROTO)
			fail_msg("%s", bad[i]);
	n = datagram(bytes, "{\"result\":{}}");
	for (size_t i = 0; i < n; i++)
		assert_int_equal(tapo_hello_parse(&h, bytes, i, NULL), -EPROTO);
	memset(bytes + n, ' ', sizeof(bytes) - n);
	assert_int_equal(tapo_hello_parse(&h, bytes, TAPO_HELLO_ANSWER_MAX, NULL), 0);
	assert_int_equal(tapo_hello_parse(&h, bytes, TAPO_HELLO_ANSWER_MAX + 1, NULL), -EPROTO);
	for (unsigned depth = 20; depth < 1000; depth += 7) {
		snprintf(deep, sizeof(deep), "{\"result\":{\"x\":");
		n = strlen("{\"result\":{\"x\":");
		memset(deep + n, '[', depth);
		memset(deep + n + depth, ']', depth);
		memcpy(deep + n + 2 * depth, "}}", 3);
		assert_int_equal(hello_of(&h, deep), depth + 2 > 24 ? -EPROTO : 0);
	}
	/* brackets in a text are none */
	assert_int_equal(
		hello_of(&h, "{\"result\":{\"ip\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"}}"), 0);
	assert_string_equal(h.ip, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"[[");
}

static void test_kasa(void **state)
{
	static const char probe[] = KASA_PROBE;
	static const char answer[] =
		"{\"system\":{\"get_sysinfo\":{\"model\":\"HS110(EU)\",\"alias\":\"Бойлер\","
		"\"mac\":\"50:C7:BF:00:00:01\",\"relay_state\":1}}}";
	uint8_t bytes[BYTES_MAX], back[BYTES_MAX];
	struct kasa_hello k;

	(void)state;
	kasa_encode(bytes, (const uint8_t *)probe, strlen(probe));
	SAME(bytes, strlen(probe), "d0f281f88bff9af7d5ef94b6d1b4c09fec95e68fe187e8caf08bf68bf6");
	kasa_decode(back, bytes, strlen(probe));
	assert_memory_equal(back, probe, strlen(probe));
	kasa_encode(bytes, (const uint8_t *)answer, strlen(answer));
	assert_int_equal(kasa_hello_parse(&k, bytes, strlen(answer), NULL), 0);
	assert_string_equal(k.model, "HS110(EU)");
	assert_string_equal(k.alias, "Бойлер");
	assert_string_equal(k.mac, "50C7BF000001");
	for (size_t n = 0; n < strlen(answer); n++)
		assert_int_equal(kasa_hello_parse(&k, bytes, n, NULL), -EPROTO);
	kasa_decode(bytes, bytes, strlen(answer));
	assert_memory_equal(bytes, answer, strlen(answer));
}

/* ---- what lies beside the project ---- */

static void test_vectors(void **state)
{
	json_auto_t *o = shared_json("vectors/discovery.json");
	const json_t *payload;
	uint8_t d[TAPO_PROBE_MAX];
	const char *pem;
	json_auto_t *inner = NULL;
	int n;

	(void)state;
	if (!o)
		skip();
	payload = json_object_get(o, "payload");
	inner = json_loads(json_string_value(payload), 0, NULL);
	pem = json_string_value(json_object_get(json_object_get(inner, "params"), "rsa_key"));
	n = tapo_hello_probe(d, 0x01020304, pem);
	assert_int_equal(n, json_integer_value(json_object_get(o, "datagram_len")));
	SAME(d, 16, text_of(o, "datagram_first16"));
	SAME(d, (size_t)n, text_of(o, "datagram_hex"));
	assert_memory_equal(d + 16, json_string_value(payload), json_string_length(payload));
	assert_int_equal(tapo_hello_probe(d, 0, NULL), 16);
	SAME(d, 16, text_of(o, "legacy_short_probe"));
	assert_string_equal(text_of(o, "udp9999_plain"), KASA_PROBE);
	kasa_encode(d, (const uint8_t *)KASA_PROBE, strlen(KASA_PROBE));
	SAME(d, strlen(KASA_PROBE), text_of(o, "udp9999_hex"));
}

static void test_plugs(void **state)
{
	static const struct {
		const char *file, *model, *mac;
		enum tapo_transport t;
		int lv, factory, owned, protocol;
		const char *obd_src;
	} rows[] = {
		{ "P100(US)_1.0.0_1.1.3", "P100", "1C3BF3000000", TAPO_TRANSPORT_PASS, -1, 0, 0, -1,
		  "" },
		{ "P100(US)_1.0.0_1.4.0", "P100", "74DA88000000", TAPO_TRANSPORT_KLAP, 2, 0, 0, -1,
		  "" },
		{ "P105(US)_1.0_1.2.5", "P105(US)", "98BA5F000000", TAPO_TRANSPORT_KLAP, 2, 0, 0, 1,
		  "tplink" },
		{ "P110(AU)_1.0_1.3.1", "P110(AU)", "9C5322000000", TAPO_TRANSPORT_KLAP, 2, 0, 0, 1,
		  "tplink" },
		{ "P110(EU)_1.0_1.0.7", "P110(EU)", "3460F9000000", TAPO_TRANSPORT_PASS, -1, 0, 0,
		  -1, "" },
		{ "P110(UK)_1.0_1.3.0", "P110(UK)", "482254000000", TAPO_TRANSPORT_KLAP, 2, 0, 0,
		  -1, "tplink" },
		{ "P110M(EU)_1.0_1.2.3", "P110M(EU)", "F0A731000000", TAPO_TRANSPORT_KLAP, 2, 0, -1,
		  -1, "matter" },
		{ "P115(EU)_1.0_1.2.3", "P115(EU)", "A842A1000000", TAPO_TRANSPORT_PASS, 2, 1, -1,
		  -1, "tplink" },
		{ "P300(EU)_1.0_1.0.7", "P300(EU)", "788CB5000000", TAPO_TRANSPORT_PASS, 2, 0, 0,
		  -1, "tplink" },
		{ "P300(EU)_1.0_1.0.15", "P300(EU)", "788CB5000000", TAPO_TRANSPORT_KLAP, 2, 0, 0,
		  -1, "tplink" },
		{ "P304M(UK)_1.0_1.0.3", "P304M(UK)", "A86E84000000", TAPO_TRANSPORT_KLAP, 2, 0, 0,
		  -1, "tplink" },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		char name[128];
		struct tapo_hello h;

		snprintf(name, sizeof(name), "fixtures/%s.json", rows[i].file);
		json_auto_t *o = shared_json(name);

		if (!o)
			skip();
		char *json = json_dumps(json_object_get(o, "discovery_result"), JSON_COMPACT);

		assert_int_equal(hello_of(&h, json), 0);
		free(json);
		print_message("%s\n", rows[i].file);
		assert_string_equal(h.model, rows[i].model);
		assert_string_equal(h.mac, rows[i].mac);
		assert_string_equal(h.obd_src, rows[i].obd_src);
		assert_int_equal(tapo_hello_transport(&h), rows[i].t);
		assert_int_equal(h.lv, rows[i].lv);
		assert_int_equal(h.factory_default, rows[i].factory);
		assert_int_equal(h.protocol_version, rows[i].protocol);
		assert_int_equal(tapo_hello_owned(&h, "user@example.com"), rows[i].owned);
		assert_int_equal(h.http_port, 80);
		assert_int_equal(h.https, 0);
		assert_string_equal(h.type, "SMART.TAPOPLUG");
		assert_string_equal(h.ip, "127.0.0.123");
		assert_int_equal(strlen(h.id), 32);
		assert_false(h.has_tpap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe),	  cmocka_unit_test(test_answer),
		cmocka_unit_test(test_transport), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_kasa),	  cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_plugs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
