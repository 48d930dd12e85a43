#include "subjects.h"

#include "kinds.h"
#include "store.h"

#include <stdlib.h>
#include <string.h>

#define SUBJECT_ID_MAX 999999999999999ll

/* 1: it is known; 0: there is none. */
static int device_kind(struct req *q, int64_t id, enum reading_kind *ret, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	const struct kind *k;
	int r = store_stmt(q->store, STORE_DEVICE, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "i", id);
	r = db_step(st, e);
	if (r <= 0)
		return r;
	k = kind_find(db_text(st, STORE_DEVICE_KIND));
	if (!k)
		return 0;
	*ret = kind_reading(k);
	return 1;
}

static int subject_read(struct req *q, const char *word, struct subject *ret, struct err *e)
{
	char *end;

	*ret = (struct subject){ 0 };
	for (int k = 0; k < READING_KIND__MAX; k++)
		if (history_kinds[k].whole && strcmp(word, history_kinds[k].name) == 0) {
			ret->kind = (enum reading_kind)k;
			return 1;
		}
	if (*word < '1' || *word > '9' || strlen(word) > 15)
		return 0;
	ret->id = strtoll(word, &end, 10);
	return *end || ret->id > SUBJECT_ID_MAX ? 0 : device_kind(q, ret->id, &ret->kind, e);
}

static bool subject_among(const struct subject *s, const struct subject *all, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (all[i].id == s->id && all[i].kind == s->kind)
			return true;
	return false;
}

int subjects_read(struct req *q, struct reply *r, const char *list, struct subject *ret,
		  unsigned room, unsigned *ret_n, struct err *e)
{
	char text[HTTP_QUERY_MAX], *rest = text, *word;

	*ret_n = 0;
	if (strlen(list) >= sizeof(text)) /* a query is shorter */
		list = "";
	memcpy(text, list, strlen(list) + 1);
	while ((word = strsep(&rest, ","))) {
		struct subject s;
		int rc = subject_read(q, word, &s, e);

		if (rc < 0)
			return rc;
		if (rc == 0) {
			reply_problem(r, 404, "not_found", "device: there is no \"%.40s\"", word);
			return 0;
		}
		if (subject_among(&s, ret, *ret_n))
			continue;
		if (*ret_n == room) {
			reply_problem(r, 400, "bad_parameter", "device must name at most %u", room);
			return 0;
		}
		ret[(*ret_n)++] = s;
	}
	return 1;
}

void subject_write(struct jw *w, const struct subject *s)
{
	if (history_kinds[s->kind].whole)
		jw_str(w, history_kinds[s->kind].name);
	else
		jw_int(w, s->id);
}
