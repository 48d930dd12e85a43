/* Any bytes as a sealed secret, as a key file and as a public key. */
#include "svitlo/seal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const uint8_t file[SEAL_FILE_LEN] = {
	0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51,
	0xb2, 0x66, 0x45, 0xc6, 0xc2, 0xf6, 0xf1, 0x2d, 0x9e, 0x2b, 0x9f, 0x0a, 0x0b,
	0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x91, 0x0f, 0x98, 0x79, 0x3d, 0x67, 0xde,
	0xee, 0xb0, 0x1b, 0xe1, 0x7d, 0x64, 0xf9, 0x98, 0x8a, 0x0e, 0x28, 0x2c, 0xbe,
	0xac, 0x9e, 0xa1, 0x02, 0x41, 0x08, 0x6a, 0x8e, 0xfc, 0x43, 0xd6, 0x34
};

static void fuzz_public(const uint8_t *data, size_t size)
{
	uint8_t blob[SEAL_BLOB_MAX];
	char text[SEAL_PUBLIC_MAX + 8];
	struct err e = { 0 };
	int r;

	if (size >= sizeof(text))
		return;
	memcpy(text, data, size);
	text[size] = 0;
	r = seal_put(blob, text, "device:7:pin", "1234", 4, &e);
	assert(r == 4 + SEAL_OVERHEAD || (e.code == r && e.text[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char plain[SEAL_PLAIN_MAX + 1];
	struct seal_key k, other;
	struct err e = { 0 };
	int r = seal_key_parse(&k, file, sizeof(file), &e);

	assert(r == 0);
	r = seal_open(plain, &k, "device:7:pin", data, size, &e);
	assert(r >= 0 ? (size_t)r + SEAL_OVERHEAD == size && plain[r] == 0
		      : r == -EBADMSG && e.code == r && e.text[0]);
	r = seal_key_parse(&other, data, size, &e);
	assert(r == 0 ? size == SEAL_FILE_LEN : r == -EBADMSG && e.text[0]);
	fuzz_public(data, size);
	return 0;
}
