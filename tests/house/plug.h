/*
 * A plug on its wires: HTTP on a TCP port of its own address, discovery by UDP, one of three
 * languages with one session, and what may go wrong with all that. Internal to plug*.c.
 */
#ifndef HOUSE_PLUG_H
#define HOUSE_PLUG_H

#include "house.h"
#include "plug_klap.h"
#include "plug_spake.h"
#include "wire_port.h"

#include <jansson.h>

#define PLUG_URL_MAX	 48
#define PLUG_TOKEN_BYTES 33
#define PLUG_PATH_BYTES	 256
#define PLUG_OUTS	 8

enum plug_garbage {
	PLUG_CLEAN,
	PLUG_BAD_JSON,
	PLUG_BAD_BASE64, /* where there is no base64: bytes that do not decrypt */
	PLUG_BAD_PADDING,
	PLUG_SHORT,
	PLUG_HTML,
	PLUG_GARBAGE__MAX
};

struct plug_faults {
	bool silent, asleep, locked;
	unsigned slow_ms, drip; /* bytes in a second; 0: as fast as it goes */
	/* the next so many */
	unsigned flood, drop, forbid, lose, n_garbage, refuse;
	unsigned forbid_pct;
	enum plug_garbage garbage;
	unsigned steal_every_ms;
	int64_t steal_ms;
};

struct plug_stats {
	uint64_t handshakes; /* begun */
	uint64_t logins;     /* that led to a session */
	uint64_t refused;    /* wrong account or password */
	uint64_t requests;   /* in a session, decrypted */
	uint64_t forbidden;  /* answered 403, or as old firmware says that */
	uint64_t bad_seq, bad_mac, lost, probes;
	int64_t last_request_ms;
};

/* What the two sides know of each other. */
struct plug_session {
	bool live, greeted; /* greeted: AES, the token is handed out, or a login failed */
	int64_t until_ms;
	char cookie[PLUG_TOKEN_BYTES], token[PLUG_TOKEN_BYTES];
	struct klap klap;
	uint8_t key[AES_BYTES], iv[AES_BYTES];
	struct spake spake;
	uint32_t seq; /* TPAP: the next */
};

/* Bytes on their way out. */
struct plug_out {
	uint8_t *data; /* NULL: free */
	size_t n, at;
	uint32_t client;
	int64_t due_ms;
	bool ends, floods;
};

struct plug {
	struct house *house;
	struct plug_unit *unit;
	size_t number; /* from 0 */
	struct wire_port port;
	sd_event_source *udp, *timer;
	struct rng rng;
	char account[PLUG_ACCOUNT_BYTES], password[PLUG_PASSWORD_BYTES];
	enum plug_wire wire; /* of its firmware */
	bool third_party;    /* as the owner of a plug with TPAP has it: on, it speaks KLAP */
	unsigned failed;     /* logins in a row */
	unsigned timeout_s;  /* life of a session */

	bool off;	       /* nobody can reach it */
	int64_t away_until_ms; /* it boots */
	int64_t reboot_ms;     /* a client wants it; 0: none does */
	int64_t retry_ms, awake_until_ms;
	struct plug_session pending, session;
	struct plug_out out[PLUG_OUTS];
	struct plug_faults faults;
	struct plug_stats stats;
};

struct plug_request {
	char path[PLUG_PATH_BYTES];
	char query[PLUG_PATH_BYTES];
	char cookie[PLUG_TOKEN_BYTES]; /* TP_SESSIONID; "": none */
	const uint8_t *body;
	size_t n;
};

struct plug_reply {
	int status;
	char cookie[PLUG_TOKEN_BYTES]; /* to be set */
	bool json, never;	       /* never: it is not sent */
	uint8_t *body;		       /* of malloc() */
	size_t n;
	enum plug_garbage garbage;
};

/* plug.c. Borrows both until plug_close(). -> 0 or -errno: an address is not to be had; then it is
 * tried again every second. */
int plug_open(struct plug *p, sd_event *event, struct house *house, size_t number);
void plug_close(struct plug *p);
void plug_url(const struct house *h, size_t number, char ret[static PLUG_URL_MAX]);
/* Something has changed: look at everything that has its time. */
void plug_kick(struct plug *p);
int64_t plug_now_ms(const struct plug *p);
int64_t plug_wall_ms(void);
enum plug_wire plug_speaks(const struct plug *p);
void plug_forget_sessions(struct plug *p);
void plug_reboot(struct plug *p);
/* -> 0 or -errno, then it stays where it is */
int plug_move(struct plug *p, struct in_addr to);
/* -> true, and one less to come */
bool plug_strikes(unsigned *count);
void plug_token(char ret[static PLUG_TOKEN_BYTES]);
void plug_switch(struct plug *p, unsigned socket, bool on, enum plug_by by);

/* plug_http.c */
void plug_http_bytes(void *ud, struct wire_client *c);
/* -> when something is to be sent next */
int64_t plug_http_run(struct plug *p, int64_t now_ms);
void plug_http_clear(struct plug *p);
/* The body of a reply; copies. */
void plug_reply_bytes(struct plug_reply *r, const void *data, size_t n);
void plug_reply_json(struct plug_reply *r, json_t *takes);
void plug_reply_error(struct plug_reply *r, int code);

/* plug_serve.c: a request becomes a reply. */
void plug_serve(struct plug *p, const struct plug_request *q, struct plug_reply *r);
/* Is the next request in a session refused? */
bool plug_forbids(struct plug *p);
/* The answer to what came in a session, of malloc(). Counts, and may be garbage or never sent. */
char *plug_converse(struct plug *p, const char *text, size_t n, struct plug_reply *r);
/* Now it has this session. */
void plug_admit(struct plug *p, const struct plug_session *s);
bool plug_session_valid(const struct plug *p, const char *cookie);

/* plug_tpap.c, plug_pass.c */
void plug_tpap_login(struct plug *p, const struct plug_request *q, struct plug_reply *r);
void plug_tpap_request(struct plug *p, const struct plug_request *q, struct plug_reply *r);
json_t *plug_tpap_offer(const struct plug *p);
void plug_pass_request(struct plug *p, const struct plug_request *q, struct plug_reply *r);

/* plug_json.c. -> the answer, of malloc(). ret_set: it was a set command, and is done */
char *plug_json_run(struct plug *p, const char *text, size_t n, bool *ret_set);

/* plug_info.c: what is answered to get_…; child: of a strip, else the plug itself */
enum { PLUG_ITSELF = -1 };
json_t *plug_info_device(const struct plug *p, int child);
json_t *plug_info_components(const struct plug *p, bool child);
json_t *plug_info_children(const struct plug *p, size_t from);
json_t *plug_info_child_components(const struct plug *p, size_t from);
json_t *plug_info_time(const struct plug *p);
json_t *plug_info_led(const struct plug *p);
json_t *plug_info_usage(const struct plug *p, int child);
json_t *plug_info_energy(const struct plug *p, int child);
json_t *plug_info_power(const struct plug *p, int child);
json_t *plug_info_emeter(const struct plug *p, int child);
json_t *plug_info_countdown(const struct plug *p, int child);
/* The first and the last of the sockets that `child` stands for. */
unsigned plug_socket_of(int child);
unsigned plug_sockets_end(const struct plug *p, int child);

/* plug_udp.c */
int plug_udp_open(struct plug *p);
void plug_udp_probe(struct plug *p, const struct sockaddr_in *peer, const uint8_t *data, size_t n);

/* plug_words.c: `plug N …`; writes "ok", "error: …" or JSON */
void plug_command(struct plug *p, size_t n, char *const words[], FILE *out);
json_t *plug_state(const struct plug *p, bool with_log);

#endif
