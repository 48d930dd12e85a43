/*
 * A plug of the simulated house on its wires, with a plain client: a session of KLAP, what it does
 * by itself, its faults, discovery.
 */
#include "house_plug.h"
#include "plug.h"
#include "plugs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "127.61.7.1"

struct rig {
	sd_event *event;
	struct house *house;
	struct plugs *plugs;
	int fd;
	char in[BYTES_MAX];
	char cookie[64];
	struct klap klap; /* the client's view of it */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void pump(struct rig *r, int64_t ms)
{
	int64_t end = now_ms() + ms;

	do {
		while (sd_event_run(r->event, 0) > 0)
			;
		sd_event_run(r->event, 1000);
	} while (now_ms() < end);
}

static void set_up(struct rig *r, const char *more)
{
	char spec[256];

	memset(r, 0, sizeof(*r));
	r->fd = -1;
	snprintf(spec, sizeof(spec),
		 "plugs=1 plug-net=" HOST " plug-port=18080 plug-udp-port=22002 plug-delay=0 %s",
		 more);
	r->house = make_house(spec);
	assert_int_equal(sd_event_new(&r->event), 0);
	r->house->last_ms = now_ms();
	r->plugs = plugs_new(r->event, r->house);
	assert_non_null(r->plugs);
}

static void tear_down(struct rig *r)
{
	if (r->fd >= 0)
		close(r->fd);
	plugs_free(r->plugs);
	sd_event_unref(r->event);
	free(r->house);
}

static void order(struct rig *r, const char *words, const char *want)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	plugs_command(r->plugs, words, out);
	fclose(out);
	if (strncmp(text, want, strlen(want)) != 0)
		fail_msg("%s: %s", words, text);
	free(text);
}

static void dial(struct rig *r)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(18080) };

	if (r->fd >= 0)
		close(r->fd);
	inet_pton(AF_INET, HOST, &at.sin_addr);
	r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(r->fd, (struct sockaddr *)&at, sizeof(at)), 0);
}

/* -> status, 0: nothing came; the body is at *ret */
static int post(struct rig *r, const char *path, const void *body, size_t n, const char **ret,
		size_t *ret_n)
{
	char head[512];
	int64_t end = now_ms() + 2000;
	ssize_t got = 0;
	size_t len = 0;
	char *at;

	if (r->fd < 0)
		dial(r);
	snprintf(head, sizeof(head),
		 "POST %s HTTP/1.1\r\nCookie: %s\r\nContent-Length: %zu\r\n\r\n", path, r->cookie,
		 n);
	assert_int_equal(send(r->fd, head, strlen(head), MSG_NOSIGNAL), strlen(head));
	assert_int_equal(send(r->fd, body, n, MSG_NOSIGNAL), n);
	memset(r->in, 0, sizeof(r->in));
	while (now_ms() < end) {
		pump(r, 1);
		got = recv(r->fd, r->in + len, sizeof(r->in) - 1 - len, MSG_DONTWAIT);
		len += got > 0 ? (size_t)got : 0;
		at = strstr(r->in, "\r\n\r\n");
		if (at && len - (size_t)(at + 4 - r->in) ==
				  strtoul(strstr(r->in, "Content-Length: ") + 16, NULL, 10)) {
			*ret = at + 4;
			*ret_n = len - (size_t)(at + 4 - r->in);
			return (int)strtol(r->in + 9, NULL, 10);
		}
		if (got == 0 || (got < 0 && errno != EAGAIN))
			return 0;
		if (end - now_ms() < 1700 && !len)
			return 0;
	}
	return 0;
}

/* -> status of the handshakes, -1: the plug does not know this password */
static int log_in(struct rig *r, const char *password)
{
	struct klap *k = &r->klap, swapped;
	uint8_t proof[SHA256_BYTES];
	const char *body, *cookie;
	int status;
	size_t n;

	memset(k, 0, sizeof(*k));
	klap_auth(k, false, ACCOUNT, password);
	plug_random(k->local, sizeof(k->local));
	*r->cookie = '\0';
	status = post(r, "/app/handshake1", k->local, sizeof(k->local), &body, &n);
	if (status != 200)
		return status;
	assert_int_equal(n, KLAP_SEED_BYTES + SHA256_BYTES);
	memcpy(k->remote, body, sizeof(k->remote));
	klap_prove(k, proof);
	if (memcmp(proof, body + KLAP_SEED_BYTES, sizeof(proof)) != 0)
		return -1;
	cookie = strstr(r->in, "TP_SESSIONID=");
	assert_non_null(cookie);
	assert_non_null(strstr(r->in, ";TIMEOUT=86400\r\n"));
	snprintf(r->cookie, sizeof(r->cookie), "%.*s", (int)strcspn(cookie, ";"), cookie);
	swapped = *k;
	memcpy(swapped.local, k->remote, sizeof(k->remote));
	memcpy(swapped.remote, k->local, sizeof(k->local));
	klap_prove(&swapped, proof);
	klap_derive(k);
	return post(r, "/app/handshake2", proof, sizeof(proof), &body, &n);
}

/* -> status, 0: no answer; its JSON is at *ret */
static int ask(struct rig *r, const char *request, json_t **ret)
{
	uint8_t sealed[BYTES_MAX];
	char path[64], text[BYTES_MAX];
	const char *body;
	struct klap mine;
	int status;
	size_t n;

	*ret = NULL;
	r->klap.seq++;
	snprintf(path, sizeof(path), "/app/request?seq=%d", r->klap.seq);
	n = klap_seal(&r->klap, TEXT(request), false, sealed);
	status = post(r, path, sealed, n, &body, &n);
	mine = r->klap;
	mine.seq--;
	if (status == 200 && klap_open(&mine, r->klap.seq, BYTES(body, n), text, &n) == KLAP_OK)
		*ret = json_loads(text, 0, NULL);
	return status;
}

static int error_of(struct rig *r, const char *request)
{
	json_t *answer;
	int e;

	assert_int_equal(ask(r, request, &answer), 200);
	assert_non_null(answer);
	e = (int)json_integer_value(json_object_get(answer, "error_code"));
	json_decref(answer);
	return e;
}

#define SWITCH(on) "{\"method\":\"set_device_info\",\"params\":{\"device_on\":" on "}}"
#define INFO	   "{\"method\":\"get_device_info\"}"

static void test_a_session(void **state)
{
	struct rig r;
	json_t *a;

	(void)state;
	set_up(&r, "");
	assert_int_equal(log_in(&r, PASSWORD), 200);
	assert_int_equal(error_of(&r, SWITCH("true")), 0);
	assert_true(r.house->plug[0].socket[0].on);
	assert_int_equal(ask(&r, INFO, &a), 200);
	assert_true(json_is_true(json_object_get(json_object_get(a, "result"), "device_on")));
	json_decref(a);
	assert_int_equal(error_of(&r, "{\"method\":\"nonsense\"}"), -1002);
	assert_int_equal(error_of(&r, SWITCH("7")), -1008);
	assert_int_equal(error_of(&r, "{"), -1003);
	r.klap.seq -= 2;
	assert_int_equal(ask(&r, INFO, &a), 403); /* it must grow */
	r.klap.seq += 2;
	assert_int_equal(error_of(&r, INFO), 0);
	order(&r, "plug 1 steal", "ok");
	assert_int_equal(ask(&r, INFO, &a), 403);
	assert_int_equal(log_in(&r, PASSWORD), 200);
	assert_int_equal(error_of(&r, INFO), 0);
	tear_down(&r);
}

static void test_a_plug_counts_down_alone(void **state)
{
	struct plug_unit *u;
	struct rig r;

	(void)state;
	set_up(&r, "plug-start=on");
	u = &r.house->plug[0];
	assert_int_equal(log_in(&r, PASSWORD), 200);
	assert_int_equal(error_of(&r,
				  "{\"method\":\"add_countdown_rule\",\"params\":{\"enable\":true,"
				  "\"delay\":1,\"desired_states\":{\"on\":false}}}"),
			 0);
	assert_int_equal(error_of(&r,
				  "{\"method\":\"add_countdown_rule\",\"params\":{\"enable\":true,"
				  "\"delay\":1,\"desired_states\":{\"on\":false}}}"),
			 -1902);
	pump(&r, 700);
	assert_true(u->socket[0].on);
	pump(&r, 500);
	assert_false(u->socket[0].on);
	assert_int_equal(u->n_log, 1);
	assert_int_equal(u->log[0].by, PLUG_BY_COUNTDOWN);
	assert_true(llabs(u->log[0].wall_ms - plug_wall_ms()) < 1000);
	tear_down(&r);
}

static void test_faults(void **state)
{
	struct rig r;
	json_t *a;

	(void)state;
	set_up(&r, "");
	assert_int_equal(log_in(&r, PASSWORD), 200);
	order(&r, "plug 1 403 1", "ok");
	assert_int_equal(ask(&r, SWITCH("true"), &a), 403);
	assert_false(r.house->plug[0].socket[0].on);
	order(&r, "plug 1 lose-answer 1", "ok");
	assert_int_equal(error_of(&r, INFO), 0);
	assert_int_equal(ask(&r, SWITCH("true"), &a), 0);
	assert_true(r.house->plug[0].socket[0].on);
	assert_int_equal(r.house->plug[0].set_on, 1);
	dial(&r);
	for (int i = 0; i < 5; i++) {
		static const char *const kinds[] = { "json", "base64", "padding", "short", "html" };
		char words[64];

		snprintf(words, sizeof(words), "plug 1 garbage %s", kinds[i]);
		order(&r, words, "ok");
		assert_int_equal(ask(&r, INFO, &a), 200);
		assert_null(a);
	}
	assert_int_equal(error_of(&r, INFO), 0);
	order(&r, "plug 1 drop", "ok");
	assert_int_equal(ask(&r, INFO, &a), 0);
	dial(&r);
	order(&r, "plug 1 silent on", "ok");
	assert_int_equal(ask(&r, INFO, &a), 0);
	order(&r, "plug 1 silent off", "ok");
	order(&r, "plug 1 frobnicate", "error: usage");
	order(&r, "plug 2 state", "error: there are 1 plugs");
	order(&r, "plug 1 403 x", "error: usage: plug NUMBER 403");
	order(&r, "plug 1 state", "{\"address\":\"" HOST "\"");
	tear_down(&r);
}

static void test_other_firmware(void **state)
{
	struct rig r;

	(void)state;
	set_up(&r, "");
	assert_int_equal(log_in(&r, "no"), -1);
	order(&r, "plug 1 password no", "ok");
	assert_int_equal(log_in(&r, "no"), 200);
	order(&r, "plug 1 third-party off", "ok");
	assert_int_equal(log_in(&r, "no"), 403);
	order(&r, "plug 1 firmware aes", "ok");
	assert_int_equal(log_in(&r, "no"), 404);
	tear_down(&r);
}

static void test_discovery(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(22002) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint8_t probe[64];
	char text[2048] = "";
	struct rig r;
	ssize_t n;

	(void)state;
	set_up(&r, "plug-wire=aes");
	inet_pton(AF_INET, HOST, &at.sin_addr);
	n = (ssize_t)unhex("020000010000000000000000463cb5d3", probe, sizeof(probe));
	sendto(fd, probe, (size_t)n, 0, (struct sockaddr *)&at, sizeof(at));
	pump(&r, 20);
	n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	assert_true(n > 16);
	assert_non_null(strstr(text + 16, "\"encrypt_type\":\"AES\""));
	assert_non_null(strstr(text + 16, "\"ip\":\"" HOST "\""));
	probe[15] ^= 1;
	sendto(fd, probe, 16, 0, (struct sockaddr *)&at, sizeof(at));
	pump(&r, 20);
	assert_true(recv(fd, text, sizeof(text), MSG_DONTWAIT) < 0);
	/* the first probe without a key is for the first firmware alone */
	order(&r, "plug 1 firmware klap", "ok");
	probe[15] ^= 1;
	sendto(fd, probe, 16, 0, (struct sockaddr *)&at, sizeof(at));
	pump(&r, 20);
	assert_true(recv(fd, text, sizeof(text), MSG_DONTWAIT) < 0);
	close(fd);
	tear_down(&r);
}

static void test_an_address_in_use(void **state)
{
	struct house *h;
	struct plugs *second;
	struct rig r;

	(void)state;
	set_up(&r, "");
	h = make_house("plugs=1 plug-net=" HOST " plug-port=18080 plug-udp-port=22002");
	assert_null(plugs_new(r.event, h));
	h->options.plug.asked = false;
	second = plugs_new(r.event, h);
	assert_non_null(second);
	plugs_free(second);
	free(h);
	tear_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_session), cmocka_unit_test(test_a_plug_counts_down_alone),
		cmocka_unit_test(test_faults),	  cmocka_unit_test(test_other_firmware),
		cmocka_unit_test(test_discovery), cmocka_unit_test(test_an_address_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
