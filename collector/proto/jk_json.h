/*
 * Frames as members of a JSON object that the caller has opened and closes: the keys of
 * `svitlo decode`, of the API's documents, and of the captures' expected values.
 */
#pragma once

#include "proto/jk.h"

struct jw;

void jk_json_cell_info(struct jw *w, const struct jk_cell_info *c);
void jk_json_settings(struct jw *w, enum jk_protocol p, const uint8_t frame[JK_FRAME_LEN]);
/* with_secrets: says whether the passcodes are set ("***" or ""); else their keys are left out.
 * The passcodes themselves are never written. */
void jk_json_device_info(struct jw *w, enum jk_protocol p, const uint8_t frame[JK_FRAME_LEN],
			 bool with_secrets);
void jk_json_logbook(struct jw *w, const uint8_t frame[JK_FRAME_LEN]);
