#include "runner/network_value.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/latency.h"

static const struct {
    const char *name;
    uint64_t bits;
} units[] = {
    {"Tbit", 1000000000000}, {"Gbit", 1000000000}, {"Mbit", 1000000}, {"kbit", 1000}, {"bit", 1},
};
#define UNITS (sizeof units / sizeof *units)

static bool rate_error(double least, double most, struct error *error)
{
    char low[RATE_TEXT_SIZE];
    char high[RATE_TEXT_SIZE];
    rate_text((uint64_t)least, low);
    rate_text((uint64_t)most, high);
    return error_set(
        error,
        "a rate in bits a second with its unit (bit, kbit, Mbit, Gbit, Tbit) from %s to %s is allowed, such "
        "as 100Mbit or 1.5Gbit, or unlimited",
        low, high);
}

/* The bits of the unit that `text` is, perhaps with "/s"; 0 if it is none. */
static uint64_t unit_bits(const char *text)
{
    size_t length = strlen(text);
    if (length > 2 && strcmp(text + length - 2, "/s") == 0) {
        length -= 2;
    }
    for (size_t i = 0; i < UNITS; i++) {
        if (strlen(units[i].name) == length && strncmp(text, units[i].name, length) == 0) {
            return units[i].bits;
        }
    }
    return 0;
}

bool rate_parse(const char *text, double least, double most, uint64_t *rate, struct error *error)
{
    char *end;
    size_t digits = strspn(text, "0123456789.");
    uint64_t bits = unit_bits(text + digits);
    double number = isdigit((unsigned char)text[0]) && digits < 30 ? strtod(text, &end) : -1;
    if (bits == 0 || number < 0 || end != text + digits || text[digits - 1] == '.') {
        return rate_error(least, most, error);
    }
    double exact = number * (double)bits;
    if (!(exact >= least && exact <= most) || fabs(exact - round(exact)) > 1e-3) {
        return rate_error(least, most, error);
    }
    *rate = (uint64_t)llround(exact);
    return true;
}

void rate_text(uint64_t rate, char text[RATE_TEXT_SIZE])
{
    size_t unit = 0;
    while (unit + 1 < UNITS && (rate < units[unit].bits || rate % units[unit].bits != 0)) {
        unit++;
    }
    snprintf(text, RATE_TEXT_SIZE, "%llu%s", (unsigned long long)(rate / units[unit].bits), units[unit].name);
}

bool matrix_name_parse(const char *text, char *name, size_t size, struct error *error)
{
    if (strlen(text) >= size || text[0] == '\0' || strpbrk(text, ";\n\r") != NULL) {
        return error_set(error, "the path of a file or the name of a built-in matrix is allowed, up to %zu bytes",
                         size - 1);
    }
    snprintf(name, size, "%s", strcmp(text, "none") == 0 ? "" : text);
    return true;
}

bool region_parse(const char *text, char *name, size_t size, struct error *error)
{
    assert(size >= LATENCY_NAME_SIZE);
    if (!latency_name_is_good(text)) {
        return error_set(error, "the name of a region of --latency-matrix is allowed");
    }
    snprintf(name, size, "%s", text);
    return true;
}

bool regions_next(const char **names, char *name, size_t size)
{
    size_t length = strcspn(*names, ",");
    if (length == 0) {
        return false;
    }
    snprintf(name, size, "%.*s", (int)length, *names);
    *names += length + ((*names)[length] == ',');
    return true;
}

static bool names_already(const char *names, const char *wanted)
{
    char name[LATENCY_NAME_SIZE];
    while (regions_next(&names, name, sizeof name)) {
        if (strcmp(name, wanted) == 0) {
            return true;
        }
    }
    return false;
}

bool regions_parse(const char *text, char *names, size_t size, struct error *error)
{
    size_t used = 0;
    names[0] = '\0';
    for (uint32_t count = 0;; count++) {
        char name[LATENCY_NAME_SIZE];
        text += strspn(text, " ");
        size_t length = strcspn(text, ",");
        const char *end = text + length;
        while (length > 0 && text[length - 1] == ' ') {
            length--;
        }
        snprintf(name, sizeof name, "%.*s", (int)length, text);
        if (length >= sizeof name || !latency_name_is_good(name)) {
            return error_set(error, "names of regions of --latency-matrix, separated by commas, are allowed");
        }
        if (names_already(names, name)) {
            return error_set(error, "region '%s' is named twice", name);
        }
        if (count == LATENCY_MOST_USED || used + length + 2 > size) {
            return error_set(error, "at most %d regions are allowed", LATENCY_MOST_USED);
        }
        used += (size_t)snprintf(names + used, size - used, "%s%s", count == 0 ? "" : ",", name);
        if (*end == '\0') {
            return true;
        }
        text = end + 1;
    }
}
