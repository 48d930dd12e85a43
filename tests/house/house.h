/*
 * A house: the model, and for each pack its identity, its BMS and its radio. What the wires
 * (bluez.h) show and the control socket (control.h) spoils.
 */
#ifndef HOUSE_HOUSE_H
#define HOUSE_HOUSE_H

#include "gatt.h"

#define HOUSE_ADAPTERS_MAX   4
#define HOUSE_ERROR_MAX	     160
#define HOUSE_NEIGHBOURS_MAX 5

struct bluez_device;

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
	int64_t last_ms;
};

/* ret_error gets one line when the answer is false. */
bool house_option_set(struct house_options *o, const char *key, const char *value,
		      char ret_error[static HOUSE_ERROR_MAX]);
/* "seed=1 packs=4 ..." */
bool house_options_spec(struct house_options *o, const char *words,
			char ret_error[static HOUSE_ERROR_MAX]);
bool house_options_check(const struct house_options *o, char ret_error[static HOUSE_ERROR_MAX]);
extern const struct house_options house_defaults;

/* o must have passed the check. */
void house_init(struct house *h, const struct house_options *o, int64_t now_ms);
/* Lets the model's time follow the wall's. */
void house_advance(struct house *h, int64_t now_ms);
bool house_advertises(const struct house_pack *p, int64_t now_ms);

#endif
