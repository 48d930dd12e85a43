/*
 * The JK-BMS side of the wire: 300-byte frames of three generations, written from the pack model.
 * Every number on the wire is little endian. What each offset means is stated beside the writes.
 *
 *     55 AA EB 90 | type | counter | 293 data bytes | sum
 *     0             4      5         6                299
 *
 * The sum is the low byte of the sum of all bytes before it.
 */
#ifndef HOUSE_JKENC_H
#define HOUSE_JKENC_H

#include "model.h"

#define JK_FRAME_SIZE 300
#define JK_ACK_SIZE   20

enum jk_generation { JK02_32S, JK02_24S, JK04, JK_GENERATION__MAX };

enum jk_frame_type {
	JK_TYPE_SETTINGS = 1,
	JK_TYPE_CELLS = 2,
	JK_TYPE_DEVICE = 3,
	JK_TYPE_LOG = 5,
};

/* One product on the market. */
struct jk_product {
	enum jk_generation generation;
	const char *model, *hw, *sw;
	unsigned major; /* of sw */
	size_t cells_max;
	char layout; /* GATT layout A-D, see gatt.c */
	uint16_t mtu;
	uint16_t chunk;	   /* largest notification it sends */
	uint16_t maker_id; /* company in the advertisement */
};

/* What one device says about itself. */
struct jk_identity {
	const struct jk_product *product;
	uint8_t address[6];
	char name[17];
	char serial[12];       /* 11 characters fill the field on the wire */
	char made[9];	       /* YYMMDD */
	bool default_password; /* the BMS grumbles about it in an alarm bit */
};

extern const char *const jk_generation_names[JK_GENERATION__MAX];

/* -> the n-th product (n counts round) of the generation with room for that many cells, or NULL */
const struct jk_product *jk_product_find(enum jk_generation g, size_t cells, size_t n);
void jk_identity_init(struct jk_identity *id, const struct jk_product *product, uint64_t seed,
		      size_t number);
/* Which of the sensors T1..T5 (from 0) sits at this cell; only those that the wire carries. */
size_t jk_sensor_at(const struct jk_product *p, size_t cell, size_t n_cells);
bool jk_has_sensor(const struct jk_product *p, size_t sensor);

void jk_encode_cells(uint8_t out[static JK_FRAME_SIZE], const struct jk_identity *id,
		     const struct model *m, const struct model_pack *p, uint8_t counter);
void jk_encode_settings(uint8_t out[static JK_FRAME_SIZE], const struct jk_identity *id,
			const struct model_pack *p, uint8_t counter);
void jk_encode_device(uint8_t out[static JK_FRAME_SIZE], const struct jk_identity *id,
		      const struct model_pack *p, uint8_t counter);
void jk_encode_log(uint8_t out[static JK_FRAME_SIZE], const struct model_pack *p, uint8_t counter);
void jk_encode_ack(uint8_t out[static JK_ACK_SIZE]);
/* The 20-byte command a central would send: for captures. */
void jk_encode_command(uint8_t out[static JK_ACK_SIZE], uint8_t command);
/* The alarm word as this generation sends it. */
uint32_t jk_error_bits(const struct jk_identity *id, const struct model_pack *p);
/* Low byte of the sum over n bytes. */
uint8_t jkenc_sum(const uint8_t *p, size_t n);

#endif
