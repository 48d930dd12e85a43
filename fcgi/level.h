/* Who may do what. Each level includes those before it; 2 to 4 are stored in user.level. */
#pragma once

enum level {
	LEVEL__UNSET, /* a route that forgot its level doesn't start */
	LEVEL_PUBLIC,
	LEVEL_VIEWER,
	LEVEL_OPERATOR,
	LEVEL_ADMIN,
	LEVEL__MAX
};

const char *level_name(enum level l); /* "viewer"; "" for what isn't a level */
