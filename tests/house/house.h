/*
 * A house: the model; for each pack its identity, its BMS and its radio; for each inverter its
 * registers; the plugs. What the wires (bluez.h, sticks.h, plugs.h) show and the control socket
 * (control.h) spoils.
 */
#ifndef HOUSE_HOUSE_H
#define HOUSE_HOUSE_H

#include "gatt.h"
#include "house_truth.h"
#include "inv.h"
#include "plug_options.h"

#define HOUSE_ADAPTERS_MAX   4
#define HOUSE_ERROR_MAX	     160
#define HOUSE_NEIGHBOURS_MAX 5
#define HOUSE_INVERTERS_MAX  32
#define HOUSE_PATH_MAX	     90

struct bluez_device;

enum house_wire {
	HOUSE_V5,  /* a Solarman stick */
	HOUSE_TCP, /* a Modbus TCP gateway */
	HOUSE_RTU, /* a serial port */
	HOUSE_WIRE__MAX
};

struct house_options {
	uint64_t seed;
	double speed;	/* model seconds in a second */
	double rate_hz; /* cell frames */
	double soc_pct; /* < 0: by the seed */
	size_t packs, cells, adapters;
	unsigned chunk;	   /* 0: as the product does */
	size_t neighbours; /* foreign devices that scans find */
	bool keep_links;   /* of clients that left the bus */
	bool mixed;	   /* generations in turn */
	enum jk_generation generation;
	enum model_chemistry chemistry;

	double start_s; /* of the house's day; < 0: the wall clock's */
	double reconnect_s;
	struct model_timetable outages;
	bool sell, ct;

	size_t inverters;
	bool inverters_asked; /* else the one that is there by default may be missing */
	bool mixed_families, mixed_wires;
	enum inv_kind family;
	enum house_wire wire;
	unsigned rated_w; /* 0: by family */
	uint16_t code;	  /* of register 0; 0: in turn */
	uint8_t unit;
	bool old_firmware;
	enum inv_area area;
	uint32_t net; /* of inverter 1, the next ones follow; host's byte order */
	uint16_t port, modbus_port, udp_port;
	char tty[HOUSE_PATH_MAX];
	unsigned delay_min_ms, delay_max_ms; /* of answers */
	bool refuses_by_v5; /* error 05 for registers that are not there, not the exception */

	struct plug_options plug;
};

/* Notifications do not arrive by this method until the client takes the other one. */
enum house_deaf { HOUSE_HEARS, HOUSE_DEAF_FD, HOUSE_DEAF_SIGNAL };
/* What BlueZ's cache of the device is good for until RemoveDevice. */
enum house_stale { HOUSE_FRESH, HOUSE_STALE_BARE, HOUSE_STALE_SILENT };
/* What is wrong with the BlueZ objects. */
enum house_odd {
	HOUSE_ODD_OFF,
	HOUSE_ODD_MISSING,    /* hardly any property */
	HOUSE_ODD_TYPES,      /* properties of other types */
	HOUSE_ODD_NOCHAR,     /* no characteristic that notifies */
	HOUSE_ODD_TWICE,      /* the service is there twice, the second is dead */
	HOUSE_ODD_BADADDRESS, /* Address is no address */
	HOUSE_ODD__MAX
};
enum house_pairing {
	HOUSE_PAIR_NONE,    /* works without, refuses to */
	HOUSE_PAIR_PASSKEY, /* six digits, RequestPasskey */
	HOUSE_PAIR_PINCODE, /* a text, RequestPinCode */
	HOUSE_PAIR_REFUSED, /* wants it and rejects it */
};

struct house_pack {
	struct jk_identity id;
	struct gatt_bms gatt;
	uint16_t mtu;
	/* the radio, as the control socket has it */
	bool absent;	      /* switched off: neither seen nor reached */
	bool no_acquire;      /* AcquireNotify is not supported */
	unsigned refuse;      /* so many connects fail */
	unsigned no_services; /* so many service discoveries find nothing */
	enum house_deaf deaf;
	enum house_stale stale;
	enum house_odd odd;
	enum house_pairing pairing;
	char pin[17];
	unsigned far, beyond;	   /* bits of adapters that hear it badly, or not at all */
	int64_t held_until_ms;	   /* someone's old session holds the one link */
	struct bluez_device *link; /* bluez.c's: the device object that has the link, or NULL */
};

struct house {
	struct house_options options;
	struct model model;
	struct house_pack pack[MODEL_PACKS_MAX];
	struct inv inverter[HOUSE_INVERTERS_MAX];
	struct plug_unit plug[HOUSE_PLUGS_MAX];
	struct house_truth truth;
	int64_t last_ms;      /* monotonic */
	int64_t wall_ms;      /* since 1970 */
	int64_t dip_until_ms; /* monotonic */
};

/* ret_error gets one line when the answer is false. */
bool house_option_set(struct house_options *o, const char *key, const char *value,
		      char ret_error[static HOUSE_ERROR_MAX]);
/* "seed=1 packs=4 ..." */
bool house_options_spec(struct house_options *o, const char *words,
			char ret_error[static HOUSE_ERROR_MAX]);
bool house_options_check(const struct house_options *o, char ret_error[static HOUSE_ERROR_MAX]);
extern const struct house_options house_defaults;

enum inv_kind house_family(const struct house_options *o, size_t number);
enum house_wire house_wire(const struct house_options *o, size_t number);
extern const char *const house_wire_names[HOUSE_WIRE__MAX];

/* o must have passed the check. now_ms is of a monotonic clock, wall_ms since 1970. */
void house_init_at(struct house *h, const struct house_options *o, int64_t now_ms, int64_t wall_ms);
/* At the beginning of 1970: for those who have no use for a calendar. */
void house_init_now(struct house *h, const struct house_options *o, int64_t now_ms);
/* Lets the model's time follow the wall's; energies are counted up to now. */
void house_advance(struct house *h, int64_t now_ms);
/* The wall clock at the moment of the last advance; without it, it keeps step with the other. */
void house_set_wall(struct house *h, int64_t wall_ms);
/* The grid sags for so long: no phase is above volts. Seconds of the wall. */
void house_dip(struct house *h, double volts, double seconds);
bool house_advertises(const struct house_pack *p, int64_t now_ms);

#endif
