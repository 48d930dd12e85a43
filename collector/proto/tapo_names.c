/* What Tapo's error codes mean, and what to tell people. */
#include "tapo.h"

#include "svitlo/util.h"

/* clang-format off */
static const struct tapo_error errors[] = {
	{      0, TAPO_OK,	    TAPO_OK,	      "done" },
	{   9999, TAPO_SESSION,	    TAPO_SESSION,     "the session has timed out" },
	{   1000, TAPO_FAIL,	    TAPO_FAIL,	      "the plug has no transport" },
	{   1001, TAPO_FAIL,	    TAPO_FAIL,	      "the command was cancelled" },
	{   1002, TAPO_LATER,	    TAPO_LATER,	      "the transport is not available now" },
	{   1003, TAPO_TRANSPORT,   TAPO_TRANSPORT,   "the plug speaks another protocol now" },
	{   1100, TAPO_DOUBT,	    TAPO_AUTH,	      "the handshake failed: check e-mail and password" },
	{   1111, TAPO_AUTH,	    TAPO_AUTH,	      "the login failed: check e-mail and password" },
	{   1112, TAPO_LATER,	    TAPO_LATER,	      "the plug's HTTP failed" },
	{   1200, TAPO_BATCH,	    TAPO_BATCH,	      "the plug takes one request at a time" },
	{  40108, TAPO_LATER,	    TAPO_LATER,	      "the plug took too long" },
	{     -1, TAPO_FAIL,	    TAPO_FAIL,	      "the plug failed and does not say why" },
	{  -1001, TAPO_LATER,	    TAPO_LATER,	      "the plug could not do it now" },
	{  -1002, TAPO_UNSUPPORTED, TAPO_UNSUPPORTED, "this firmware does not know the request" },
	{  -1003, TAPO_BATCH,	    TAPO_BATCH,	      "the plug could not read the request" },
	{  -1004, TAPO_FAIL,	    TAPO_FAIL,	      "the plug could not write its answer" },
	{  -1005, TAPO_DOUBT,	    TAPO_SESSION,     "the plug could not decrypt the request" },
	{  -1006, TAPO_BATCH,	    TAPO_BATCH,	      "the request is too long for the plug" },
	{  -1007, TAPO_FAIL,	    TAPO_FAIL,	      "the plug could not reach its cloud" },
	{  -1008, TAPO_PARAMS,	    TAPO_PARAMS,      "the plug does not take these values" },
	{  -1010, TAPO_TRANSPORT,   TAPO_TRANSPORT,   "the plug does not take our key" },
	{  -1101, TAPO_SESSION,	    TAPO_SESSION,     "the session is not valid" },
	{  -1201, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's set-up failed: finish it in the Tapo app" },
	{  -1301, TAPO_FAIL,	    TAPO_FAIL,	      "the plug reports a fault of its own" },
	{  -1302, TAPO_FAIL,	    TAPO_FAIL,	      "the plug does not know its next event" },
	{  -1401, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's firmware update failed" },
	{  -1402, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's firmware update failed" },
	{  -1501, TAPO_AUTH,	    TAPO_AUTH,	      "e-mail or password is wrong" },
	{  -1601, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's clock is not set" },
	{  -1602, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's clock is not set" },
	{  -1603, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's clock is not set" },
	{  -1701, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's Wi-Fi failed" },
	{  -1702, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's Wi-Fi failed" },
	{  -1801, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's schedule failed" },
	{  -1802, TAPO_CONFLICT,    TAPO_CONFLICT,    "the schedule is full: remove a rule first" },
	{  -1803, TAPO_CONFLICT,    TAPO_CONFLICT,    "another rule of the schedule is in the way" },
	{  -1804, TAPO_FAIL,	    TAPO_FAIL,	      "the plug could not keep the schedule" },
	{  -1805, TAPO_PARAMS,	    TAPO_PARAMS,      "there is no such rule in the schedule" },
	{  -1901, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's countdown failed" },
	{  -1902, TAPO_CONFLICT,    TAPO_CONFLICT,    "the plug has a countdown already: change that one" },
	{  -1903, TAPO_FAIL,	    TAPO_FAIL,	      "the plug could not keep the countdown" },
	{  -2001, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's away mode failed" },
	{  -2002, TAPO_CONFLICT,    TAPO_CONFLICT,    "another rule of the away mode is in the way" },
	{  -2003, TAPO_FAIL,	    TAPO_FAIL,	      "the plug could not keep the away mode" },
	{  -2101, TAPO_LOCKED,	    TAPO_LOCKED,      "the plug is locked after wrong passwords: wait, then check them" },
	{  -2201, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's statistics failed" },
	{  -2202, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's statistics failed" },
	{  -2203, TAPO_DOUBT,	    TAPO_SESSION,     "the password is wrong" },
	{  -2301, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's daylight saving failed" },
	{  -2302, TAPO_FAIL,	    TAPO_FAIL,	      "the plug's daylight saving failed" },
	{  -2402, TAPO_SESSION,	    TAPO_SESSION,     "the plug does not know the session" },
	{ -40101, TAPO_FAIL,	    TAPO_FAIL,	      "the plug reports a fault of its own" },
	{ -40106, TAPO_UNSUPPORTED, TAPO_UNSUPPORTED, "this firmware does not know the request" },
	{ -40109, TAPO_LATER,	    TAPO_LATER,	      "asked twice within a second" },
	{ -40209, TAPO_PARAMS,	    TAPO_PARAMS,      "the plug does not take these values" },
	{ -40210, TAPO_PARAMS,	    TAPO_PARAMS,      "the plug does not take a value of this form" },
	{ -40401, TAPO_SESSION,	    TAPO_SESSION,     "the session has ended" },
	{ -40404, TAPO_LOCKED,	    TAPO_LOCKED,      "the plug is blocked: wait, then try again" },
	{ -40405, TAPO_FAIL,	    TAPO_FAIL,	      "the plug is not set up: do so in the Tapo app" },
	{ -40406, TAPO_FAIL,	    TAPO_FAIL,	      "the plug takes no more of these" },
	{ -40407, TAPO_FAIL,	    TAPO_FAIL,	      "the plug refused" },
	{ -40408, TAPO_LOCKED,	    TAPO_LOCKED,      "the plug is blocked: wait, then try again" },
	{ -40409, TAPO_SESSION,	    TAPO_SESSION,     "the session has ended" },
	{ -40411, TAPO_AUTH,	    TAPO_AUTH,	      "the plug does not know this user" },
	{ -40412, TAPO_AUTH,	    TAPO_AUTH,	      "the login failed: check e-mail and password" },
	{ -40413, TAPO_SESSION,	    TAPO_SESSION,     "the session is out of step" },
	{ -90000, TAPO_AUTH,	    TAPO_AUTH,	      "the account has no password: set one in the Tapo app" },
};

static const struct {
	const char *name, *text;
} failures[TAPO_FAILURE__MAX] = {
	[TAPO_FAILURE_NONE] = { "", "" },
	[TAPO_FAILURE_UNREACHABLE] = { "unreachable",
		"The plug does not answer. Is it plugged in and on this network?" },
	[TAPO_FAILURE_ACCOUNT] = { "wrong_account",
		"The plug belongs to another TP-Link account. Enter that account, or set the plug up "
		"again in the Tapo app." },
	[TAPO_FAILURE_PASSWORD] = { "wrong_password",
		"The plug does not take this e-mail and password. Enter those of the Tapo app; capital "
		"and small letters matter. An account made with Google or Apple needs a password first." },
	[TAPO_FAILURE_THIRD_PARTY] = { "third_party_off",
		"The plug's new firmware blocks local control. In the Tapo app open Me, Third-Party "
		"Services, switch Third-Party Compatibility on, wait a minute and try again." },
	[TAPO_FAILURE_LOCKED] = { "locked",
		"The plug has locked itself after wrong passwords. Wait some hours, then enter the right "
		"one." },
	[TAPO_FAILURE_UNSUPPORTED] = { "not_supported", "This device or its firmware is not supported." },
	[TAPO_FAILURE_BUSY] = { "busy",
		"The plug is busy. Does another program on this network use it too?" },
};
/* clang-format on */

const struct tapo_error *tapo_error_find(int32_t code)
{
	static const struct tapo_error other = { 0, TAPO_FAIL, TAPO_FAIL,
						 "the plug refused for an unknown reason" };

	for (size_t i = 0; i < SV_LEN(errors); i++)
		if (errors[i].code == code)
			return &errors[i];
	return &other;
}

enum tapo_class tapo_http_class(int status)
{
	static const struct {
		int status;
		enum tapo_class class;
	} known[] = {
		{ 200, TAPO_OK },      { 400, TAPO_SESSION },	{ 401, TAPO_SESSION },
		{ 403, TAPO_SESSION }, { 404, TAPO_TRANSPORT }, { 429, TAPO_LATER },
		{ 500, TAPO_PARAMS },  { 503, TAPO_LATER },
	};

	for (size_t i = 0; i < SV_LEN(known); i++)
		if (known[i].status == status)
			return known[i].class;
	return TAPO_FAIL;
}

const char *tapo_failure_name(enum tapo_failure f)
{
	return failures[f].name;
}

const char *tapo_failure_text(enum tapo_failure f)
{
	return failures[f].text;
}

enum tapo_failure tapo_class_failure(enum tapo_class c)
{
	static const enum tapo_failure of[TAPO_CLASS__MAX] = {
		[TAPO_AUTH] = TAPO_FAILURE_PASSWORD,	       [TAPO_DOUBT] = TAPO_FAILURE_PASSWORD,
		[TAPO_UNSUPPORTED] = TAPO_FAILURE_UNSUPPORTED, [TAPO_LATER] = TAPO_FAILURE_BUSY,
		[TAPO_LOCKED] = TAPO_FAILURE_LOCKED,
	};

	return of[c];
}
