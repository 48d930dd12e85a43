/*
 * The products of the maker that can stand in the house, and the identity of each device.
 * Names, versions, GATT layouts and MTUs are of units seen in public captures.
 */
#include "jkenc.h"

#include <stdio.h>
#include <string.h>

#define MAKER_OLD 0x0B65
#define MAKER_JK  0x4B4A

static const struct jk_product products[] = {
	{ JK02_32S, "JK_PB2A16S15P", "14.XA", "14.20", 14, 16, 'B', 131, 128, MAKER_OLD },
	{ JK02_32S, "JK_B2A20S20P", "11.XW", "11.288H", 11, 20, 'B', 131, 128, MAKER_OLD },
	{ JK02_32S, "JK-PB2A16S20P", "19A", "19.27", 19, 16, 'C', 188, 150, MAKER_JK },
	{ JK02_32S, "JK_PB2A16S15P", "15A", "15.38", 15, 16, 'B', 247, 244, MAKER_OLD },
	{ JK02_32S, "JK_B2A24S20P", "11.XA", "11.48", 11, 32, 'B', 131, 128, MAKER_OLD },
	{ JK02_24S, "JK-B1A20S15P", "10.XW", "10.07", 10, 20, 'C', 188, 150, MAKER_OLD },
	{ JK02_24S, "JK-BD6A17S6P", "7.X", "7.1.0H", 7, 17, 'B', 131, 128, MAKER_OLD },
	{ JK02_24S, "JK-B2A24S20P", "10.XG", "10.07", 10, 24, 'C', 188, 150, MAKER_OLD },
	{ JK04, "JK-B2A16S", "3.0", "3.3.0", 3, 16, 'A', 23, 20, MAKER_OLD },
	{ JK04, "JK-B5A24S", "8.X", "8.0.3M", 8, 24, 'D', 115, 112, MAKER_OLD },
};

const char *const jk_generation_names[JK_GENERATION__MAX] = {
	[JK02_32S] = "JK02_32S",
	[JK02_24S] = "JK02_24S",
	[JK04] = "JK04",
};

static bool fits(const struct jk_product *p, enum jk_generation g, size_t cells)
{
	return p->generation == g && p->cells_max >= cells;
}

const struct jk_product *jk_product_find(enum jk_generation g, size_t cells, size_t n)
{
	const size_t total = sizeof(products) / sizeof(products[0]);
	size_t usable = 0;

	for (size_t i = 0; i < total; i++)
		usable += fits(&products[i], g, cells);
	if (!usable)
		return NULL;
	n %= usable;
	for (size_t i = 0; i < total; i++)
		if (fits(&products[i], g, cells) && n-- == 0)
			return &products[i];
	return NULL;
}

void jk_identity_init(struct jk_identity *id, const struct jk_product *product, uint64_t seed,
		      size_t number)
{
	struct rng r = rng_fork(seed, 2000 + number);
	uint32_t low = rng_below(&r, 0x100) << 16 | rng_below(&r, 0x100) << 8;

	*id = (struct jk_identity){ .product = product, .default_password = number % 2 == 1 };
	/* The last byte is the number, so that no two packs of a house share an address. */
	low |= (uint32_t)(number + 1);
	memcpy(id->address,
	       (uint8_t[]){ 0xC8, 0x47, 0x80, (uint8_t)(low >> 16), (uint8_t)(low >> 8),
			    (uint8_t)low },
	       6);
	snprintf(id->name, sizeof(id->name), "JK-%s-%zu", product->model + 3, number + 1);
	snprintf(id->serial, sizeof(id->serial), "%u%05u%05u", 3 + rng_below(&r, 2),
		 rng_below(&r, 100000), rng_below(&r, 100000));
	snprintf(id->made, sizeof(id->made), "%02u%02u%02u", 20 + rng_below(&r, 6),
		 1 + rng_below(&r, 12), 1 + rng_below(&r, 28));
}

/* Sensors from 0. Sensor T3 has no place on the wire, old boards have only two. */
static const uint8_t sensors_two[] = { 0, 1 };
static const uint8_t sensors_four[] = { 0, 1, 3, 4 };

static size_t sensor_list(const struct jk_product *p, const uint8_t **ret_list)
{
	bool four = p->generation == JK02_32S && p->major >= 14;

	*ret_list = four ? sensors_four : sensors_two;
	if (p->generation == JK04)
		return 0;
	return four ? 4 : 2;
}

size_t jk_sensor_at(const struct jk_product *p, size_t cell, size_t n_cells)
{
	const uint8_t *list;
	size_t n = sensor_list(p, &list);

	return n ? list[cell * n / n_cells] : 0;
}

bool jk_has_sensor(const struct jk_product *p, size_t sensor)
{
	const uint8_t *list;
	size_t n = sensor_list(p, &list);

	for (size_t i = 0; i < n; i++)
		if (list[i] == sensor)
			return true;
	return false;
}
