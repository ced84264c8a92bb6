#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/delay.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A small generator for the tests: splitmix64. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static struct delay delay_of(const char *text)
{
    struct delay delay;
    struct error error;
    cr_assert(delay_parse(text, &delay, &error), "%s", error.text);
    return delay;
}

Test(duration, is_a_number_and_a_unit)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } cases[] = {
        {"0", 0},
        {"0.000", 0},
        {"0ms", 0},
        {"100ns", 100},
        {"500us", 500000},
        {"10ms", 10000000},
        {"2s", 2000000000},
        {"1.5s", 1500000000},
        {"0.25us", 250},
        {"1m", 60000000000},
        {"1h", 3600000000000},
        {"0.5h", 1800000000000},
        {"007ms", 7000000},
        {"1.000000000s", 1000000000},
        {"1.00000000000000000000000s", 1000000000},
        {"0.000000001s", 1},
        {"0.00000000005m", 3},
        {"18446744073709551614ns", UINT64_MAX - 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t ns = 77;
        struct error error = {""};
        cr_assert(duration_parse(cases[i].text, &ns, &error), "%s: %s", cases[i].text, error.text);
        cr_assert(ns == cases[i].ns, "%s read as %lu", cases[i].text, (unsigned long)ns);
        cr_assert(error.text[0] == '\0');
    }
}

Test(duration, refuses_everything_else_and_names_it)
{
    static const char *const cases[] = {
        "",
        "5",
        "1.5",
        "ms",
        "-5ms",
        "+5ms",
        " 5ms",
        "5ms ",
        "5 ms",
        "5MS",
        "5msx",
        "nan",
        "inf",
        "nanms",
        "infs",
        "1e3ms",
        "0x5ms",
        ".5s",
        "5.s",
        "1..5s",
        "1,5s",
        "1.5ns",
        "0.1ns",
        "0.0000000001s",
        "1.5.5s",
        "5d",
        "18446744073709551615ns",
        "18446744073709551616ns",
        "5124096h",
        "99999999999999999999h",
        "1.0000000000000000001s",
        "5\xc2\xb5s",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t ns = 77;
        struct error error = {""};
        cr_assert(!duration_parse(cases[i], &ns, &error), "'%s' was read as %lu", cases[i], (unsigned long)ns);
        cr_assert(ns == 77, "'%s' changed the value", cases[i]);
        cr_assert(strstr(error.text, cases[i]) != NULL, "'%s' is not in: %s", cases[i], error.text);
    }
}

Test(duration, text_is_short_and_reads_back_exactly)
{
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "1ns"},
        {999, "999ns"},
        {1500, "1.5us"},
        {5000000, "5ms"},
        {200000000, "200ms"},
        {1500000000, "1.5s"},
        {60000000000, "1m"},
        {90000000000, "90s"},
        {7200000000000, "2h"},
        {100000000000, "100s"},
        {1000000001, "1.000000001s"},
    };
    char text[32];
    for (size_t i = 0; i < COUNT(cases); i++) {
        duration_text(cases[i].ns, text, sizeof text);
        cr_assert_str_eq(text, cases[i].text);
    }
    uint64_t state = 1;
    for (int i = 0; i < 100000; i++) {
        uint64_t value = next_random(&state) >> (next_random(&state) % 64);
        value = value == UINT64_MAX ? 0 : value;
        value -= i % 2 == 0 ? value % 1000000 : 0;
        uint64_t back;
        struct error error;
        duration_text(value, text, sizeof text);
        cr_assert(duration_parse(text, &back, &error), "%s", error.text);
        cr_assert(back == value, "%lu became %s", (unsigned long)value, text);
    }
}

Test(delay, each_distribution_is_read)
{
    static const struct {
        const char *text;
        struct delay delay;
    } cases[] = {
        {"none", {DELAY_NONE, 0, 0}},
        {"fixed:10ms", {DELAY_FIXED, 1e7, 0}},
        {"uniform:5ms..35ms", {DELAY_UNIFORM, 5e6, 35e6}},
        {"uniform:1.5ms..1.5ms", {DELAY_UNIFORM, 1.5e6, 1.5e6}},
        {"uniform:0..1us", {DELAY_UNIFORM, 0, 1000}},
        {"normal:250ms,50ms", {DELAY_NORMAL, 250e6, 50e6}},
        {"exponential:10ms", {DELAY_EXPONENTIAL, 1e7, 0}},
        {"lognormal:10ms,0.5", {DELAY_LOGNORMAL, 1e7, 0.5}},
        {"lognormal:10ms,0", {DELAY_LOGNORMAL, 1e7, 0}},
        {"pareto:5ms,2.5", {DELAY_PARETO, 5e6, 2.5}},
        {"pareto:5ms,1e-3", {DELAY_PARETO, 5e6, 1e-3}},
        {"fixed:1000h", {DELAY_FIXED, 3.6e15, 0}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct delay delay = delay_of(cases[i].text);
        cr_assert(delay.kind == cases[i].delay.kind && delay.a == cases[i].delay.a && delay.b == cases[i].delay.b,
                  "%s read as %d %g %g", cases[i].text, (int)delay.kind, delay.a, delay.b);
    }
}

Test(delay, refuses_everything_else_and_names_it)
{
    static const char *const cases[] = {
        "",
        "nil",
        "None",
        "none:",
        "none:5ms",
        "fixed",
        "fixed:",
        "fixed:5",
        "fixed:-5ms",
        "fixed:nan",
        "fixed:inf",
        "fixed:5ms,6ms",
        "fixed:5ms ",
        "fixed:1001h",
        "fixed:99999999999999999999s",
        "uniform:5ms",
        "uniform:5ms,35ms",
        "uniform:35ms..5ms",
        "uniform:..35ms",
        "uniform:5ms..",
        "uniform:5..35ms",
        "uniform:5ms..35",
        "uniform:5ms..35ms..40ms",
        "uniform:5ms...35ms",
        "normal:250ms",
        "normal:250ms,-5ms",
        "normal:250ms,nan",
        "normal:nan,5ms",
        "normal:,",
        "exponential:",
        "exponential:-1ms",
        "lognormal:10ms,nan",
        "lognormal:10ms,inf",
        "lognormal:10ms,-0.5",
        "lognormal:10ms,+0.5",
        "lognormal:10ms,0x1",
        "lognormal:10ms,1e999",
        "lognormal:10ms,0.5ms",
        "lognormal:10ms, 0.5",
        "lognormal:10ms,",
        "lognormal:10,0.5",
        "pareto:5ms,0",
        "pareto:5ms,-1",
        "pareto:5ms",
        "pareto:5ms,1,2",
        "10ms",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct delay delay = {DELAY_FIXED, 77, 0};
        struct error error = {""};
        cr_assert(!delay_parse(cases[i], &delay, &error), "'%s' was read", cases[i]);
        cr_assert(delay.a == 77, "'%s' changed the value", cases[i]);
        cr_assert(strstr(error.text, cases[i]) != NULL, "'%s' is not in: %s", cases[i], error.text);
        cr_assert(strstr(error.text, "ms") != NULL, "no example of what is allowed: %s", error.text);
    }
    char text[5000];
    memset(text, '9', sizeof text);
    text[sizeof text - 1] = '\0';
    struct delay delay;
    struct error error;
    cr_assert(!delay_parse(text, &delay, &error));
    memcpy(text, "lognormal:5ms,", 14);
    cr_assert(!delay_parse(text, &delay, &error));
}

Test(delay, text_reads_back_exactly)
{
    uint64_t state = 2;
    for (int i = 0; i < 70000; i++) {
        struct delay delay = {.kind = (enum delay_kind)(i % 7)};
        double small = (double)(next_random(&state) % (DELAY_MOST_NS + 1));
        double large = (double)(next_random(&state) % (DELAY_MOST_NS + 1));
        double number = ((double)(next_random(&state) >> 11) + 1) * exp2((double)(next_random(&state) % 80) - 100.0);
        delay.a = delay.kind == DELAY_NONE ? 0 : small;
        switch (delay.kind) {
        case DELAY_UNIFORM:
            delay.a = fmin(small, large);
            delay.b = fmax(small, large);
            break;
        case DELAY_NORMAL:
            delay.b = large;
            break;
        case DELAY_LOGNORMAL:
        case DELAY_PARETO:
            delay.b = number;
            break;
        default:
            break;
        }
        char text[96];
        delay_text(&delay, text, sizeof text);
        struct delay back = delay_of(text);
        cr_assert(back.kind == delay.kind && back.a == delay.a && back.b == delay.b, "%s", text);
    }
    char text[96];
    delay_text(&(struct delay){DELAY_UNIFORM, 5e6, 35e6}, text, sizeof text);
    cr_assert_str_eq(text, "uniform:5ms..35ms");
    delay_text(&(struct delay){DELAY_PARETO, 5e6, 2.5}, text, sizeof text);
    cr_assert_str_eq(text, "pareto:5ms,2.5");
}

Test(delay, uniform_takes_both_ends_and_nothing_beyond)
{
    struct delay delay = delay_of("uniform:5ns..8ns");
    cr_assert_eq(delay_draw(&delay, 0, 0), 5);
    cr_assert_eq(delay_draw(&delay, UINT64_MAX, 0), 8);
    uint64_t counts[4] = {0};
    uint64_t state = 3;
    for (int i = 0; i < 40000; i++) {
        uint64_t ns = delay_draw(&delay, next_random(&state), 0);
        cr_assert(ns >= 5 && ns <= 8);
        counts[ns - 5]++;
    }
    for (int i = 0; i < 4; i++) {
        cr_assert(counts[i] > 9600 && counts[i] < 10400, "%d: %lu", i, (unsigned long)counts[i]);
    }
}

Test(delay, extreme_draws_stay_finite)
{
    static const char *const texts[] = {"normal:1000h,1000h", "exponential:1000h",     "lognormal:1000h,1000",
                                        "lognormal:1ns,1000", "pareto:1000h,0.000001", "pareto:1ns,0.001"};
    static const uint64_t draws[] = {0, 1, UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct delay delay = delay_of(texts[i]);
        for (size_t j = 0; j < COUNT(draws) * COUNT(draws); j++) {
            uint64_t ns = delay_draw(&delay, draws[j / COUNT(draws)], draws[j % COUNT(draws)]);
            cr_assert(ns <= DELAY_MOST_NS, "%s: %lu", texts[i], (unsigned long)ns);
        }
        cr_assert(delay_mean_ns(&delay) <= (double)DELAY_MOST_NS);
        cr_assert(delay_bound_ns(&delay) <= DELAY_MOST_NS);
    }
}

static double normal_cdf(double z)
{
    return 0.5 * erfc(-z / sqrt(2.0));
}

/* P(X <= ns). */
static double cdf(const struct delay *delay, double ns)
{
    switch (delay->kind) {
    case DELAY_UNIFORM:
        return (ns - delay->a + 0.5) / (delay->b - delay->a);
    case DELAY_NORMAL:
        return normal_cdf((ns - delay->a) / delay->b);
    case DELAY_EXPONENTIAL:
        return 1.0 - exp(-ns / delay->a);
    case DELAY_LOGNORMAL:
        return normal_cdf(log(ns / delay->a) / delay->b);
    case DELAY_PARETO:
        return ns < delay->a ? 0.0 : 1.0 - pow(delay->a / ns, delay->b);
    default:
        return 0.0;
    }
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: D sqrt(N) exceeds 1.95 for one sample in a thousand; the draws here are fixed. */
Test(delay, draws_follow_their_distribution)
{
    static const char *const texts[] = {"uniform:5ms..35ms", "normal:250ms,50ms", "exponential:10ms",
                                        "lognormal:10ms,0.5", "pareto:5ms,2.5"};
    enum { N = 200000 };
    uint64_t *draws = malloc(N * sizeof *draws);
    uint64_t state = 4;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct delay delay = delay_of(texts[i]);
        double sum = 0.0;
        double squares = 0.0;
        for (int j = 0; j < N; j++) {
            uint64_t first = next_random(&state);
            draws[j] = delay_draw(&delay, first, next_random(&state));
            sum += (double)draws[j];
            squares += (double)draws[j] * (double)draws[j];
        }
        double mean = sum / N;
        double sd = sqrt(squares / N - mean * mean);
        cr_assert(fabs(mean - delay_mean_ns(&delay)) < 4.0 * sd / sqrt(N), "%s: mean %g, should be %g", texts[i], mean,
                  delay_mean_ns(&delay));
        qsort(draws, N, sizeof *draws, compare_u64);
        double worst = 0.0;
        for (int j = 0; j < N; j++) {
            worst = fmax(worst, fabs(cdf(&delay, (double)draws[j]) - (j + 0.5) / N));
        }
        cr_assert(worst * sqrt(N) < 1.95, "%s: D sqrt(N) = %g", texts[i], worst * sqrt(N));
        double beyond = 0.0;
        for (int j = 0; j < N; j++) {
            beyond += draws[j] > delay_bound_ns(&delay);
        }
        cr_assert(beyond / N < 0.02, "%s: %g beyond the bound", texts[i], beyond / N);
    }
    free(draws);
}

Test(delay, a_normal_below_zero_reads_as_zero_and_its_mean_says_so)
{
    struct delay delay = delay_of("normal:1ms,5ms");
    enum { N = 200000 };
    uint64_t state = 5;
    double sum = 0.0;
    int zeros = 0;
    for (int i = 0; i < N; i++) {
        uint64_t first = next_random(&state);
        uint64_t ns = delay_draw(&delay, first, next_random(&state));
        sum += (double)ns;
        zeros += ns == 0;
    }
    cr_assert(fabs(sum / N - delay_mean_ns(&delay)) < 4.0 * 3.6e6 / sqrt(N));
    cr_assert(fabs((double)zeros / N - normal_cdf(-0.2)) < 0.005);
}

Test(delay, means)
{
    cr_assert_eq(delay_mean_ns(&(struct delay){DELAY_NONE, 0, 0}), 0.0);
    cr_assert_eq(delay_mean_ns(&(struct delay){DELAY_FIXED, 1e7, 0}), 1e7);
    cr_assert_eq(delay_mean_ns(&(struct delay){DELAY_UNIFORM, 5e6, 35e6}), 20e6);
    cr_assert_eq(delay_mean_ns(&(struct delay){DELAY_PARETO, 5e6, 1.0}), 50e6);
    cr_assert_eq(delay_mean_ns(&(struct delay){DELAY_PARETO, 5e6, 2.0}), 10e6);
    cr_assert_eq(delay_mean_ns(&(struct delay){DELAY_NORMAL, 5e6, 0.0}), 5e6);
}

/* What any compiler must compute: the draws decide what a run under the virtual clock does. */
Test(delay, draws_are_the_same_for_every_compiler)
{
    static const struct {
        const char *text;
        uint64_t sum;
    } cases[] = {
        {"uniform:5ms..35ms", UINT64_C(14945907908279388633)}, {"normal:250ms,50ms", UINT64_C(9899291448150228297)},
        {"exponential:10ms", UINT64_C(10663739139173220999)},  {"lognormal:10ms,0.5", UINT64_C(8466169215402696318)},
        {"pareto:5ms,2.5", UINT64_C(17232672029368449068)},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct delay delay = delay_of(cases[i].text);
        uint64_t state = 6;
        uint64_t sum = 0;
        for (int j = 0; j < 10000; j++) {
            uint64_t first = next_random(&state);
            sum = sum * 31 + delay_draw(&delay, first, next_random(&state));
        }
        cr_assert(sum == cases[i].sum, "%s: %lu", cases[i].text, (unsigned long)sum);
    }
}
