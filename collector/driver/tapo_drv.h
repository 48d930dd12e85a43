/* Inside the driver of Tapo plugs: shared by tapo.c (polling), tapo_outlet.c (one that switches)
 * and tapo_socket.c (the device that a strip's socket is). */
#pragma once

#include "driver.h"
#include "tapo_link.h"

#define TAPO_POLL_S	5
#define TAPO_ENERGY_S	30
#define TAPO_OTHER_TEXT "another plug has this address now: looking for this one elsewhere"

enum tapo_method {
	METHOD_NEGO,
	METHOD_INFO,
	METHOD_CHILDREN,
	METHOD_CHILD_NEGO,
	METHOD_USAGE,
	METHOD_EMETER,
	METHOD_POWER,
	METHOD_RUNTIME,
	METHOD_TIME,
	METHOD_COUNTDOWN,
	METHOD__MAX
};

/* What an order is about to do next. */
enum tapo_order { ORDER_NONE, ORDER_WHO, ORDER_ARM, ORDER_SET, ORDER_BACK };

/* What switches: the plug, or a socket of the strip. */
struct tapo_outlet {
	struct tapo_drv *drv;
	struct device *dev;   /* NULL: nobody has made it one */
	char id[TAPO_ID_MAX]; /* "" of a plug */
	unsigned position;    /* 0 of a plug */
	struct tapo_components comp;
	struct tapo_info info;
	struct tapo_energy energy;
	struct tapo_countdown countdown;
	bool countdown_known;
	double drift_s; /* its clock against ours, + ahead; NAN: unknown */
	int64_t info_ms, energy_ms,
		countdown_ms; /* monotonic: when they were asked for; 0: never */
	unsigned absent;      /* methods that its firmware lacks */
	/* switching */
	enum tapo_order stage;
	struct device_order order;
	unsigned sessions; /* that were over before it was carried out */
	unsigned looks;	   /* after it was set */
	int64_t look_ms;   /* monotonic: the next one; 0: under way */
	/* wall: when it shall go off; what the plug was told of it, and is being told */
	int64_t off_at_ms, armed_at_ms, telling_ms;
	bool off_known; /* somebody has said when: before, nothing is taken out of the plug */
	bool arming;
	unsigned arm_fails;
	int64_t arm_next_ms; /* monotonic */
};

struct tapo_todo {
	int outlet;		/* -1: the strip itself */
	unsigned methods, from; /* from: of a list's page */
};
#define TAPO_TODO_MAX (2 * TAPO_CHILDREN_MAX + 8)

struct tapo_conf {
	unsigned poll_s, energy_s;
	enum tapo_transport transport;
};

/* Somebody at another address says that it is this plug. */
#define TAPO_MOVE_MAX 4
struct tapo_seen {
	struct plug_address at;
	int64_t tried_ms; /* monotonic; 0: never */
	bool waits;
};
struct tapo_move {
	struct tapo_link *link;		  /* to the one that is asked now; NULL: none */
	struct tapo_seen *seen_now;	  /* that one */
	bool over;			  /* it has answered */
	char doubtful[DEVICE_DETAIL_MAX]; /* who was not believed last, in words; "": nobody */
	struct tapo_seen seen[TAPO_MOVE_MAX];
};

struct tapo_drv {
	struct device *dev;
	struct plugs *plugs;
	struct plugs_ear ear;
	struct plug_address at;
	struct tapo_conf conf;
	struct tapo_link *link;
	uint64_t known_session; /* in which it has said that it is the one that is meant */
	sd_event_source *tick;
	struct tapo_components comp; /* of the whole */
	struct tapo_info info;
	struct tapo_children kids;
	struct tapo_outlet outlets[TAPO_CHILDREN_MAX];
	unsigned n;			     /* of outlets */
	bool strip, negotiated, met, single; /* single: it takes no batches */
	bool listed, socket_nego;	     /* of a strip: its sockets; and what each can do */
	bool nobody;			     /* as far as is known nobody is there */
	int64_t off_at_ms;		     /* of a plug that is not met yet, as of the outlet */
	bool off_known;
	char moved_to[PLUG_ADDRESS_MAX]; /* as the owner was told; "": nothing */
	struct tapo_move move;
	struct tapo_todo todo[TAPO_TODO_MAX];
	unsigned n_todo, at_todo;
	bool asking;
	unsigned asked; /* methods of the present question */
	int64_t cycle_ms, cycle_wall_ms, due_ms, energy_due_ms; /* monotonic but for wall */
	unsigned fails;						/* cycles in a row */
	int64_t failed_ms;					/* monotonic: since when */
	int64_t readings, reading_wall_ms;
	char *said_info;
};

extern const char *const tapo_methods[METHOD__MAX];

/* tapo_outlet.c */
void outlet_init(struct tapo_outlet *o, struct tapo_drv *v, const char *id, unsigned position);
bool outlet_measures(const struct tapo_outlet *o);
/* METHOD_… that are due now. */
unsigned outlet_due(const struct tapo_outlet *o, bool energy);
void outlet_take(struct tapo_outlet *o, enum tapo_method m, const struct json_t *result,
		 int64_t asked_ms);
void outlet_info(struct tapo_outlet *o, const struct tapo_info *info, int64_t asked_ms);
void outlet_read(const struct tapo_outlet *o, struct reading *r);
int outlet_order(struct tapo_outlet *o, const struct device_order *order, struct err *e);
/* An order's next look at what it is now, when its time has come. */
void outlet_look(struct tapo_outlet *o);
/* Sees to it that the plug goes off by itself when it shall; off_at: that is then. */
void outlet_arm(struct tapo_outlet *o);
void outlet_off_at(struct tapo_outlet *o, int64_t off_at_ms);
void outlet_json(const struct tapo_outlet *o, struct jw *w); /* measures */
/* Its device goes: what is under way for it ends without a word. */
void outlet_leave(struct tapo_outlet *o);

/* tapo.c */
void tapo_hurry(struct tapo_drv *v, int64_t in_ms); /* the next cycle */
void tapo_wake(struct tapo_drv *v);		    /* an outlet has a look_ms */
/* What has answered is the plug that is meant. */
bool tapo_is_it(struct tapo_drv *v, const struct tapo_info *info);
void tapo_learned(struct tapo_drv *v); /* something that shall outlive us has changed */

/* tapo_known.c: what its logins have shown, kept over restarts. */
struct tapo_known tapo_known_recall(const struct tapo_drv *v, const char *mac);
void tapo_known_keep(struct tapo_drv *v);
/* The transport that is used whatever the plug says: aes is allowed, not demanded. */
enum tapo_transport tapo_known_fixed(const struct tapo_conf *c);

/* tapo_move.c: where it has moved to, as the plug there has proven. */
void tapo_move_seen(struct tapo_drv *v, const struct plug_address *at);
void tapo_move_step(struct tapo_drv *v); /* from the loop, after tapo_wake() */
void tapo_move_end(struct tapo_drv *v);

/* tapo_socket.c: the devices of a strip's sockets. */
void sockets_attach(struct tapo_drv *v);
void sockets_show(struct tapo_drv *v, enum device_state s, const char *reason, const char *detail);
void sockets_leave(struct tapo_drv *v); /* the strip's device closes */
