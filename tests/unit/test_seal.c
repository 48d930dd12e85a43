/* Secrets: sealed by anybody, opened by one, and never in another's place. */
#include "svitlo/seal.h"

#include "svitlo/util.h"
/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTEXT "device:7:pin"

/* The pair of the fuzz target too; the blob was sealed by Node's crypto, not by this code. */
static const uint8_t file[SEAL_FILE_LEN] = {
	0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51,
	0xb2, 0x66, 0x45, 0xc6, 0xc2, 0xf6, 0xf1, 0x2d, 0x9e, 0x2b, 0x9f, 0x0a, 0x0b,
	0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x91, 0x0f, 0x98, 0x79, 0x3d, 0x67, 0xde,
	0xee, 0xb0, 0x1b, 0xe1, 0x7d, 0x64, 0xf9, 0x98, 0x8a, 0x0e, 0x28, 0x2c, 0xbe,
	0xac, 0x9e, 0xa1, 0x02, 0x41, 0x08, 0x6a, 0x8e, 0xfc, 0x43, 0xd6, 0x34
};
static const uint8_t known[] = { 0x01, 0x13, 0x2c, 0x44, 0x2b, 0xe0, 0x10, 0xfb, 0xd5, 0x7e, 0x72,
				 0x60, 0x33, 0x28, 0xaa, 0x76, 0xe7, 0x1f, 0xcc, 0xc1, 0x50, 0x3a,
				 0xae, 0x21, 0x93, 0x27, 0xd1, 0x4d, 0x9c, 0x99, 0x93, 0xf4, 0x72,
				 0xba, 0xa2, 0x5c, 0x1f, 0x25, 0x6a, 0x6f, 0x93, 0xb2, 0xdf, 0x6e,
				 0xea, 0x58, 0xf1, 0xf8, 0x21, 0xa8, 0xee, 0xde, 0xb4, 0x58, 0x5e };

static char dir[64], path[96];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/svitlo-seal-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/%s", dir, SEAL_FILE_NAME);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (unlink(path) < 0)
		rmdir(path);
	return rmdir(dir);
}

static void key_file(const void *bytes, size_t n, mode_t mode)
{
	SV_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, bytes, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
}

static void test_key(void **state)
{
	struct seal_key a, b;
	struct err e = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(seal_key_load(&a, dir, &e), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, SEAL_FILE_LEN);
	assert_int_equal(seal_key_load(&b, dir, &e), 0); /* the same one again */
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(strlen(a.public_text), 64);
	unlink(path);
	assert_int_equal(seal_key_load(&b, dir, &e), 0);
	assert_string_not_equal(a.public_text, b.public_text);
	seal_key_wipe(&b);
	for (size_t i = 0; i < sizeof(b); i++)
		assert_int_equal(((uint8_t *)&b)[i], 0);
}

static void test_key_refused(void **state)
{
	uint8_t bad[SEAL_FILE_LEN + 1];
	const struct {
		const void *bytes;
		size_t n;
		mode_t mode;
		int code;
		const char *says;
	} rows[] = {
		{ file, SEAL_FILE_LEN, 0600, 0, "" },
		{ file, SEAL_FILE_LEN, 0400, 0, "" },
		{ file, SEAL_FILE_LEN, 0640, -EPERM, "chmod 600" },
		{ file, SEAL_FILE_LEN, 0602, -EPERM, "(mode 602)" },
		{ file, SEAL_FILE_LEN - 1, 0600, -EBADMSG, "has 64 bytes, this has 63" },
		{ file, 0, 0600, -EBADMSG, "this has 0" },
		{ bad, SEAL_FILE_LEN + 1, 0600, -EBADMSG, "this has 65" },
		{ bad, SEAL_FILE_LEN, 0600, -EBADMSG, "do not belong together" },
	};
	struct seal_key k;

	(void)state;
	memcpy(bad, file, SEAL_FILE_LEN);
	bad[SEAL_FILE_LEN] = 0;
	bad[3] ^= 1;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct err e = { 0 };

		key_file(rows[i].bytes, rows[i].n, rows[i].mode);
		if (seal_key_load(&k, dir, &e) != rows[i].code || !strstr(e.text, rows[i].says))
			fail_msg("row %zu: %d %s", i, e.code, e.text);
		assert_true(!rows[i].code || strstr(e.text, path));
	}
}

/* What lies there is not a file, or nothing can be put there. */
static void test_key_place(void **state)
{
	struct seal_key k;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(seal_key_load(&k, dir, &e), -EACCES);
	rmdir(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(seal_key_load(&k, dir, &e), -EACCES);
	unlink(path);
	assert_int_equal(seal_key_load(&k, "/tmp/svitlo-nowhere", &e), -ENOENT);
	assert_non_null(strstr(e.text, "does the folder exist"));
	if (geteuid() != 0) {
		key_file(file, sizeof(file), 0);
		assert_int_equal(seal_key_load(&k, dir, &e), -EACCES);
		assert_non_null(strstr(e.text, "must belong to"));
	} else { /* root reads everything */
		key_file(file, sizeof(file), 0600);
		assert_int_equal(seal_key_load(&k, dir, &e), 0);
	}
	assert_int_equal(access(path, F_OK), 0);
}

static void test_known(void **state)
{
	char plain[SEAL_PLAIN_MAX + 1];
	struct seal_key k;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(seal_key_parse(&k, file, sizeof(file), &e), 0);
	assert_int_equal(seal_open(plain, &k, CONTEXT, known, sizeof(known), &e), 6);
	assert_string_equal(plain, "123456");
}

static void test_round(void **state)
{
	static const size_t sizes[] = { 1, 4, 16, SEAL_PLAIN_MAX };
	char in[SEAL_PLAIN_MAX], out[SEAL_PLAIN_MAX + 1];
	uint8_t blob[SEAL_BLOB_MAX], other[SEAL_BLOB_MAX];
	struct seal_key k;
	struct err e = { 0 };

	(void)state;
	memset(in, 'x', sizeof(in));
	assert_int_equal(seal_key_parse(&k, file, sizeof(file), &e), 0);
	for (size_t i = 0; i < SV_LEN(sizes); i++) {
		int n = seal_put(blob, k.public_text, CONTEXT, in, sizes[i], &e);

		assert_int_equal(n, sizes[i] + SEAL_OVERHEAD);
		assert_null(memmem(blob, (size_t)n, "xxxx", 4));
		assert_int_equal(seal_put(other, k.public_text, CONTEXT, in, sizes[i], &e), n);
		assert_memory_not_equal(blob, other, (size_t)n); /* each has a key of its own */
		assert_int_equal(seal_open(out, &k, CONTEXT, blob, (size_t)n, &e), sizes[i]);
		assert_memory_equal(in, out, sizes[i]);
		assert_int_equal(out[sizes[i]], 0);
	}
}

static void test_put_refused(void **state)
{
	static const char *const publics[] = {
		"",
		"00",
		"zz07076d0a7318a57d3c16c17251b26645c6c2f6f12d9e2b9f0a0b0c0d0e0f10",
		"8520F0098930A754748B7DDCB43EF75A0DBF3A0D26381AF4EBA4A98EAA9B4E6A",
	};
	uint8_t blob[SEAL_BLOB_MAX];
	char in[SEAL_PLAIN_MAX + 1] = "1234", zero[SEAL_PUBLIC_MAX];
	struct seal_key k;
	struct err e;

	(void)state;
	for (size_t i = 0; i < SV_LEN(publics); i++) {
		assert_int_equal(seal_put(blob, publics[i], CONTEXT, in, 4, &e), -EINVAL);
		assert_non_null(strstr(e.text, SEAL_PUBLIC_NAME));
	}
	assert_int_equal(seal_key_parse(&k, file, sizeof(file), &e), 0);
	assert_int_equal(seal_put(blob, k.public_text, CONTEXT, in, 0, &e), -EINVAL);
	assert_int_equal(seal_put(blob, k.public_text, CONTEXT, in, sizeof(in), &e), -EINVAL);
	/* a point of low order would seal with a secret that everybody knows */
	memset(zero, '0', sizeof(zero) - 1);
	zero[sizeof(zero) - 1] = 0;
	assert_int_equal(seal_put(blob, zero, CONTEXT, in, 4, &e), -EIO);
}

/* Every bit of it matters (X25519 ignores one of the ephemeral key, the salt doesn't), and so do
 * its length, its context and the key. */
static void test_damaged(void **state)
{
	char out[SEAL_PLAIN_MAX + 1];
	uint8_t blob[sizeof(known) + 1] = { 0 };
	struct seal_key k, stranger;
	struct err e;

	(void)state;
	assert_int_equal(seal_key_parse(&k, file, sizeof(file), &e), 0);
	for (size_t i = 0; i < 8 * sizeof(known); i++) {
		memcpy(blob, known, sizeof(known));
		blob[i / 8] ^= (uint8_t)(1 << i % 8);
		e.text[0] = 0;
		assert_int_equal(seal_open(out, &k, CONTEXT, blob, sizeof(known), &e), -EBADMSG);
		assert_non_null(strstr(e.text, "enter it again"));
	}
	for (size_t n = 0; n < sizeof(known); n++)
		assert_int_equal(seal_open(out, &k, CONTEXT, known, n, &e), -EBADMSG);
	memcpy(blob, known, sizeof(known));
	assert_int_equal(seal_open(out, &k, CONTEXT, blob, sizeof(blob), &e), -EBADMSG);
	assert_int_equal(seal_open(out, &k, "device:8:pin", known, sizeof(known), &e), -EBADMSG);
	assert_int_equal(seal_open(out, &k, "", known, sizeof(known), &e), -EBADMSG);
	assert_int_equal(seal_key_load(&stranger, dir, &e), 0);
	assert_int_equal(seal_open(out, &stranger, CONTEXT, known, sizeof(known), &e), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_key_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_key_place, setup, teardown),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_put_refused),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
