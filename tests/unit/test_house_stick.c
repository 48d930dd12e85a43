/*
 * Sticks, gateways and serial ports of the simulated house: their frames against real ones, and
 * each of their faults over a real connection, with a plain client.
 */
#include "stick.h"
#include "sticks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define BYTES_MAX   4096
#define QUIET_MS    60 /* after so long a pause nothing more comes */
#define PATIENCE_MS 3000
#define WALL_MS	    1764000000000ll

/* ---- bytes ---- */

static size_t unhex(const char *text, uint8_t *ret, size_t size)
{
	unsigned byte;
	size_t n = 0;

	for (; n < size && sscanf(text, "%2x", &byte) == 1; text += 2)
		ret[n++] = (uint8_t)byte;
	return n;
}

static void check_bytes(const uint8_t *got, size_t n, const char *hex)
{
	uint8_t want[BYTES_MAX];
	size_t len = unhex(hex, want, sizeof(want));

	assert_int_equal(n, len);
	assert_memory_equal(got, want, len);
}

/* ---- frames against real ones ---- */

#define A1 "a5170010459700aa4c2c8e020000000000000000000000000000010300aa0001a42a3215"
#define A2 "a515001015976caa4c2c8e0201b6a60f001b27000053760763010302010a39d3ed15"
#define A4 "a501001047976daa4c2c8e000c15"
#define E1                                                                                         \
	"a517001045650017"                                                                         \
	"7c4aa202000000000000000000000000000001030076000165d00215"
#define E2 "a5150010156522177c4aa20201c4c15600701a0000c2c5586401030212c0b4b42b15"
#define R1 "a51000101500c9c22576f80201032d0000790800007106d6630600bd15"
#define P1 "a5170010450000560c977d020000000000000000000000000000010302a0000845966d15"
#define P2 "a5170010450300d602"

static void check_pair(const char *request, const char *answer, uint8_t counter,
		       struct wire_v5_times t, uint16_t value)
{
	uint8_t in[WIRE_V5_MAX], out[WIRE_V5_MAX], rtu[WIRE_RTU_MAX];
	size_t n = unhex(request, in, sizeof(in));
	struct wire_v5_frame f;

	assert_int_equal(wire_v5_take(in, n, &f), n);
	assert_int_equal(f.head.control, WIRE_V5_REQUEST);
	assert_true(wire_rtu_whole(f.modbus, f.n_modbus));
	assert_int_equal(wire_rtu_registers(f.modbus, f.n_modbus), 1);
	f.head.control = WIRE_V5_ANSWER;
	f.head.counter = counter;
	n = wire_v5_answer(out, &f.head, &t, rtu, wire_rtu_values(rtu, f.modbus, &value, 1));
	check_bytes(out, n, answer);
}

static void test_real_pairs(void **state)
{
	struct wire_v5_head h = { WIRE_V5_ANSWER, 0, 0xC9, 4168492482u };
	struct wire_v5_times t = { 0x2D03, 0x0879, 0x63D60671 };
	uint8_t out[WIRE_V5_MAX], in[WIRE_V5_MAX];

	(void)state;
	check_pair(A1, A2, 0x6C, (struct wire_v5_times){ 1025718, 10011, 1661433427 }, 266);
	check_pair(E1, E2, 0x22, (struct wire_v5_times){ 5685700, 6768, 1683539394 }, 4800);
	check_bytes(out, wire_v5_error(out, &h, &t, WIRE_V5_BAD_SERIAL), R1);
	h = (struct wire_v5_head){ WIRE_V5_HEARTBEAT, 0x97, 0x6D, 2385267882u };
	check_bytes(out, wire_v5_heartbeat(out, &h), A4);
	unhex(P1, in, sizeof(in));
	wire_mbap_odd(out, in);
	check_bytes(out, WIRE_MBAP_ODD, P2);
}

static void test_request_is_the_real_one(void **state)
{
	struct wire_v5_head h = { WIRE_V5_REQUEST, 0x97, 0, 2385267882u };
	uint8_t out[WIRE_V5_MAX], rtu[WIRE_RTU_MAX] = { 1, 3, 0, 0xAA, 0, 1 };

	(void)state;
	check_bytes(out, wire_v5_request(out, &h, rtu, wire_rtu_seal(rtu, 6)), A1);
}

static void test_frames_are_found(void **state)
{
	uint8_t in[WIRE_V5_MAX];
	struct wire_v5_frame f;
	size_t n = unhex("0103a5a5" A1, in, sizeof(in));

	(void)state;
	assert_int_equal(wire_v5_take(in, n, &f), -2);
	assert_int_equal(wire_v5_take(in + 2, n - 2, &f), -1); /* a5 a5 17 00: no such length */
	assert_int_equal(wire_v5_take(in + 4, n - 5, &f), 0);
	assert_int_equal(wire_v5_take(in + 4, n - 4, &f), n - 4);
	in[20] ^= 1;
	assert_int_equal(wire_v5_take(in + 4, n - 4, &f), -1);
	assert_int_equal(wire_v5_take((const uint8_t *)"abc", 3, &f), -3);
}

static void test_mbap(void **state)
{
	uint8_t in[WIRE_MBAP_MAX], rtu[WIRE_RTU_MAX], out[WIRE_MBAP_MAX];
	size_t n = unhex("268f000000060103007d0071", in, sizeof(in)), len;
	uint16_t transaction;

	(void)state;
	assert_int_equal(wire_mbap_take(in, 5, &transaction, rtu, &len), 0);
	assert_int_equal(wire_mbap_take(in, n - 1, &transaction, rtu, &len), 0);
	assert_int_equal(wire_mbap_take(in, n, &transaction, rtu, &len), n);
	assert_int_equal(transaction, 0x268F);
	assert_true(wire_rtu_whole(rtu, len));
	check_bytes(out, wire_mbap_wrap(out, transaction, rtu, len), "268f000000060103007d0071");
	in[3] = 1;
	assert_int_equal(wire_mbap_take(in, n, &transaction, rtu, &len), -EPROTO);
}

static void test_rtu_writes(void **state)
{
	struct house *h = calloc(1, sizeof(*h));
	uint8_t in[WIRE_RTU_MAX], out[WIRE_RTU_MAX];
	size_t n;

	(void)state;
	assert_non_null(h);
	house_init_now(h, &house_defaults, 0);
	/* as of kbialek's tests, but to a register that may be written */
	n = unhex("01100012000102a3d4", in, sizeof(in));
	check_bytes(in, wire_rtu_seal(in, n), "01100012000102a3d4dd8d");
	n = unhex("011000a6000102001e", in, sizeof(in));
	n = wire_rtu_seal(in, n);
	n = wire_rtu_serve(&h->inverter[0], &h->model, 0, in, n, out);
	assert_int_equal(n, 8);
	assert_memory_equal(out, in, 6);
	assert_int_equal(h->inverter[0].set[166], 30);
	in[0] = 2; /* another unit */
	wire_rtu_seal(in, 9);
	assert_int_equal(wire_rtu_serve(&h->inverter[0], &h->model, 0, in, 11, out), 0);
	n = wire_rtu_seal(in, unhex("010400000001", in, sizeof(in)));
	n = wire_rtu_serve(&h->inverter[0], &h->model, 0, in, n, out);
	assert_int_equal(n, 5);
	assert_int_equal(out[1], 0x84);
	assert_int_equal(out[2], INV_BAD_FUNCTION);
	free(h);
}

/* ---- a rig: sticks in this program, and clients beside them ---- */

struct rig {
	sd_event *event;
	struct sticks *sticks;
	struct sockaddr_in at; /* of stick 1 */
	uint32_t serial;
	uint8_t sequence;
	int fd;
	char error[STICKS_TEXT_MAX];
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

static void command(struct rig *r, const char *words)
{
	if (!sticks_command(r->sticks, words, r->error))
		fail_msg("%s: %s", words, r->error);
	pump(r, 0);
}

/* Other checkouts may be testing on this machine: addresses of our own. */
static void rig_up(struct rig *r, const char *spec)
{
	char url[STICKS_TEXT_MAX], full[256], host[32];
	int pid = getpid();
	const char *serial;

	memset(r, 0, sizeof(*r));
	r->fd = -1;
	snprintf(host, sizeof(host), "127.%d.%d.1", 64 + pid / 250 % 128, 1 + pid % 250);
	snprintf(full, sizeof(full),
		 "packs=1 cells=16 outages=none delay=0 modbus-port=1502 net=%s %s", host, spec);
	assert_true(sd_event_new(&r->event) >= 0);
	r->sticks = sticks_simulate(r->event, full, WALL_MS, r->error);
	if (!r->sticks)
		fail_msg("%s", r->error);
	sticks_url(r->sticks, 0, url);
	serial = strstr(url, "serial=");
	r->serial = serial ? (uint32_t)strtoul(serial + 7, NULL, 10) : 0;
	r->at = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_port = htons(serial ? 8899 : 1502) };
	inet_pton(AF_INET, host, &r->at.sin_addr);
	pump(r, 0);
}

static void rig_down(struct rig *r)
{
	if (r->fd >= 0)
		close(r->fd);
	assert_null(sticks_free(r->sticks));
	sd_event_unref(r->event);
}

static int dial(struct rig *r)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&r->at, sizeof(r->at)) < 0) {
		close(fd);
		return -errno;
	}
	pump(r, 5);
	return fd;
}

/* One segment. -> bytes, 0: the connection is closed, -1: nothing came in time */
static ssize_t get(struct rig *r, int fd, uint8_t *buf, size_t size, int64_t patience_ms)
{
	int64_t end = now_ms() + patience_ms;
	ssize_t n;

	do {
		pump(r, 0);
		n = read(fd, buf, size);
		if (n >= 0)
			return n;
		if (errno == ECONNRESET)
			return 0;
	} while (now_ms() < end);
	return -1;
}

static void not_blocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Everything until it is quiet, or closed. */
static size_t get_all(struct rig *r, uint8_t *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = get(r, r->fd, buf + len, size - len, QUIET_MS)) > 0)
		len += (size_t)n;
	return len;
}

static void connected(struct rig *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = dial(r);
	assert_true(r->fd >= 0);
	not_blocking(r->fd);
}

static size_t rtu_read(uint8_t out[static WIRE_RTU_MAX], uint8_t unit, uint16_t first, uint16_t n)
{
	const uint8_t head[] = {
		unit, 3, (uint8_t)(first >> 8), (uint8_t)first, (uint8_t)(n >> 8), (uint8_t)n
	};

	memcpy(out, head, sizeof(head));
	return wire_rtu_seal(out, sizeof(head));
}

static void ask_as(struct rig *r, int fd, uint32_t serial, uint8_t unit, uint16_t first, uint16_t n)
{
	uint8_t rtu[WIRE_RTU_MAX], out[WIRE_V5_MAX];
	struct wire_v5_head h = { WIRE_V5_REQUEST, ++r->sequence, 0, serial };
	size_t len = wire_v5_request(out, &h, rtu, rtu_read(rtu, unit, first, n));

	assert_int_equal(write(fd, out, len), len);
}

static void ask(struct rig *r, uint16_t first, uint16_t n)
{
	ask_as(r, r->fd, r->serial, 1, first, n);
}

/* The one frame that comes. */
static struct wire_v5_frame hear(struct rig *r, uint8_t *buf, size_t *ret_len)
{
	struct wire_v5_frame f = { .n_modbus = 0 };
	size_t len = 0;
	ssize_t n;

	while (wire_v5_take(buf, len, &f) <= 0) {
		n = get(r, r->fd, buf + len, BYTES_MAX - len, PATIENCE_MS);
		assert_true(n > 0);
		len += (size_t)n;
	}
	if (ret_len)
		*ret_len = len;
	return f;
}

static void check_values(const struct wire_v5_frame *f, uint8_t sequence, unsigned registers)
{
	assert_int_equal(f->head.control, WIRE_V5_ANSWER);
	assert_int_equal(f->head.sequence, sequence);
	assert_int_equal(f->type, 2);
	assert_int_equal(f->n_modbus, 5 + 2 * registers);
	assert_true(wire_rtu_whole(f->modbus, f->n_modbus));
	assert_int_equal(f->modbus[1], 3);
	assert_int_equal(f->modbus[2], 2 * registers);
}

static void check_error(const struct wire_v5_frame *f, uint8_t sequence, uint8_t code)
{
	assert_int_equal(f->head.sequence, sequence);
	assert_int_equal(f->n_modbus, 2);
	assert_int_equal(f->modbus[0], code);
	assert_int_equal(f->modbus[1], 0);
}

static void check_works(struct rig *r)
{
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;

	ask(r, 500, 10);
	f = hear(r, buf, NULL);
	check_values(&f, r->sequence, 10);
}

static void check_silence(struct rig *r)
{
	uint8_t buf[BYTES_MAX];

	assert_int_equal(get(r, r->fd, buf, sizeof(buf), QUIET_MS), -1);
}

/* ---- Solarman V5 ---- */

static void test_v5(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;
	uint8_t counter;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	ask(&r, 586, 98);
	f = hear(&r, buf, NULL);
	check_values(&f, 1, 98);
	assert_int_equal(f.head.serial, r.serial);
	counter = f.head.counter;
	ask(&r, 0, 1);
	f = hear(&r, buf, NULL);
	check_values(&f, 2, 1);
	assert_int_equal(f.modbus[4], 5);
	assert_int_equal(f.head.counter, (uint8_t)(counter + 1));
	/* seconds of work and their offset make the time of the house */
	assert_in_range(buf[13] + buf[14] * 256u + buf[15] * 65536u + buf[21] + buf[22] * 256u +
				buf[23] * 65536u + ((uint32_t)(buf[16] + buf[24]) << 24),
			WALL_MS / 1000, WALL_MS / 1000 + 2);
	rig_down(&r);
}

static void test_errors_of_v5(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;
	size_t len;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	ask_as(&r, r.fd, 0, 1, 0, 1); /* the serial can be learned */
	f = hear(&r, buf, &len);
	assert_int_equal(len, 29);
	check_error(&f, 1, 6);
	assert_int_equal(f.head.serial, r.serial);
	ask_as(&r, r.fd, r.serial, 2, 0, 1); /* another unit: nobody is there */
	f = hear(&r, buf, &len);
	assert_int_equal(len, 29);
	check_error(&f, 2, 5);
	ask(&r, 900, 10);
	f = hear(&r, buf, NULL);
	assert_int_equal(f.n_modbus, 5);
	assert_int_equal(f.modbus[1], 0x83);
	assert_int_equal(f.modbus[2], 2);
	assert_true(wire_rtu_whole(f.modbus, 5));
	command(&r, "stick 1 refusal v5");
	ask(&r, 900, 10);
	f = hear(&r, buf, NULL);
	check_error(&f, 4, 5);
	command(&r, "inverter 1 asleep on");
	ask(&r, 0, 1);
	f = hear(&r, buf, NULL);
	check_error(&f, 5, 5);
	rig_down(&r);
}

static void test_bytes_in_pieces(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX], rtu[WIRE_RTU_MAX], out[2 * WIRE_V5_MAX] = "junk";
	struct wire_v5_head h = { WIRE_V5_REQUEST, 7, 0, 0 };
	struct wire_v5_frame f;
	size_t n;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	h.serial = r.serial;
	n = 4 + wire_v5_request(out + 4, &h, rtu, rtu_read(rtu, 1, 0, 5));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(write(r.fd, out + i, 1), 1);
		pump(&r, 0);
	}
	f = hear(&r, buf, NULL);
	check_values(&f, 7, 5);
	/* two in one segment, and what is damaged is not answered */
	n = wire_v5_request(out, &h, rtu, rtu_read(rtu, 1, 0, 5));
	out[n - 3] ^= 1;
	n += wire_v5_request(out + n, &h, rtu, rtu_read(rtu, 1, 0, 6));
	assert_int_equal(write(r.fd, out, n), n);
	f = hear(&r, buf, NULL);
	check_values(&f, 7, 6);
	check_silence(&r);
	rig_down(&r);
}

static void test_delay(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	int64_t start;

	(void)state;
	rig_up(&r, "delay=80-120");
	connected(&r);
	start = now_ms();
	ask(&r, 0, 1);
	ask(&r, 0, 1);
	(void)hear(&r, buf, NULL);
	assert_in_range(now_ms() - start, 79, 1000);
	(void)hear(&r, buf, NULL);
	assert_in_range(now_ms() - start, 159, 2000); /* one line, one at a time */
	rig_down(&r);
}

static void test_five_clients(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	int fd[6];

	(void)state;
	rig_up(&r, "");
	for (size_t i = 0; i < 6; i++) {
		fd[i] = dial(&r);
		assert_true(fd[i] >= 0);
		not_blocking(fd[i]);
	}
	assert_int_equal(get(&r, fd[5], buf, sizeof(buf), PATIENCE_MS), 0);
	for (size_t i = 0; i < 5; i++)
		ask_as(&r, fd[i], r.serial, 1, (uint16_t)i, 1);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(get(&r, fd[i], buf, sizeof(buf), PATIENCE_MS), 34);
		assert_int_equal(buf[5], i + 1);
	}
	for (size_t i = 0; i < 6; i++)
		close(fd[i]);
	rig_down(&r);
}

/* ---- their faults ---- */

static void test_silent(void **state)
{
	struct rig r;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 silent 0.6");
	ask(&r, 0, 1);
	check_silence(&r);
	pump(&r, 600);
	check_silence(&r);
	check_works(&r);
	rig_down(&r);
}

static void test_refuse_and_drop(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 drop");
	assert_int_equal(get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 0);
	connected(&r);
	command(&r, "stick 1 refuse 0.6");
	assert_int_equal(get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 0);
	assert_int_equal(dial(&r), -ECONNREFUSED);
	pump(&r, 650);
	connected(&r);
	check_works(&r);
	rig_down(&r);
}

/* The host does not answer at all: connects hang, and what is connected hears nothing more. */
static void test_gone(void **state)
{
	struct rig r;
	struct pollfd p = { .events = POLLOUT };

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 gone 1");
	ask(&r, 0, 1);
	check_silence(&r);
	p.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(p.fd, (struct sockaddr *)&r.at, sizeof(r.at)), -1);
	assert_int_equal(errno, EINPROGRESS);
	assert_int_equal(poll(&p, 1, 100), 0);
	close(p.fd);
	pump(&r, 1000);
	connected(&r);
	check_works(&r);
	rig_down(&r);
}

static void test_one_client(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	int fd;

	(void)state;
	rig_up(&r, "");
	command(&r, "stick 1 oneclient on");
	connected(&r);
	fd = dial(&r);
	assert_true(fd >= 0);
	not_blocking(fd);
	assert_int_equal(get(&r, fd, buf, sizeof(buf), PATIENCE_MS), 0);
	close(fd);
	check_works(&r);
	rig_down(&r);
}

static void test_double_crc(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 doublecrc on");
	ask(&r, 0, 4);
	f = hear(&r, buf, NULL);
	assert_int_equal(f.n_modbus, 3 + 8 + 4);
	assert_true(wire_rtu_whole(f.modbus, 3 + 8 + 2));
	assert_memory_equal(f.modbus + 13, "\0\0", 2);
	rig_down(&r);
}

static void test_late(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 late 500 1");
	ask(&r, 0, 3);
	check_silence(&r);
	ask(&r, 0, 4); /* the second overtakes the first */
	f = hear(&r, buf, NULL);
	check_values(&f, 2, 4);
	f = hear(&r, buf, NULL);
	check_values(&f, 1, 3);
	rig_down(&r);
}

static void test_duplicate(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 duplicate on");
	ask(&r, 0, 1);
	assert_int_equal(get_all(&r, buf, sizeof(buf)), 2 * 34);
	assert_memory_equal(buf, buf + 34, 34);
	rig_down(&r);
}

static void test_off_by_one(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 offbyone on");
	ask(&r, 0, 3);
	check_silence(&r);
	ask(&r, 0, 4);
	f = hear(&r, buf, NULL);
	check_values(&f, 1, 3);
	ask(&r, 0, 5);
	f = hear(&r, buf, NULL);
	check_values(&f, 2, 4);
	command(&r, "stick 1 offbyone off");
	check_works(&r);
	rig_down(&r);
}

static void test_half_and_cut(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;
	int64_t start;
	ssize_t n;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 half 1");
	start = now_ms();
	ask(&r, 0, 5);
	n = get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS);
	assert_int_equal(n, (13 + 14 + 5 + 10) / 2);
	assert_true(now_ms() - start < 290);
	n += get(&r, r.fd, buf + n, sizeof(buf) - (size_t)n, PATIENCE_MS);
	assert_in_range(now_ms() - start, 299, 1000);
	assert_int_equal(wire_v5_take(buf, (size_t)n, &f), n);
	check_values(&f, 1, 5);
	command(&r, "stick 1 cut 1");
	ask(&r, 0, 5);
	assert_int_equal(get_all(&r, buf, sizeof(buf)), (13 + 14 + 5 + 10) / 2);
	connected(&r);
	check_works(&r);
	rig_down(&r);
}

static size_t count_frames(const uint8_t *p, size_t n, uint16_t control)
{
	struct wire_v5_frame f;
	size_t count = 0;
	int r;

	for (; n && (r = wire_v5_take(p, n, &f)) != 0; n -= (size_t)abs(r), p += abs(r))
		count += r > 0 && f.head.control == control;
	return count;
}

static void test_heartbeats(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;
	size_t n;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 heartbeat before 1");
	ask(&r, 0, 1);
	assert_int_equal(get_all(&r, buf, sizeof(buf)), 14 + 34);
	assert_true(wire_v5_take(buf, 14, &f) == 14);
	assert_int_equal(f.head.control, WIRE_V5_HEARTBEAT);
	assert_int_equal(f.head.sequence, 1); /* the last one that it echoed */
	command(&r, "stick 1 heartbeat instead 1");
	ask(&r, 0, 1);
	assert_int_equal(get_all(&r, buf, sizeof(buf)), 14);
	check_works(&r);
	command(&r, "stick 1 glue on");
	ask(&r, 0, 1);
	n = (size_t)get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS);
	assert_int_equal(n, 14 + 34 + 14);
	assert_int_equal(count_frames(buf, n, WIRE_V5_HEARTBEAT), 2);
	assert_int_equal(count_frames(buf, n, WIRE_V5_ANSWER), 1);
	rig_down(&r);
}

static void test_foreign_things_in_the_stream(void **state)
{
	static const char words[] = "AT+YZCMPVER=MW3_16U_5406_2.27\r\n\r\n";
	struct rig r;
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;
	size_t n;

	(void)state;
	rig_up(&r, "family=hybrid1p");
	connected(&r);
	command(&r, "stick 1 text on");
	ask(&r, 0, 1);
	n = get_all(&r, buf, sizeof(buf));
	assert_int_equal(n, sizeof(words) - 1 + 34);
	assert_memory_equal(buf, words, sizeof(words) - 1);
	command(&r, "stick 1 text off");
	command(&r, "stick 1 unsolicited on");
	pump(&r, 20);
	get_all(&r, buf, sizeof(buf));
	ask(&r, 0, 1);
	n = get_all(&r, buf, sizeof(buf));
	assert_int_equal(count_frames(buf, n, WIRE_V5_ANSWER), 2);
	wire_v5_take(buf, n, &f);
	assert_int_equal(f.head.sequence, 0);
	assert_true(f.n_modbus == 5 + 2 * 112 || f.n_modbus == 5 + 2 * 100);
	assert_true(wire_rtu_whole(f.modbus, f.n_modbus));
	rig_down(&r);
}

static void test_damage(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;
	size_t n;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 badsum 1");
	ask(&r, 0, 5);
	n = get_all(&r, buf, sizeof(buf));
	assert_int_equal(n, 42);
	assert_int_equal(wire_v5_take(buf, n, &f), -1);
	command(&r, "stick 1 badcrc 1");
	ask(&r, 0, 5);
	f = hear(&r, buf, NULL);
	assert_int_equal(f.n_modbus, 15);
	assert_false(wire_rtu_whole(f.modbus, f.n_modbus));
	check_works(&r);
	rig_down(&r);
}

static void test_wrong_answers(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 error 3 1");
	ask(&r, 0, 5);
	f = hear(&r, buf, NULL);
	check_error(&f, 1, 3);
	command(&r, "stick 1 exception 4 1");
	ask(&r, 0, 5);
	f = hear(&r, buf, NULL);
	assert_int_equal(f.n_modbus, 5);
	assert_int_equal(f.modbus[1], 0x83);
	assert_int_equal(f.modbus[2], 4);
	command(&r, "stick 1 length 1");
	ask(&r, 0, 5);
	f = hear(&r, buf, NULL);
	check_values(&f, 3, 4);
	command(&r, "stick 1 zeros 1");
	ask(&r, 0, 2);
	f = hear(&r, buf, NULL);
	check_values(&f, 4, 2);
	assert_memory_equal(f.modbus + 3, "\0\0\0\0", 4);
	command(&r, "stick 1 nonsense 1");
	ask(&r, 0, 60);
	f = hear(&r, buf, NULL);
	check_values(&f, 5, 60);
	assert_int_not_equal(f.modbus[3] << 8 | f.modbus[4], 5);
	check_works(&r);
	rig_down(&r);
}

static void test_block(void **state)
{
	struct rig r;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 block 16");
	ask(&r, 500, 17);
	check_silence(&r);
	check_works(&r);
	command(&r, "stick 1 block off");
	connected(&r);
	check_works(&r);
	rig_down(&r);
}

static void test_a_web_server(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];

	(void)state;
	rig_up(&r, "");
	command(&r, "stick 1 http on");
	connected(&r);
	ask(&r, 0, 1);
	assert_true(get_all(&r, buf, sizeof(buf)) > 100);
	assert_memory_equal(buf, "HTTP/1.0 400", 12);
	assert_int_equal(get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 0);
	rig_down(&r);
}

static void test_flood(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	size_t total = 0;
	ssize_t n;

	(void)state;
	rig_up(&r, "");
	command(&r, "stick 1 flood on");
	connected(&r);
	while (total < 4u << 20 && (n = get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS)) > 0)
		total += (size_t)n;
	assert_int_equal(total, 4u << 20);
	command(&r, "stick 1 flood off");
	connected(&r);
	check_works(&r);
	rig_down(&r);
}

static void test_another_stick(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame f;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	command(&r, "stick 1 serial 4294967295");
	ask(&r, 0, 1);
	f = hear(&r, buf, NULL);
	check_error(&f, 1, 6);
	assert_int_equal(f.head.serial, 4294967295u);
	r.serial = 4294967295u;
	check_works(&r);
	rig_down(&r);
}

/* ---- Modbus TCP ---- */

static void ask_tcp(struct rig *r, uint16_t transaction, uint8_t unit, uint16_t first, uint16_t n)
{
	uint8_t rtu[WIRE_RTU_MAX], out[WIRE_MBAP_MAX];
	size_t len = wire_mbap_wrap(out, transaction, rtu, rtu_read(rtu, unit, first, n));

	assert_int_equal(write(r->fd, out, len), len);
}

static void check_tcp(const uint8_t *p, ssize_t n, uint16_t transaction, uint8_t unit,
		      unsigned registers)
{
	assert_int_equal(n, 9 + 2 * registers);
	assert_int_equal(p[0] << 8 | p[1], transaction);
	assert_memory_equal(p + 2, "\0\0", 2);
	assert_int_equal(p[4] << 8 | p[5], 3 + 2 * registers);
	assert_int_equal(p[6], unit);
	assert_int_equal(p[7], 3);
	assert_int_equal(p[8], 2 * registers);
}

static void test_gateway(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX];

	(void)state;
	rig_up(&r, "wire=tcp family=hybrid1p");
	connected(&r);
	ask_tcp(&r, 0x1234, 1, 0, 23);
	check_tcp(buf, get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 0x1234, 1, 23);
	assert_int_equal(buf[10], 3);
	ask_tcp(&r, 7, 9, 0, 1); /* nobody has this number */
	assert_int_equal(get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 9);
	check_bytes(buf, 9, "00070000000309830b");
	ask_tcp(&r, 8, 1, 400, 1);
	assert_int_equal(get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 9);
	check_bytes(buf, 9, "000800000003018302");
	command(&r, "stick 1 exception 6 1");
	ask_tcp(&r, 9, 1, 0, 1);
	assert_int_equal(get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 9);
	assert_int_equal(buf[8], 6);
	command(&r, "stick 1 length 1");
	ask_tcp(&r, 10, 1, 0, 10);
	check_tcp(buf, get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 10, 1, 9);
	command(&r, "stick 1 zeros 1");
	ask_tcp(&r, 11, 1, 0, 1);
	check_tcp(buf, get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 11, 1, 1);
	assert_int_equal(buf[10], 0);
	command(&r, "inverter 1 asleep on");
	ask_tcp(&r, 12, 1, 0, 1);
	assert_int_equal(get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 9);
	assert_int_equal(buf[8], INV_NO_ANSWER);
	/* what is none of its language is passed over */
	assert_int_equal(write(r.fd, "GET / HTTP/1.0\r\n\r\n", 18), 18);
	check_silence(&r);
	assert_false(sticks_command(r.sticks, "stick 1 doublecrc on", r.error));
	rig_down(&r);
}

static void test_modbus_on_the_v5_port(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX], in[WIRE_V5_MAX];
	size_t n = unhex(P1, in, sizeof(in));

	(void)state;
	rig_up(&r, "");
	command(&r, "stick 1 modbus on");
	connected(&r);
	assert_int_equal(write(r.fd, in, n), n);
	check_bytes(buf, (size_t)get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), P2);
	check_silence(&r);
	ask_tcp(&r, 5, 1, 500, 3);
	check_tcp(buf, get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 5, 1, 3);
	rig_down(&r);
}

/* ---- a serial port ---- */

static void test_serial(void **state)
{
	struct rig r;
	uint8_t buf[BYTES_MAX], out[WIRE_RTU_MAX];
	char spec[128], path[128], url[STICKS_TEXT_MAX];
	size_t n;

	(void)state;
	snprintf(spec, sizeof(spec), "wire=rtu tty=/tmp/house-test-%d-", getpid());
	rig_up(&r, spec);
	sticks_url(r.sticks, 0, url);
	snprintf(path, sizeof(path), "/tmp/house-test-%d-0", getpid());
	assert_memory_equal(url, "rtu:///tmp/house-test-", 22);
	assert_string_equal(strchr(url, '?'), "?baud=9600");
	r.fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(r.fd >= 0);
	n = rtu_read(out, 1, 500, 10);
	assert_int_equal(write(r.fd, out, n), n);
	assert_int_equal(get_all(&r, buf, sizeof(buf)), 25);
	assert_true(wire_rtu_whole(buf, 25));
	/* half a request, and after a pause a whole one */
	assert_int_equal(write(r.fd, out, 5), 5);
	pump(&r, 80);
	assert_int_equal(write(r.fd, out, n), n);
	assert_int_equal(get_all(&r, buf, sizeof(buf)), 25);
	out[3] ^= 1;
	assert_int_equal(write(r.fd, out, n), n);
	check_silence(&r);
	n = rtu_read(out, 2, 500, 10);
	assert_int_equal(write(r.fd, out, n), n);
	check_silence(&r);
	command(&r, "stick 1 badcrc 1");
	n = rtu_read(out, 1, 500, 10);
	assert_int_equal(write(r.fd, out, n), n);
	assert_int_equal(get_all(&r, buf, sizeof(buf)), 25);
	assert_false(wire_rtu_whole(buf, 25));
	command(&r, "stick 1 refuse 0.4");
	assert_int_equal(access(path, F_OK), -1);
	pump(&r, 450);
	assert_int_equal(access(path, F_OK), 0);
	rig_down(&r);
	assert_int_equal(access(path, F_OK), -1);
}

/* ---- UDP ---- */

static int udp(struct rig *r, const char *host, const char *words)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(48899) };
	int one = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	at.sin_addr = r->at.sin_addr;
	if (host)
		inet_pton(AF_INET, host, &at.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
	assert_int_equal(sendto(fd, words, strlen(words), 0, (struct sockaddr *)&at, sizeof(at)),
			 strlen(words));
	return fd;
}

static void test_discovery(void **state)
{
	struct rig r;
	char text[BYTES_MAX] = "", host[INET_ADDRSTRLEN], mac[16];
	unsigned serial = 0, mine = 0;
	ssize_t n;
	int fd;

	(void)state;
	rig_up(&r, "inverters=3");
	fd = udp(&r, NULL, "WIFIKIT-214028-READ");
	n = get(&r, fd, (uint8_t *)text, sizeof(text) - 1, PATIENCE_MS);
	assert_true(n > 0);
	assert_int_equal(sscanf(text, "%15[0-9.],%12[0-9A-F],%u", host, mac, &serial), 3);
	assert_string_equal(host, inet_ntoa(r.at.sin_addr));
	assert_int_equal(strlen(mac), 12);
	assert_int_equal(serial, r.serial);
	close(fd);
	fd = udp(&r, NULL, "HF-A11ASSISTHREAD");
	assert_true(get(&r, fd, (uint8_t *)text, sizeof(text) - 1, PATIENCE_MS) > 0);
	close(fd);
	fd = udp(&r, NULL, "nonsense");
	assert_int_equal(get(&r, fd, (uint8_t *)text, sizeof(text) - 1, QUIET_MS), -1);
	close(fd);
	/* all of them answer a broadcast, and those of other houses */
	fd = udp(&r, "127.255.255.255", "WIFIKIT-214028-READ");
	while ((n = get(&r, fd, (uint8_t *)text, sizeof(text) - 1, QUIET_MS)) > 0)
		mine += strncmp(text, inet_ntoa(r.at.sin_addr), strlen(host) - 1) == 0;
	assert_int_equal(mine, 3);
	close(fd);
	command(&r, "stick 1 dead on");
	fd = udp(&r, NULL, "WIFIKIT-214028-READ");
	assert_int_equal(get(&r, fd, (uint8_t *)text, sizeof(text) - 1, QUIET_MS), -1);
	assert_int_equal(dial(&r), -ECONNREFUSED);
	close(fd);
	rig_down(&r);
}

static void say(struct rig *r, int fd, const char *words)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(48899),
				  .sin_addr = r->at.sin_addr };

	assert_int_equal(sendto(fd, words, strlen(words), 0, (struct sockaddr *)&at, sizeof(at)),
			 strlen(words));
}

static void test_at_by_udp(void **state)
{
	struct rig r;
	uint8_t rtu[WIRE_RTU_MAX], bare[BYTES_MAX];
	char words[128], text[BYTES_MAX] = "", hex[BYTES_MAX];
	size_t at, n_hex = 0;
	ssize_t n;
	int fd;

	(void)state;
	rig_up(&r, "");
	command(&r, "stick 1 at on");
	assert_int_equal(dial(&r), -ECONNREFUSED);
	at = (size_t)snprintf(words, sizeof(words), "AT+INVDATA=8,");
	rtu_read(rtu, 1, 0, 2);
	for (size_t i = 0; i < 8; i++)
		at += (size_t)snprintf(words + at, sizeof(words) - at, "%02x", rtu[i]);
	snprintf(words + at, sizeof(words) - at, "\n");
	fd = udp(&r, NULL, "WIFIKIT-214028-READ");
	assert_true(get(&r, fd, (uint8_t *)text, sizeof(text) - 1, PATIENCE_MS) > 0);
	say(&r, fd, words); /* too early */
	assert_int_equal(get(&r, fd, (uint8_t *)text, sizeof(text) - 1, QUIET_MS), -1);
	say(&r, fd, "+ok");
	say(&r, fd, words);
	n = get(&r, fd, (uint8_t *)text, sizeof(text) - 1, PATIENCE_MS);
	assert_true(n > 0);
	text[n] = '\0';
	assert_memory_equal(text, "+ok=", 4);
	assert_string_equal(strchr(text, '\r'), "\r\n\r\n");
	for (const char *p = text + 4; *p != '\r'; p++)
		if (*p != 0x10)
			hex[n_hex++] = *p;
	hex[n_hex] = '\0';
	assert_int_equal(unhex(hex, bare, sizeof(bare)), 9);
	assert_true(wire_rtu_whole(bare, 9));
	assert_memory_equal(bare, "\x01\x03\x04\x00\x05\x00\x01", 7);
	command(&r, "inverter 1 asleep on");
	say(&r, fd, words);
	n = get(&r, fd, (uint8_t *)text, sizeof(text) - 1, PATIENCE_MS);
	assert_memory_equal(text, "+ok=no data\r\n\r\n", 15);
	say(&r, fd, "AT+Q\n");
	say(&r, fd, words);
	assert_int_equal(get(&r, fd, (uint8_t *)text, sizeof(text) - 1, QUIET_MS), -1);
	close(fd);
	rig_down(&r);
}

/* ---- commands, state, truth ---- */

static void test_bad_commands(void **state)
{
	static const char *const bad[] = {
		"",
		"stick",
		"stick 0 drop",
		"stick 2 drop",
		"stick x drop",
		"stick 1",
		"stick 1 explode",
		"stick 1 drop now",
		"stick 1 silent",
		"stick 1 silent -1",
		"stick 1 late 5",
		"stick 1 text maybe",
		"stick 1 heartbeat after 2",
		"stick 1 block 200",
		"stick 1 serial 5000000000",
		"inverter 1 fault 64 on",
		"inverter 1 warning 32 on",
		"inverter 1 counters",
		"inverter 1 counters sideways on",
		"inverter 1 asleep deeply",
		"grid",
		"grid sideways",
		"grid dip 170",
		"sun bright",
		"load -5",
	};
	struct rig r;

	(void)state;
	rig_up(&r, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r.error[0] = '\0';
		if (sticks_command(r.sticks, bad[i], r.error))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_true(r.error[0] != '\0');
	}
	rig_down(&r);
}

static void test_commands_to_the_house(void **state)
{
	struct rig r;
	struct house *h;

	(void)state;
	rig_up(&r, "family=hybrid1p");
	h = sticks_house(r.sticks);
	command(&r, "inverter 1 fault 55 on");
	command(&r, "inverter 1 warning 3 on");
	command(&r, "inverter 1 drift -90");
	command(&r, "inverter 1 counters zero 5");
	command(&r, "inverter 1 counters keepday on");
	command(&r, "inverter 1 counters midnight 300");
	assert_true(h->inverter[0].faults == 1ull << 55 && h->inverter[0].warnings == 8);
	assert_true(h->inverter[0].drift_ms == -90000 && h->inverter[0].keep_day);
	assert_true(h->inverter[0].midnight_ms == 300000);
	assert_true(h->inverter[0].zero_until_ms == WALL_MS + 5000);
	command(&r, "inverter 1 fault 55 off");
	assert_true(h->inverter[0].faults == 0);
	command(&r, "sun 2000");
	command(&r, "load 1000");
	sticks_advance(r.sticks, WALL_MS + 60000);
	assert_true(fabs(h->model.sun_w - 2000) < 0.1 && fabs(h->model.load_w - 1000) < 0.1);
	command(&r, "grid off");
	sticks_advance(r.sticks, WALL_MS + 62000);
	assert_false(h->model.grid.present);
	command(&r, "grid auto");
	command(&r, "grid dip 180 30");
	sticks_advance(r.sticks, WALL_MS + 64000);
	assert_true(h->model.grid.volts[0] > 179 && h->model.grid.volts[0] < 181);
	command(&r, "sun auto");
	sticks_advance(r.sticks, WALL_MS + 65000);
	assert_true(h->model.sun_w > 2100);
	rig_down(&r);
}

static void test_time_is_the_tests(void **state)
{
	struct rig r;

	(void)state;
	rig_up(&r, "");
	command(&r, "sun 3600");
	sticks_advance(r.sticks, WALL_MS + 1000);
	pump(&r, 50);
	connected(&r);
	check_works(&r);
	assert_true(sticks_wall_ms(r.sticks) == WALL_MS + 1000);
	sticks_advance(r.sticks, WALL_MS + 100000);
	assert_true(fabs(sticks_truth_wh(r.sticks, "pv_wh", -1) - 100) < 1);
	assert_true(isnan(sticks_truth_wh(r.sticks, "pv_wh", 5)));
	rig_down(&r);
}

static void test_state(void **state)
{
	static const char *const parts[] = {
		"\"grid\":{\"present\":true",
		"\"flow\":{\"pv_w\":",
		"\"energy\":{\"total\":{\"pv_wh\":",
		"\"days\":[{\"day\":\"2025-11-24\"",
		"\"family\":\"hybrid3p_lv\"",
		"\"requests\":2",
		"\"connections\":1",
		"\"connections_max\":2",
		"\"largest_read\":98",
		"\"registers_read\":108",
	};
	struct rig r;
	uint8_t buf[BYTES_MAX];
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int fd;

	(void)state;
	rig_up(&r, "");
	sticks_advance(r.sticks, WALL_MS + 1000);
	connected(&r);
	fd = dial(&r);
	ask(&r, 586, 98);
	(void)hear(&r, buf, NULL);
	check_works(&r);
	close(fd);
	pump(&r, 20);
	out = open_memstream(&text, &len);
	assert_non_null(out);
	sticks_print(r.sticks, out);
	fclose(out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(text, parts[i]))
			fail_msg("%s is missing in %s", parts[i], text);
	free(text);
	rig_down(&r);
}

static void test_urls(void **state)
{
	char url[STICKS_TEXT_MAX];
	struct rig r;

	(void)state;
	rig_up(&r, "inverters=3 wire=mixed family=mixed port=18899 "
		   "tty=/tmp/house-test-url");
	sticks_url(r.sticks, 0, url);
	assert_non_null(strstr(url, ":18899?serial="));
	assert_memory_equal(url, "solarman://127.", 15);
	sticks_url(r.sticks, 1, url);
	assert_non_null(strstr(url, ".2:1502"));
	assert_memory_equal(url, "modbus://127.", 13);
	sticks_url(r.sticks, 2, url);
	assert_string_equal(url, "rtu:///tmp/house-test-url2?baud=9600");
	assert_int_equal(sticks_count(r.sticks), 3);
	rig_down(&r);
}

static void test_an_address_in_use(void **state)
{
	struct rig r;
	char error[STICKS_TEXT_MAX], spec[64];

	(void)state;
	rig_up(&r, "");
	snprintf(spec, sizeof(spec), "packs=1 net=%s", inet_ntoa(r.at.sin_addr));
	assert_null(sticks_simulate(r.event, spec, WALL_MS, error));
	assert_non_null(strstr(error, "in use"));
	rig_down(&r);
}

/* Bytes at random, and requests with a byte at random changed: it answers, or not, and lives on. */
static void babble(struct rig *r, const uint8_t *request, size_t n)
{
	struct rng rng = rng_fork(1, n);
	uint8_t out[1024], in[BYTES_MAX];

	for (int i = 0; i < 400; i++) {
		size_t len = i % 2 ? n : 1 + rng_below(&rng, sizeof(out) - 1);

		for (size_t k = 0; k < len; k++)
			out[k] = i % 2 ? request[k] : (uint8_t)rng_next(&rng);
		if (i % 2)
			out[rng_below(&rng, (uint32_t)len)] = (uint8_t)rng_next(&rng);
		assert_int_equal(write(r->fd, out, len), len);
		while (get(r, r->fd, in, sizeof(in), 0) > 0)
			;
	}
}

static void test_babble(void **state)
{
	uint8_t rtu[WIRE_RTU_MAX], out[WIRE_V5_MAX], buf[BYTES_MAX];
	struct wire_v5_head h = { WIRE_V5_REQUEST, 7, 0, 0 };
	struct rig r;

	(void)state;
	rig_up(&r, "");
	connected(&r);
	h.serial = r.serial;
	babble(&r, out, wire_v5_request(out, &h, rtu, rtu_read(rtu, 1, 0, 5)));
	connected(&r);
	check_works(&r);
	command(&r, "stick 1 modbus on");
	connected(&r);
	babble(&r, out, wire_mbap_wrap(out, 7, rtu, rtu_read(rtu, 1, 0, 5)));
	connected(&r);
	ask_tcp(&r, 5, 1, 500, 3);
	check_tcp(buf, get(&r, r.fd, buf, sizeof(buf), PATIENCE_MS), 5, 1, 3);
	rig_down(&r);
}

/* ---- every real request ---- */

static void take_real(struct rig *r, const char *name, const uint8_t *p, size_t n)
{
	char words[64];
	uint8_t buf[BYTES_MAX];
	struct wire_v5_frame want, got;

	if (wire_v5_take(p, n, &want) != (int)n)
		fail_msg("%s is no frame", name);
	snprintf(words, sizeof(words), "stick 1 serial %u", want.head.serial);
	command(r, words);
	assert_int_equal(write(r->fd, p, n), n);
	got = hear(r, buf, NULL);
	assert_int_equal(got.head.sequence, want.head.sequence);
	assert_int_equal(got.head.serial, want.head.serial);
	if (want.modbus[1] == 3 && wire_rtu_whole(want.modbus, want.n_modbus))
		check_values(&got, want.head.sequence, wire_rtu_registers(want.modbus, 8));
}

static void test_real_requests(void **state)
{
	const char *shared = getenv("SVITLO_SHARED");
	char path[512], line[2048], name[8];
	uint8_t bytes[1024];
	unsigned taken = 0;
	struct rig r;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/protocols/captures/solarman/v5.frames",
		 shared ? shared : "../shared");
	f = fopen(path, "re");
	if (!f)
		skip();
	rig_up(&r, "");
	connected(&r);
	while (fgets(line, sizeof(line), f)) {
		char direction;
		int at = 0;

		if (sscanf(line, "%7s %c %n", name, &direction, &at) != 2 || direction != '>')
			continue;
		take_real(&r, name, bytes, unhex(line + at, bytes, sizeof(bytes)));
		taken++;
	}
	assert_true(taken >= 10);
	fclose(f);
	rig_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_pairs),
		cmocka_unit_test(test_request_is_the_real_one),
		cmocka_unit_test(test_frames_are_found),
		cmocka_unit_test(test_mbap),
		cmocka_unit_test(test_rtu_writes),
		cmocka_unit_test(test_v5),
		cmocka_unit_test(test_errors_of_v5),
		cmocka_unit_test(test_bytes_in_pieces),
		cmocka_unit_test(test_delay),
		cmocka_unit_test(test_five_clients),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_refuse_and_drop),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_one_client),
		cmocka_unit_test(test_double_crc),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_duplicate),
		cmocka_unit_test(test_off_by_one),
		cmocka_unit_test(test_half_and_cut),
		cmocka_unit_test(test_heartbeats),
		cmocka_unit_test(test_foreign_things_in_the_stream),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_wrong_answers),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_a_web_server),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_another_stick),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_modbus_on_the_v5_port),
		cmocka_unit_test(test_serial),
		cmocka_unit_test(test_discovery),
		cmocka_unit_test(test_at_by_udp),
		cmocka_unit_test(test_bad_commands),
		cmocka_unit_test(test_commands_to_the_house),
		cmocka_unit_test(test_time_is_the_tests),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_an_address_in_use),
		cmocka_unit_test(test_babble),
		cmocka_unit_test(test_real_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
