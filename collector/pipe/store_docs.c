/* What devices say of themselves, and what stays of those that were removed. */
#include "store_priv.h"

#include <stdlib.h>
#include <string.h>

static char *store_doc_read(sqlite3_stmt *st, int64_t device, const char *kind)
{
	char *body = NULL;

	db_bind(st, "is", device, kind);
	if (db_step(st, NULL) > 0) {
		body = strdup(db_text(st, 0));
		db_reset(st);
	}
	return body;
}

void store_doc(struct store *s, int64_t device, const char *kind, const char *json, int64_t wall_ms)
{
	SV_AUTO_FREE char *old = store_doc_read(s->st[ST_DOC_GET], device, kind);
	struct err e = { 0 };

	db_bind(s->st[ST_DOC], "isis", device, kind, wall_ms, json);
	if (db_run(s->st[ST_DOC], &e) < 0)
		store_failed(&s->live_failed, "live.db", &e);
	if (!old || strcmp(old, json) != 0)
		s->seq++;
}

char *store_doc_get(struct store *s, int64_t device, const char *kind)
{
	char *body = store_doc_read(s->st[ST_DOC_GET], device, kind);

	return body ? body : store_doc_read(s->st[ST_DOC_MAIN], device, kind);
}

void store_forget(struct store *s, int64_t device)
{
	struct err e = { 0 };

	for (struct store_device **p = &s->devices; *p; p = &(*p)->next)
		if ((*p)->id == device) {
			struct store_device *d = *p;

			*p = d->next;
			if (d->row_dirty)
				store_row_write(s, d, ROW_PUT, NULL);
			free(d);
			break;
		}
	db_bind(s->st[ST_FORGET_LIVE], "i", device);
	db_run(s->st[ST_FORGET_LIVE], NULL);
	db_bind(s->st[ST_FORGET_DOC], "i", device);
	db_run(s->st[ST_FORGET_DOC], NULL);
	db_bind(s->st[ST_FORGET_DOC_MAIN], "i", device);
	if (db_run(s->st[ST_FORGET_DOC_MAIN], &e) < 0)
		store_failed(&s->history_failed, "history.db", &e);
	s->seq++;
}

void store_keep(struct store *s, const int64_t *devices, size_t n)
{
	SV_AUTO_FREE int64_t *gone = NULL;
	size_t n_gone = 0, room = 0;

	while (db_step(s->st[ST_KNOWN], NULL) > 0) {
		int64_t id = sqlite3_column_int64(s->st[ST_KNOWN], 0);
		bool kept = false;

		for (size_t i = 0; i < n; i++)
			kept = kept || devices[i] == id;
		if (kept)
			continue;
		if (n_gone == room) {
			int64_t *more = reallocarray(gone, room = 2 * room + 64, sizeof(*gone));

			if (!more) {
				db_reset(s->st[ST_KNOWN]);
				break; /* the next start forgets the others */
			}
			gone = more;
		}
		gone[n_gone++] = id;
	}
	for (size_t i = 0; i < n_gone; i++)
		store_forget(s, gone[i]);
}
