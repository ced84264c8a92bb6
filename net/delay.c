#include "net/delay.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide_uint;

enum parameter { PARAMETER_NONE, PARAMETER_TIME, PARAMETER_NUMBER };

/* What each distribution is called and takes, in the order of enum delay_kind. */
struct form {
    const char *name;
    const char *separator; /* between its two parameters */
    enum parameter a, b;
    const char *example;
};

static const struct form forms[] = {
    [DELAY_NONE] = {"none", NULL, PARAMETER_NONE, PARAMETER_NONE, "none"},
    [DELAY_FIXED] = {"fixed", NULL, PARAMETER_TIME, PARAMETER_NONE, "fixed:10ms"},
    [DELAY_UNIFORM] = {"uniform", "..", PARAMETER_TIME, PARAMETER_TIME, "uniform:5ms..35ms"},
    [DELAY_NORMAL] = {"normal", ",", PARAMETER_TIME, PARAMETER_TIME, "normal:250ms,50ms"},
    [DELAY_EXPONENTIAL] = {"exponential", NULL, PARAMETER_TIME, PARAMETER_NONE, "exponential:10ms"},
    [DELAY_LOGNORMAL] = {"lognormal", ",", PARAMETER_TIME, PARAMETER_NUMBER, "lognormal:10ms,0.5"},
    [DELAY_PARETO] = {"pareto", ",", PARAMETER_TIME, PARAMETER_NUMBER, "pareto:5ms,2.5"},
};
#define FORM_COUNT (sizeof forms / sizeof forms[0])

static const char allowed[] = "none, fixed:10ms, uniform:5ms..35ms, normal:250ms,50ms, exponential:10ms, "
                              "lognormal:10ms,0.5 (median, sigma) or pareto:5ms,2.5 (least, alpha)";

static bool parse_time(const char *text, double *value, struct error *error)
{
    uint64_t ns;
    if (!duration_parse(text, &ns, error)) {
        return false;
    }
    if (ns > DELAY_MOST_NS) {
        return error_set(error, "'%.80s' is too long a delay; at most 1000h", text);
    }
    *value = (double)ns;
    return true;
}

static bool parse_number(const char *text, double *value, struct error *error)
{
    /* strtod() alone would let through spaces, signs, hexadecimal, nan and inf. */
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9' || strspn(text, "0123456789.eE+-") != strlen(text)) {
        return error_set(error, "'%.80s' is not a positive decimal number such as 0.5", text);
    }
    *value = strtod(text, &end);
    if (*end != '\0' || !isfinite(*value)) {
        return error_set(error, "'%.80s' is not a positive decimal number such as 0.5", text);
    }
    return true;
}

static bool parse_parameter(enum parameter kind, const char *text, double *value, struct error *error)
{
    switch (kind) {
    case PARAMETER_TIME:
        return parse_time(text, value, error);
    case PARAMETER_NUMBER:
        return parse_number(text, value, error);
    case PARAMETER_NONE:
        break;
    }
    *value = 0.0;
    return true;
}

/* Cuts "a SEPARATOR b" in two, in place. `rest` holds what follows the name's colon, or NULL if there was none. */
static bool split_parameters(const struct form *form, char *rest, char **first, char **second)
{
    if (form->a == PARAMETER_NONE) {
        return rest == NULL;
    }
    if (rest == NULL) {
        return false;
    }
    *first = rest;
    if (form->b != PARAMETER_NONE) {
        char *separator = strstr(rest, form->separator);
        if (separator == NULL) {
            return false;
        }
        *separator = '\0';
        *second = separator + strlen(form->separator);
    }
    return true;
}

/* What the parameters must satisfy together. */
static bool check_parameters(const struct delay *delay, const char *text, struct error *error)
{
    if (delay->kind == DELAY_UNIFORM && delay->a > delay->b) {
        return error_set(error,
                         "delay '%.100s': the range runs backwards; the lesser time comes first, as in "
                         "uniform:5ms..35ms",
                         text);
    }
    if (delay->kind == DELAY_PARETO && !(delay->b > 0.0)) {
        return error_set(error, "delay '%.100s': alpha must be above 0, as in pareto:5ms,2.5", text);
    }
    return true;
}

static const struct form *find_form(const char *name)
{
    for (size_t i = 0; i < FORM_COUNT; i++) {
        if (strcmp(name, forms[i].name) == 0) {
            return &forms[i];
        }
    }
    return NULL;
}

bool delay_parse(const char *text, struct delay *delay, struct error *error)
{
    char copy[128];
    if (strlen(text) >= sizeof copy) {
        return error_set(error, "delay '%.60s...' is too long; allowed: %s", text, allowed);
    }
    strcpy(copy, text);
    char *rest = strchr(copy, ':');
    if (rest != NULL) {
        *rest++ = '\0';
    }
    const struct form *form = find_form(copy);
    if (form == NULL) {
        return error_set(error, "delay '%.100s' is unknown; allowed: %s", text, allowed);
    }
    char *first = NULL;
    char *second = NULL;
    if (!split_parameters(form, rest, &first, &second)) {
        return error_set(error, "delay '%.100s' is incomplete or says too much; allowed: %s", text, allowed);
    }
    struct delay parsed = {.kind = (enum delay_kind)(form - forms)};
    struct error reason;
    if (!parse_parameter(form->a, first, &parsed.a, &reason) || !parse_parameter(form->b, second, &parsed.b, &reason)) {
        return error_set(error, "delay '%.100s': %.200s; write it as in %s", text, reason.text, form->example);
    }
    if (!check_parameters(&parsed, text, error)) {
        return false;
    }
    *delay = parsed;
    return true;
}

/* The shortest decimal that reads back to exactly `value`. */
static void number_text(double value, char *text, size_t size)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            return;
        }
    }
}

static void parameter_text(enum parameter kind, double value, char *text, size_t size)
{
    if (kind == PARAMETER_TIME) {
        duration_text((uint64_t)value, text, size);
    } else {
        number_text(value, text, size);
    }
}

void delay_text(const struct delay *delay, char *text, size_t size)
{
    const struct form *form = &forms[delay->kind];
    char a[32];
    char b[32];
    int length = 0;
    if (form->a == PARAMETER_NONE) {
        length = snprintf(text, size, "%s", form->name);
    } else {
        parameter_text(form->a, delay->a, a, sizeof a);
        if (form->b == PARAMETER_NONE) {
            length = snprintf(text, size, "%s:%s", form->name, a);
        } else {
            parameter_text(form->b, delay->b, b, sizeof b);
            length = snprintf(text, size, "%s:%s%s%s", form->name, a, form->separator, b);
        }
    }
    assert(length > 0 && (size_t)length < size);
}

/* (0, 1): the middle of one of 2^53 equal parts, so that a logarithm of it is finite. */
static double open_unit(uint64_t draw)
{
    return ((double)(draw >> 11) + 0.5) * 0x1p-53;
}

/* Box and Muller: the same on every compiler, since it is one libm call after the other. */
static double standard_normal(uint64_t draw, uint64_t second_draw)
{
    static const double two_pi = 6.283185307179586;
    return sqrt(-2.0 * log(open_unit(draw))) * cos(two_pi * open_unit(second_draw));
}

static uint64_t to_delay(double ns)
{
    if (!(ns > 0.0)) {
        return 0;
    }
    return ns >= (double)DELAY_MOST_NS ? DELAY_MOST_NS : (uint64_t)(ns + 0.5);
}

uint64_t delay_draw(const struct delay *delay, uint64_t draw, uint64_t second_draw)
{
    switch (delay->kind) {
    case DELAY_NONE:
        return 0;
    case DELAY_FIXED:
        return (uint64_t)delay->a;
    case DELAY_UNIFORM: {
        uint64_t least = (uint64_t)delay->a;
        uint64_t values = (uint64_t)delay->b - least + 1;
        return least + (uint64_t)(((wide_uint)draw * values) >> 64);
    }
    case DELAY_NORMAL:
        return to_delay(delay->a + delay->b * standard_normal(draw, second_draw));
    case DELAY_EXPONENTIAL:
        return to_delay(-delay->a * log(open_unit(draw)));
    case DELAY_LOGNORMAL:
        return to_delay(delay->a * exp(delay->b * standard_normal(draw, second_draw)));
    case DELAY_PARETO:
        return to_delay(delay->a * pow(open_unit(draw), -1.0 / delay->b));
    }
    assert(false);
    return 0;
}

unsigned delay_draws(const struct delay *delay)
{
    switch (delay->kind) {
    case DELAY_NONE:
    case DELAY_FIXED:
        return 0;
    case DELAY_UNIFORM:
    case DELAY_EXPONENTIAL:
    case DELAY_PARETO:
        return 1;
    case DELAY_NORMAL:
    case DELAY_LOGNORMAL:
        return 2;
    }
    assert(false);
    return 2;
}

/* The mean of max(0, X) for a normal X. */
static double clipped_normal_mean(double mean, double sd)
{
    if (!(sd > 0.0)) {
        return mean;
    }
    double z = mean / sd;
    double density = exp(-0.5 * z * z) / sqrt(6.283185307179586);
    return mean * 0.5 * erfc(-z * sqrt(0.5)) + sd * density;
}

double delay_mean_ns(const struct delay *delay)
{
    double mean = 0.0;
    switch (delay->kind) {
    case DELAY_NONE:
        break;
    case DELAY_FIXED:
    case DELAY_EXPONENTIAL:
        mean = delay->a;
        break;
    case DELAY_UNIFORM:
        mean = 0.5 * (delay->a + delay->b);
        break;
    case DELAY_NORMAL:
        mean = clipped_normal_mean(delay->a, delay->b);
        break;
    case DELAY_LOGNORMAL:
        mean = delay->a * exp(0.5 * delay->b * delay->b);
        break;
    case DELAY_PARETO:
        mean = delay->a * (delay->b > 1.0 ? delay->b / (delay->b - 1.0) : 10.0);
        break;
    }
    return mean < (double)DELAY_MOST_NS ? mean : (double)DELAY_MOST_NS;
}

uint64_t delay_least_ns(const struct delay *delay)
{
    bool has_least = delay->kind == DELAY_FIXED || delay->kind == DELAY_UNIFORM || delay->kind == DELAY_PARETO;
    return has_least ? (uint64_t)delay->a : 0;
}

bool delay_is_bounded(const struct delay *delay)
{
    return delay->kind == DELAY_NONE || delay->kind == DELAY_FIXED || delay->kind == DELAY_UNIFORM;
}

uint64_t delay_bound_ns(const struct delay *delay)
{
    switch (delay->kind) {
    case DELAY_NONE:
        return 0;
    case DELAY_FIXED:
        return (uint64_t)delay->a;
    case DELAY_UNIFORM:
        return (uint64_t)delay->b;
    case DELAY_NORMAL:
        return to_delay(delay->a + 3.0 * delay->b);
    case DELAY_EXPONENTIAL:
        return to_delay(5.0 * delay->a);
    case DELAY_LOGNORMAL:
        return to_delay(delay->a * exp(2.4 * delay->b));
    case DELAY_PARETO:
        return to_delay(delay->a * pow(0.01, -1.0 / delay->b));
    }
    assert(false);
    return 0;
}
