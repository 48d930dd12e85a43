#include "claim.h"

#include "svitlo/crypto.h"
#include "svitlo/log.h"

#include <string.h>

int claim_offer(sqlite3 *config, int64_t wall_ms, struct err *e)
{
	SV_AUTO_STMT sqlite3_stmt *users = NULL, *put = NULL;
	char code[CRYPTO_CODE_MAX], bare[CRYPTO_CODE_MAX];
	uint8_t digest[CRYPTO_SHA256_LEN];
	size_t n = 0;
	int r;

	r = db_prepare(config, &users, "SELECT 1 FROM user LIMIT 1", e);
	if (r == 0)
		r = db_step(users, e);
	if (r != 0)
		return r < 0 ? r : 0;
	r = crypto_code(code, e);
	if (r < 0)
		return r;
	for (const char *c = code; *c; c++)
		if (*c != '-')
			bare[n++] = *c;
	r = crypto_sha256(digest, bare, n, e);
	if (r == 0)
		r = db_prepare(config, &put, "INSERT OR REPLACE INTO claim VALUES (1, ?1, ?2, 0)",
			       e);
	if (r < 0)
		return r;
	db_bind(put, "bi", (const void *)digest, sizeof(digest), wall_ms);
	r = db_run(put, e);
	if (r >= 0)
		log_notice("claim code: %s  (enter it on the page to set your password)", code);
	return r < 0 ? r : 0;
}
