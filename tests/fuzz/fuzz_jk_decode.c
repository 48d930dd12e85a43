/* Any content in a frame: detection, decoding as each generation, JSON. The first byte steers. */
#include "proto/jk_json.h"
#include "svitlo/jw.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t head[] = { 0x55, 0xAA, 0xEB, 0x90 };
	uint8_t frame[JK_FRAME_LEN] = { 0 };
	struct jk_cell_info a, b;
	struct jk_detect d = { 0 };
	struct jw w = { 0 };

	memcpy(frame, data, size < sizeof(frame) ? size : sizeof(frame));
	memcpy(frame, head, sizeof(head));
	assert(jk_detect(&d, frame) < JK_PROTOCOL__MAX);
	for (enum jk_protocol p = JK_UNKNOWN; p < JK_PROTOCOL__MAX; p++) {
		jk_decode_cell_info(p, frame, &a);
		jk_decode_cell_info_of(p, 14, frame, &b);
		jk_check_jump(&a, &b, 1000);
		jw_reset(&w);
		jw_obj(&w);
		jk_json_cell_info(&w, &b);
		jk_json_settings(&w, p, frame);
		jk_json_device_info(&w, p, frame, true);
		jk_json_logbook(&w, frame);
		jw_end(&w);
		assert(jw_text(&w));
	}
	jw_free(&w);
	return 0;
}
