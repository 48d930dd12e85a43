/*
 * What a device is to the collector: one state machine each, alone, for ever.
 *
 * A driver turns a transport and a codec into readings. It never writes to a database: it reports
 * to the device's owner (app.c), which hands on to pipe/.
 */
#pragma once

#include "svitlo/err.h"
#include "svitlo/reading.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define DEVICE_NAME_MAX	   257 /* 64 characters of UTF-8 */
#define DEVICE_ADDRESS_MAX 512
#define DEVICE_OPTIONS_MAX 4096
#define DEVICE_DETAIL_MAX  200
#define DEVICE_PIN_MAX	   17
#define DEVICE_PIN_CHARS   "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct ble;
struct ble_advert;
struct jw;
struct plugs;
struct regs_hub;

enum device_state {
	DEVICE_DISABLED,
	DEVICE_SEARCHING,
	DEVICE_CONNECTING,
	DEVICE_WAITING, /* link up, no frame yet */
	DEVICE_LIVE,
	DEVICE_SILENT, /* link up, frames stopped */
	DEVICE_LOST,   /* waiting before the next try */
	DEVICE_UNAVAILABLE,
	DEVICE_RESTING,	 /* many tries brought nothing: seldom ones until it is heard from */
	DEVICE_RELEASED, /* let go on request, so that another program can connect */
	DEVICE_ASLEEP,	 /* as it is each night: no outage */
	DEVICE__MAX
};
const char *device_state_name(enum device_state s);

struct device;

/* What it shall do: once, whatever happens. */
struct device_order {
	int64_t id; /* of the owner */
	bool on;
	int64_t off_at_ms; /* of an on that ends: to be armed in the device first, as arm(); 0: none
			    */
};

/* What came of an order. */
struct device_done {
	int64_t id;
	bool ok;	  /* done, and read back */
	bool maybe;	  /* not ok, but it may have been carried out */
	int on;		  /* as last read, -1: unknown */
	const char *code; /* of fcgi/README.md, a constant; NULL if ok */
	const char *text; /* a sentence, or "" */
};

/* Of a device that has several that switch. */
struct device_socket {
	unsigned position; /* 1 is the first */
	const char *name;  /* as the device has it, "": none */
	int on;		   /* -1: unknown */
};

/* Who hears of a device. Calls come from the event loop. */
struct device_owner {
	void (*reading)(void *ud, struct device *d, const struct reading *r);
	/* What the device says of itself. kind: info, settings; json: an object. */
	void (*doc)(void *ud, struct device *d, const char *kind, const char *json);
	/* What it said before, in an earlier life too: JSON, the caller frees. NULL: nothing. */
	char *(*recall)(void *ud, struct device *d, const char *kind);
	void (*changed)(void *ud, struct device *d); /* state, reason, detail, until_ms */
	/* The end of an order that was taken. */
	void (*done)(void *ud, struct device *d, const struct device_done *r);
	/* It was switched, but not by an order. by: "outside" or "countdown", the one that was
	 * armed. */
	void (*turned)(void *ud, struct device *d, bool on, const char *by);
	/* It has another address now: config.db should know. */
	void (*moved)(void *ud, struct device *d, const char *address);
	/* It has these sockets, each to be a device: driver->socket_kind. */
	void (*sockets)(void *ud, struct device *d, const struct device_socket *s, unsigned n);
	/* What went over the wire, '<' from the device, '>' to it; only while d->tapped. */
	void (*piece)(void *ud, struct device *d, char dir, const uint8_t *p, size_t n);
	void *ud;
};

/* What drivers may use. */
struct device_env {
	sd_event *ev;
	struct ble *ble;
	struct regs_hub *regs;
	struct plugs *plugs;
};

struct device_config {
	int64_t id, parent; /* parent 0: none */
	char name[DEVICE_NAME_MAX], address[DEVICE_ADDRESS_MAX], options[DEVICE_OPTIONS_MAX];
	char kind[32], pin[DEVICE_PIN_MAX]; /* pin: "" if none */
	bool enabled;
	int64_t released_until_ms; /* 0: not released */
	int64_t retry_ms;	   /* when somebody last asked to connect at once; 0: never */
};

struct device {
	const struct driver *driver;
	struct device_config conf;
	const struct device_env *env;
	struct device_owner owner;
	enum device_state state;
	const char *reason; /* a code of fcgi/README.md, or NULL; string constants only */
	char detail[DEVICE_DETAIL_MAX];
	int64_t until_ms; /* wall clock, end of the state where one is set; 0: none */
	const char *cure; /* what was last tried before it went live, NULL: nothing; a constant */
	bool tapped;	  /* the owner wants piece() */
	void *drv;	  /* the driver's own, zeroed before open */
};

struct driver {
	const char *kind; /* as in the table device: "jk-bms" */
	size_t size;	  /* of its own state */
	bool battery;	  /* counts as a pack of the bank */
	bool inverter;	  /* its flows are the house's */
	bool captures;	  /* what it says can be recorded: proto/jk_mask.h knows it */
	/* Starts connecting; no waiting. -EINVAL: address or options are wrong, the text says how.
	 */
	int (*open)(struct device *d, struct err *e);
	/* Fields of the health of the link, into an open JSON object. */
	void (*link_json)(struct device *d, struct jw *w);
	void (*retry)(struct device *d); /* somebody is waiting: try now. May be NULL */
	/* Disabled or released at the start: what an earlier life left connected. May be NULL */
	void (*let_go)(const struct device_config *c, const struct device_env *env);
	/* Is it one of ours? Writes the signs that say so into an open JSON array. May be NULL */
	bool (*recognise)(const struct ble_advert *a, struct jw *w);
	void (*refresh)(struct device *d); /* ask for settings again soon. May be NULL */
	/* Something is in doubt that the next reading decides: take it soon. May be NULL */
	void (*hurry)(struct device *d);
	/* Number of what it is behind (a stick), by which it is known at another address; 0: none.
	 * May be NULL */
	uint32_t (*serial)(const struct device *d);
	/* "AABBCCDDEEFF", "": not known yet. May be NULL */
	const char *(*mac)(const struct device *d);
	/* Can it go on with these options, which are other ones? Takes them then. May be NULL: no
	 */
	bool (*adapt)(struct device *d, const struct device_config *c);
	/* Switches it, as soon as it can: done() will be called, from the loop. -EBUSY: one is
	 * under way; -ENOTSUP: there is nothing to switch. NULL: it cannot be switched at all */
	int (*order)(struct device *d, const struct device_order *o, struct err *e);
	/* When it is to go off: kept in the device too, so that it does without us. 0: not. May be
	 * NULL */
	void (*arm)(struct device *d, int64_t off_at_ms);
	const char *socket_kind;	 /* of its sockets; NULL: it has none */
	void (*close)(struct device *d); /* any state, also half open */
};
extern const struct driver *const drivers[];
const struct driver *driver_find(const char *kind);

/* For drivers: sets the state and tells the owner if it is another one. */
void device_set(struct device *d, enum device_state s, const char *reason, const char *detail);

/* Is it to be let go now, on request? */
bool device_released(const struct device_config *c, int64_t wall_ms);

/* Makes and opens; a device whose address or options are wrong is made all the same, DEVICE_LOST
 * with the text in detail, so that the owner of the house sees it. NULL: out of memory. */
struct device *device_new(const struct device_config *c, const struct device_env *env,
			  const struct device_owner *owner);
void device_free(struct device *d);
