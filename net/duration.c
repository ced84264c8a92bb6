#include "net/duration.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Products of a decimal fraction and a unit do not fit 64 bits. */
__extension__ typedef unsigned __int128 wide_uint;

struct unit {
    const char *name;
    uint64_t ns;
};

/* Largest first: duration_text() prefers the larger of two equally short texts. */
static const struct unit units[] = {
    {"h", UINT64_C(3600000000000)}, {"m", UINT64_C(60000000000)}, {"s", UINT64_C(1000000000)},
    {"ms", UINT64_C(1000000)},      {"us", UINT64_C(1000)},       {"ns", 1},
};
#define UNIT_COUNT (sizeof units / sizeof units[0])

/* Digits after the point beyond which only zeros may follow; hours need 13 to reach a nanosecond. */
#define FRACTION_DIGITS 18

struct decimal {
    uint64_t whole;
    uint64_t fraction, scale; /* the fractional part is fraction / scale */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads the digits at *text and moves it past them. False when the number does not fit. */
static bool read_decimal(const char **text, struct decimal *number)
{
    const char *at = *text;
    *number = (struct decimal){.scale = 1};
    for (; is_digit(*at); at++) {
        if (__builtin_mul_overflow(number->whole, UINT64_C(10), &number->whole) ||
            __builtin_add_overflow(number->whole, (uint64_t)(*at - '0'), &number->whole)) {
            return false;
        }
    }
    if (*at == '.' && is_digit(at[1])) {
        unsigned digits = 0;
        for (at++; is_digit(*at); at++) {
            if (digits < FRACTION_DIGITS) {
                number->fraction = number->fraction * 10 + (uint64_t)(*at - '0');
                number->scale *= 10;
                digits++;
            } else if (*at != '0') {
                return false;
            }
        }
    }
    *text = at;
    return true;
}

static const struct unit *find_unit(const char *name)
{
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (strcmp(name, units[i].name) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

static bool to_ns(const struct decimal *number, const struct unit *unit, uint64_t *ns)
{
    wide_uint fraction = (wide_uint)number->fraction * unit->ns;
    if (fraction % number->scale != 0) {
        return false;
    }
    wide_uint total = (wide_uint)number->whole * unit->ns + fraction / number->scale;
    if (total >= TIME_NEVER_NS) {
        return false;
    }
    *ns = (uint64_t)total;
    return true;
}

bool duration_parse(const char *text, uint64_t *ns, struct error *error)
{
    static const char allowed[] = "a time is a number and a unit: ns, us, ms, s, m or h, as in 500us, 10ms, 1.5s";
    const char *at = text;
    struct decimal number;
    if (!is_digit(*at)) {
        return error_set(error, "'%.80s' is not a time; %s", text, allowed);
    }
    if (!read_decimal(&at, &number)) {
        return error_set(error, "'%.80s' is too long or too precise a number; %s", text, allowed);
    }
    if (*at == '\0') {
        if (number.whole != 0 || number.fraction != 0) {
            return error_set(error, "'%.80s' has no unit; %s", text, allowed);
        }
        *ns = 0;
        return true;
    }
    const struct unit *unit = find_unit(at);
    if (unit == NULL) {
        return error_set(error, "'%.80s' has no unit that is known ('%.40s'); %s", text, at, allowed);
    }
    if (!to_ns(&number, unit, ns)) {
        return error_set(error, "'%.80s' is not a whole number of nanoseconds below 2^64 - 1", text);
    }
    return true;
}

/* The exact decimal of `ns` in `unit`, or false if it has none. */
static bool text_in_unit(uint64_t ns, const struct unit *unit, char *text, size_t size)
{
    uint64_t whole = ns / unit->ns;
    uint64_t rest = ns % unit->ns;
    int length = snprintf(text, size, "%" PRIu64 "%s", whole, rest == 0 ? "" : ".");
    for (unsigned digits = 0; rest != 0; digits++) {
        if (digits == FRACTION_DIGITS) {
            return false;
        }
        rest *= 10; /* at most 3.6e13: an hour's remainder times ten */
        length += snprintf(text + length, size - (size_t)length, "%u", (unsigned)(rest / unit->ns));
        rest %= unit->ns;
    }
    snprintf(text + length, size - (size_t)length, "%s", unit->name);
    return true;
}

void duration_text(uint64_t ns, char *text, size_t size)
{
    char best[64] = "0";
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        char candidate[64];
        if (ns >= units[i].ns && text_in_unit(ns, &units[i], candidate, sizeof candidate) &&
            (best[1] == '\0' || strlen(candidate) < strlen(best))) {
            strcpy(best, candidate);
        }
    }
    assert(strlen(best) < size);
    strcpy(text, best);
}
