/*
 * A house: the model, and for each pack its identity, its BMS and its radio. What the wires
 * (bluez.h) show and the control socket (control.h) spoils.
 */
#ifndef HOUSE_HOUSE_H
#define HOUSE_HOUSE_H

#include "gatt.h"

#define HOUSE_ADAPTERS_MAX 4
#define HOUSE_ERROR_MAX	   160

struct bluez_device;

struct house_options {
	uint64_t seed;
	double speed;	/* model seconds in a second */
	double rate_hz; /* cell frames */
	double soc_pct; /* < 0: by the seed */
	size_t packs, cells, adapters;
	unsigned chunk; /* 0: as the product does */
	bool mixed;	/* generations in turn */
	enum jk_generation generation;
	enum model_chemistry chemistry;
};

struct house_pack {
	struct jk_identity id;
	struct gatt_bms gatt;
	uint16_t mtu;
	/* the radio, as the control socket has it */
	bool absent;		   /* switched off: neither seen nor reached */
	bool no_acquire;	   /* AcquireNotify is not supported */
	unsigned refuse;	   /* so many connects fail */
	unsigned no_services;	   /* so many service discoveries find nothing */
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
