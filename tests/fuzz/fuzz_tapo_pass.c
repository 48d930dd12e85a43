/* Any text as what securePassthrough answers; what is sealed opens. */
#include "proto/tapo_pass.h"

#include <assert.h>
#include <string.h>

#define ROOM 131072

/* The answer to a request with the same JSON in it. */
static void and_back(const struct tapo_pass *s, const uint8_t *data, size_t size)
{
	static char request[ROOM], answer[ROOM], text[ROOM];
	static const char before[] = "{\"error_code\":0,\"result\":{\"response\":";
	const char *value;
	int32_t code;
	int r;

	if (TAPO_PASS_BODY(size) > 60000)
		return;
	r = tapo_pass_seal(s, (const char *)data, size, request, TAPO_PASS_BODY(size), NULL);
	assert(r == (int)strlen(request));
	value = strstr(request, "\"request\":") + 10;
	memcpy(answer, before, sizeof(before));
	memcpy(answer + sizeof(before) - 1, value, strlen(value) + 1);
	r = tapo_pass_open(s, answer, strlen(answer), text, strlen(answer), &code, NULL);
	assert(r == (int)size && memcmp(text, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[ROOM];
	static EVP_PKEY *key;
	struct tapo_pass s = { .key = "key", .iv = "iv" };
	int32_t code = 0;
	int r;

	if (!key)
		assert(tapo_rsa_make(&key, 1024, NULL) == 0);
	r = tapo_pass_open(&s, (const char *)data, size, text, sizeof(text), &code, NULL);
	assert(r < 0 || ((size_t)r < size && text[r] == 0));
	if (tapo_pass_token(&s, (const char *)data, size, &code, NULL) == 0)
		assert(s.token[0] && !strpbrk(s.token, "&?#/ \r\n"));
	and_back(&s, data, size);
	(void)tapo_pass_make(&s, key, (const char *)data, size, &code, NULL);
	return 0;
}
