/*
 * What stands between an inverter and its clients: a Wi-Fi stick that speaks Solarman V5, a
 * Modbus TCP gateway, or a bare serial port. One serial line, one request at a time on it, and
 * all the ways in which such things have been seen to go wrong.
 *
 * stick.c is what all have in common, stick_v5.c and gateway.c the languages, stick_udp.c how
 * sticks are found, stick_words.c the commands, sticks.c all of them together.
 */
#ifndef HOUSE_STICK_H
#define HOUSE_STICK_H

#include "house.h"
#include "wire_mbap.h"
#include "wire_port.h"
#include "wire_v5.h"

#define STICK_QUEUE_MAX 32
#define STICK_OUT_MAX	32
#define STICK_OUT_BYTES 800
#define STICK_URL_MAX	160
#define STICK_MS	1000 /* usec */

struct stick;

struct stick_request {
	uint32_t client; /* of the port; 0: by UDP */
	struct sockaddr_in peer;
	uint8_t sequence;
	uint16_t transaction;
	uint8_t rtu[WIRE_RTU_MAX];
	size_t len;
};

/* From the serial line. len 0: nothing came. */
struct stick_answer {
	uint8_t rtu[WIRE_RTU_MAX + 2];
	size_t len;
	bool refused; /* an exception of the inverter's own */
};

struct stick_language {
	/* Takes requests out of c->in by wire_port_eat(). */
	void (*take)(struct stick *s, struct wire_client *c);
	void (*answer)(struct stick *s, const struct stick_request *q,
		       const struct stick_answer *a);
};

extern const struct stick_language stick_v5, gateway_tcp, gateway_rtu;

enum stick_beat { STICK_BEAT_OFF, STICK_BEAT_BEFORE, STICK_BEAT_INSTEAD };

/* A fault with a number of its own, for the next so many answers. */
struct stick_fault {
	unsigned value, count;
};

struct stick_faults {
	int64_t silent_until_ms, refuse_until_ms, gone_until_ms;
	bool double_crc, duplicate, off_by_one, glue, unsolicited, text, http, flood;
	bool modbus; /* Modbus TCP on the V5 port */
	bool at;     /* nothing but AT commands by UDP */
	bool dead;
	unsigned half, cut, bad_sum, bad_crc, length, nonsense, zeros;
	struct stick_fault late, error, exception;
	enum stick_beat beat;
	unsigned beats;
	unsigned block; /* reads of more registers are never answered; 0: no such limit */
};

struct stick_stats {
	uint64_t requests, registers_read;
	unsigned largest_read;
	int64_t last_request_ms; /* since 1970; 0: none */
};

struct stick_piece {
	int64_t due_ms; /* 0: free */
	uint32_t client;
	size_t len;
	uint8_t data[STICK_OUT_BYTES];
};

struct stick {
	struct house *house;
	bool by_clock; /* the house's time passes by itself */
	struct inv *inverter;
	size_t number; /* from 0 */
	enum house_wire wire;
	struct wire_port port;
	sd_event_source *timer, *udp;
	struct rng rng;

	uint32_t serial;
	uint8_t mac[6];
	uint8_t counter, echoed; /* of frames sent; the last sequence */
	uint32_t working_s, power_on_s;
	int64_t born_ms;
	struct sockaddr_in at_peer; /* who has said +ok */
	bool at_open, refuses_by_v5;

	struct stick_request queue[STICK_QUEUE_MAX];
	size_t head, n_queued;
	bool busy;
	int64_t done_ms, next_beat_ms, next_cloud_ms;
	struct stick_piece piece[STICK_OUT_MAX];
	int64_t hold_ms;	       /* nothing goes out before: a half frame is on its way */
	uint8_t kept[STICK_OUT_BYTES]; /* off by one */
	size_t n_kept;
	struct stick_faults faults;
	struct stick_stats stats;
};

/* Borrows both until stick_close(). -> 0 or -errno; the port may be shut then. */
int stick_open(struct stick *s, sd_event *event, struct house *house, size_t number, bool by_clock);
void stick_close(struct stick *s);
int64_t stick_now_ms(const struct stick *s);
/* The house as it is now. */
void stick_follow_clock(struct stick *s);
/* Something has changed: look at everything that has its time. */
void stick_kick(struct stick *s);

/* For the languages. */
const struct stick_language *stick_speaks(const struct stick *s);
void stick_submit(struct stick *s, const struct stick_request *q);
/* One segment to a client, with the faults that befall segments. */
void stick_deliver(struct stick *s, uint32_t client, const uint8_t *data, size_t n);
/* The same without them. */
void stick_post(struct stick *s, uint32_t client, const uint8_t *data, size_t n, int64_t due_ms);
/* -> true, and one less to come */
bool stick_strikes(unsigned *count);

/* stick_v5.c */
struct wire_v5_times stick_v5_times(const struct stick *s);
void stick_v5_beat(struct stick *s);
void stick_v5_cloud(struct stick *s);

/* stick_udp.c */
int stick_udp_open(struct stick *s);
/* Whoever looks for sticks by broadcast. */
void stick_udp_seek(struct stick *s, const struct sockaddr_in *peer, const char *words);
void stick_udp_answer(struct stick *s, const struct stick_request *q, const struct stick_answer *a);

/* stick_words.c: "silent 10" … -> false with the usage, or why not */
bool stick_command(struct stick *s, size_t n, char *const words[],
		   char ret_error[static HOUSE_ERROR_MAX]);
bool stick_inverter_command(struct stick *s, size_t n, char *const words[],
			    char ret_error[static HOUSE_ERROR_MAX]);

/* Of the URL, and of what answers there; for each number without opening anything. */
uint32_t stick_serial(const struct house *h, size_t number);
void stick_url(const struct house *h, size_t number, char ret[static STICK_URL_MAX]);

#endif
