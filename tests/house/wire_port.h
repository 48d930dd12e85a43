/*
 * What bytes travel on: a TCP port with its clients, or a serial port. Non-blocking, on the event
 * loop. Knows no protocol.
 */
#ifndef HOUSE_WIRE_PORT_H
#define HOUSE_WIRE_PORT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define WIRE_CLIENTS_MAX 5 /* as a Wi-Fi stick has room for */
#define WIRE_IN_MAX	 8192
#define WIRE_PATH_MAX	 108

struct wire_port;

struct wire_client {
	struct wire_port *port;
	sd_event_source *io; /* owns the descriptor; NULL: nobody */
	int fd;
	uint32_t id; /* of this connection, never 0 */
	uint8_t in[WIRE_IN_MAX];
	size_t n_in, n_new; /* n_new of them have just come */
	uint8_t *out;	    /* what the socket had no room for */
	size_t n_out, out_size;
	uint64_t garbage; /* so many bytes of it still go out */
	bool ends;	  /* closed when everything is out */
	int64_t heard_ms;
};

struct wire_port {
	sd_event *event;
	struct sockaddr_in at;	 /* TCP */
	char tty[WIRE_PATH_MAX]; /* serial: the link to the terminal, else "" */
	unsigned most;		 /* clients; one more is accepted and closed */
	/* Looks at c->in and takes what it can by wire_port_eat(). */
	void (*on_bytes)(void *ud, struct wire_client *c);
	void (*on_open)(void *ud, struct wire_client *c);
	void *ud;

	sd_event_source *listener;
	int tty_slave; /* held open, so that the terminal lives without a client */
	int full[3];   /* wire_port_vanish(): a listener that nobody can reach */
	struct wire_client client[WIRE_CLIENTS_MAX];
	uint32_t last_id;
	unsigned open, open_max;
	uint64_t accepted;
	uint64_t noise;
};

/* All that return int -> 0 or -errno. p->event and what stands before the blank line are set. */
void wire_port_init(struct wire_port *p);
int wire_port_open(struct wire_port *p);
bool wire_port_is_open(const struct wire_port *p);
/* No new clients; on TCP their connections are refused. Those that are there stay. */
void wire_port_shut(struct wire_port *p);
void wire_port_drop(struct wire_port *p);
/* Nobody answers at this address any more, and the clients' bytes go nowhere; ends with
 * wire_port_shut(). */
int wire_port_vanish(struct wire_port *p);

struct wire_client *wire_port_client(struct wire_port *p, uint32_t id);
void wire_port_close(struct wire_client *c);
void wire_port_eat(struct wire_client *c, size_t n);
void wire_port_send(struct wire_client *c, const uint8_t *data, size_t n);
void wire_port_flood(struct wire_client *c, uint64_t bytes);
/* After everything that is on its way. */
void wire_port_end(struct wire_client *c);

/* wire_tty.c: a pseudo terminal behind the link p->tty. -> the master's descriptor */
int wire_tty_open(struct wire_port *p);
void wire_tty_close(struct wire_port *p);

#endif
