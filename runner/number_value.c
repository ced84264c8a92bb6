#include "runner/number_value.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decimal number without sign, exponent, or hexadecimal: strtod() alone takes "nan", "0x1p3" and " 5". Returns what
 * follows it, or NULL. */
static const char *decimal(const char *text, double *value)
{
    const char *c = text;
    size_t digits = 0;
    for (; isdigit((unsigned char)*c); c++) {
        digits++;
    }
    if (*c == '.' && isdigit((unsigned char)c[1])) {
        for (c++; isdigit((unsigned char)*c); c++) {
            digits++;
        }
    }
    if (digits == 0 || digits > 40) {
        return NULL;
    }
    char number[48];
    snprintf(number, sizeof number, "%.*s", (int)(c - text), text);
    *value = strtod(number, NULL);
    return c;
}

/* The factor of an SI suffix at `*text`, which is moved behind it. */
static double si_factor(const char **text)
{
    double factor = **text == 'k' ? 1e3 : **text == 'M' ? 1e6 : **text == 'G' ? 1e9 : 1;
    *text += factor > 1;
    return factor;
}

/* A bound of a count as people write it. */
static void bound_text(double bound, char text[32])
{
    snprintf(text, 32, bound > 1e15 ? "%.2g" : "%.15g", bound);
}

static bool count_error(double least, double most, struct error *error)
{
    char low[32];
    char high[32];
    bound_text(least, low);
    bound_text(most, high);
    return error_set(error, "a whole number from %s to %s is allowed, such as 10 or 10k", low, high);
}

bool count_parse(const char *text, double least, double most, uint64_t *value, struct error *error)
{
    uint64_t whole = 0;
    const char *c = text;
    *value = 0;
    for (; isdigit((unsigned char)*c); c++) {
        uint64_t digit = (uint64_t)(*c - '0');
        if (whole > (UINT64_MAX - digit) / 10) {
            return count_error(least, most, error);
        }
        whole = whole * 10 + digit;
    }
    if (c != text && *c == '\0') { /* exact, also where a double is not */
        *value = whole;
        return ((double)whole >= least && (double)whole <= most) || count_error(least, most, error);
    }
    double real;
    const char *end = decimal(text, &real);
    if (end != NULL) {
        real *= si_factor(&end);
    }
    if (end == NULL || *end != '\0' || real != floor(real) || real < least || real > most) {
        return count_error(least, most, error);
    }
    *value = (uint64_t)real;
    return true;
}

/* To 15 significant digits, which every decimal text of a double keeps: what is written reads back the same. */
static double to_15_digits(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.15g", value);
    return strtod(text, NULL);
}

bool share_parse(const char *text, double *value, struct error *error)
{
    const char *end = decimal(text, value);
    bool percent = end != NULL && *end == '%';
    if (percent) {
        *value /= 100;
        end++;
    }
    if (end == NULL || *end != '\0' || !(*value >= 0 && *value <= 1)) {
        return error_set(error, "a share from 0 to 1 is allowed, such as 0.05 or 5%%");
    }
    *value = to_15_digits(*value);
    return true;
}

bool number_parse(const char *text, const char *suffix, double least, double most, double *value, struct error *error)
{
    const char *end = decimal(text, value);
    if (end != NULL) {
        *value *= si_factor(&end);
        if (suffix != NULL && strcmp(end, suffix) == 0) {
            end += strlen(suffix);
        }
    }
    if (end == NULL || *end != '\0' || !(*value >= least && *value <= most)) {
        return error_set(error, "a number from %.15g to %.15g is allowed, such as 1.5 or 10k", least, most);
    }
    *value = to_15_digits(*value);
    return true;
}

void real_text(double value, char text[32])
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        if (strtod(text, NULL) == value) { /* the shortest that reads back */
            break;
        }
    }
    if (strchr(text, 'e') != NULL) { /* decimal() takes no exponents */
        snprintf(text, 32, "%.*f", value < 1 ? 20 : 0, value);
    }
}
