#include "runner/grid.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/behavior_text.h"
#include "runner/network_value.h"
#include "runner/option_value.h"
#include "runner/resolve.h"

/* Reads one part of a text at a time into an axis. */
struct axis_reader {
    const struct option *option;
    struct axis *axis;
    const struct plugin_set *plugins; /* for the names of behaviours */
    size_t room;
};

static bool add_value(struct axis_reader *reader, const char *text, struct error *error)
{
    struct scenario scratch = {.plugins = reader->plugins};
    char canonical[OPTION_TEXT_SIZE];
    struct axis *axis = reader->axis;
    if (!option_read(axis->id, text, &scratch, error)) {
        return false;
    }
    if (reader->option->type != OPTION_SCHEDULE) { /* JSON may be longer than any text that is written */
        option_write(axis->id, &scratch, canonical);
        text = canonical;
    }
    for (size_t i = 0; i < axis->count; i++) {
        if (strcmp(axis->texts[i], text) == 0) {
            return error_set(error, "%.100s is listed twice", text);
        }
    }
    if (axis->count == MOST_CELLS / 100) {
        return error_set(error, "more than %u values", MOST_CELLS / 100);
    }
    if (axis->count == reader->room) {
        reader->room = reader->room == 0 ? 8 : 2 * reader->room;
        axis->texts = realloc(axis->texts, reader->room * sizeof *axis->texts);
    }
    char *copy = strdup(text);
    if (axis->texts == NULL || copy == NULL) {
        abort();
    }
    axis->texts[axis->count++] = copy;
    return true;
}

/* The ends and the step of a range, each as text; `step` empty if it is left out. */
struct range {
    char first[64], last[64], step[64];
};

static bool cut(char *part, const char *from, size_t size)
{
    if (size >= 64) {
        return false;
    }
    memcpy(part, from, size);
    part[size] = '\0';
    return true;
}

static bool has_range_type(const struct option *option)
{
    return option->type == OPTION_COUNT32 || option->type == OPTION_COUNT64 || option->type == OPTION_SHARE ||
           option->type == OPTION_NUMBER || option->type == OPTION_DURATION || option->type == OPTION_RATE;
}

/* Whether `text` has the form of a range. */
static bool split_range(const struct option *option, const char *text, struct range *range)
{
    const char *dots = strstr(text, "..");
    if (dots == NULL || !has_range_type(option)) {
        return false;
    }
    const char *last = dots + 2;
    size_t last_size = strcspn(last, ":");
    const char *step = last[last_size] == ':' ? last + last_size + 1 : "";
    return cut(range->first, text, (size_t)(dots - text)) && cut(range->last, last, last_size) &&
           cut(range->step, step, strlen(step));
}

static bool range_error(const char *text, const char *what, struct error *error)
{
    return error_set(error, "the range %.100s %s", text, what);
}

static bool parse_step(const struct option *option, const char *text, uint64_t *step)
{
    struct error ignored;
    switch (option->type) {
    case OPTION_DURATION:
        return duration_parse(text, step, &ignored);
    case OPTION_RATE:
        return rate_parse(text, 1, option->most, step, &ignored);
    default:
        *step = 1;
        return text[0] == '\0' || count_parse(text, 1, option->most, step, &ignored);
    }
}

/* Counts, times and rates: exact integers. */
static bool add_integers(struct axis_reader *reader, const char *text, const struct range *range, struct error *error)
{
    const struct option *option = reader->option;
    struct scenario ends[2] = {{0}, {0}};
    enum option_id id = reader->axis->id;
    uint64_t step;
    bool is_time = option->type == OPTION_DURATION;
    bool is_rate = option->type == OPTION_RATE;
    if (!option_read(id, range->first, &ends[0], error) || !option_read(id, range->last, &ends[1], error)) {
        return false;
    }
    if (option_is_off(id, &ends[0]) || option_is_off(id, &ends[1])) {
        return range_error(text, "needs two numbers", error);
    }
    uint64_t first = option_integer(id, &ends[0]);
    uint64_t last = option_integer(id, &ends[1]);
    if (!parse_step(option, range->step, &step)) {
        return range_error(text,
                           is_time   ? "needs a step, as in 10ms..50ms:10ms"
                           : is_rate ? "needs a step, as in 10Mbit..50Mbit:10Mbit"
                                     : "has a bad step: a whole number above zero is allowed",
                           error);
    }
    if (first > last || step == 0) {
        return range_error(text, step == 0 ? "has a step of zero" : "runs backwards: write the smaller end first",
                           error);
    }
    for (uint64_t value = first; value <= last; value += step) {
        char one[64];
        snprintf(one, sizeof one, "%llu%s", (unsigned long long)value, is_time ? "ns" : is_rate ? "bit" : "");
        if (!add_value(reader, one, error)) {
            return false;
        }
        if (last - value < step) {
            break;
        }
    }
    return true;
}

/* Shares and numbers: multiples of the step to 12 digits, so that 0%..20%:5% ends at 0.2 and not beside it. */
static bool add_reals(struct axis_reader *reader, const char *text, const struct range *range, struct error *error)
{
    struct scenario ends[2] = {{0}, {0}};
    enum option_id id = reader->axis->id;
    double step = 0;
    struct error ignored;
    if (!option_read(id, range->first, &ends[0], error) || !option_read(id, range->last, &ends[1], error)) {
        return false;
    }
    double first = option_real(id, &ends[0]);
    double last = option_real(id, &ends[1]);
    bool share = reader->option->type == OPTION_SHARE;
    bool has_step = share ? share_parse(range->step, &step, &ignored)
                          : number_parse(range->step, reader->option->rate_suffix, 1e-9, 1e12, &step, &ignored);
    if (!has_step || !(step > 0)) {
        return range_error(
            text, share ? "needs a step above zero, as in 0%..20%:5%" : "needs a step above zero, as in 100..500:100",
            error);
    }
    if (first > last) {
        return range_error(text, "runs backwards: write the smaller end first", error);
    }
    if ((last - first) / step > MOST_CELLS) {
        return range_error(text, "has too many values", error);
    }
    for (size_t i = 0; first + (double)i * step <= last + step * 1e-9; i++) {
        char rounded[64];
        char one[32];
        snprintf(rounded, sizeof rounded, "%.12g", first + (double)i * step);
        real_text(strtod(rounded, NULL), one);
        if (!add_value(reader, one, error)) {
            return false;
        }
    }
    return true;
}

static bool add_part(struct axis_reader *reader, const char *text, struct error *error)
{
    struct range range;
    if (!split_range(reader->option, text, &range)) {
        return add_value(reader, text, error);
    }
    bool integers = reader->option->type != OPTION_SHARE && reader->option->type != OPTION_NUMBER;
    return integers ? add_integers(reader, text, &range, error) : add_reals(reader, text, &range, error);
}

/* Whether the text reads as one value or range. */
static bool reads(const struct option *option, enum option_id id, const char *text)
{
    struct scenario scratch = {0};
    struct error ignored;
    struct range range;
    return split_range(option, text, &range) || option_read(id, text, &scratch, &ignored);
}

/* Ids, and names given to ids, are lists themselves: only ';' separates several of them. */
static bool is_list_itself(const struct option *option, const char *text)
{
    return option->type == OPTION_IDS || option->type == OPTION_EXPECT || option->type == OPTION_REGIONS ||
           option->type == OPTION_PLUGINS || (option->type == OPTION_BEHAVIORS && strchr(text, ':') != NULL);
}

/* Where the part that begins at `text` ends: at the last comma (or the end) up to which it reads; otherwise at the
 * next one, or at the end where values have commas of their own, so that the error speaks of all that was meant. */
static size_t part_size(const struct option *option, enum option_id id, const char *text)
{
    if (is_list_itself(option, text)) {
        return strlen(text);
    }
    if (option->type == OPTION_BEHAVIORS) {
        return behavior_text_part(text);
    }
    if (option->type != OPTION_DELAY && option->type != OPTION_PROCESSING) {
        return strcspn(text, ",");
    }
    for (size_t size = strlen(text); size > 0; size--) {
        char part[OPTION_TEXT_SIZE];
        if (text[size] != ',' && text[size] != '\0') {
            continue;
        }
        snprintf(part, sizeof part, "%.*s", (int)size, text);
        if (reads(option, id, part)) {
            return size;
        }
    }
    return strlen(text);
}

/* The parts of `text`, which has no ';' in it. */
static bool add_list(struct axis_reader *reader, const char *text, bool whole, struct error *error)
{
    char part[OPTION_TEXT_SIZE];
    for (;;) {
        size_t size = whole ? strlen(text) : part_size(reader->option, reader->axis->id, text);
        snprintf(part, sizeof part, "%.*s", (int)size, text);
        if (!add_part(reader, part, error)) {
            return false;
        }
        if (text[size] == '\0') {
            return true;
        }
        text += size + 1;
    }
}

bool axis_read(const struct settings *settings, struct axis *axis, struct error *error)
{
    const char *text = settings->text[axis->id];
    struct axis_reader reader = {.option = option_at(axis->id), .axis = axis};
    struct error why;
    bool whole = strchr(text, ';') != NULL;
    if (!settings_find_plugins(settings, &reader.plugins, error)) {
        return false;
    }
    if (reader.option->type == OPTION_SCHEDULE && schedule_is_inline(text)) {
        return add_value(&reader, text, error);
    }
    bool right = strlen(text) < OPTION_TEXT_SIZE;
    if (!right) {
        error_set(&why, "too long");
    }
    while (right) {
        char part[OPTION_TEXT_SIZE];
        size_t size = strcspn(text, ";");
        snprintf(part, sizeof part, "%.*s", (int)size, text);
        right = add_list(&reader, part, whole, &why);
        if (text[size] == '\0') {
            break;
        }
        text += size + 1;
    }
    if (!right) {
        char name[320];
        settings_name(settings, axis->id, name, sizeof name);
        return error_set(error, "%.200s: %.300s", name, why.text);
    }
    return true;
}

void axis_destroy(struct axis *axis)
{
    for (size_t i = 0; i < axis->count; i++) {
        free(axis->texts[i]);
    }
    free(axis->texts);
    *axis = (struct axis){0};
}

/* Reads the option's values; it becomes an axis if there are several. */
static bool take_option(struct grid *grid, enum option_id id, struct error *error)
{
    struct axis *axis = &grid->axes[grid->axis_count];
    *axis = (struct axis){.id = id};
    if (!axis_read(&grid->base, axis, error)) {
        grid->axis_count++; /* for grid_destroy() */
        return false;
    }
    if (axis->count == 1) { /* also of a range that ends where it begins */
        grid->base.text[id] = string_pool_add(&grid->pool, axis->texts[0]);
        axis_destroy(axis);
        return true;
    }
    grid->axis_count++;
    grid->cells *= axis->count;
    return grid->cells <= MOST_CELLS || error_set(error, "the grid has more than %u cells", MOST_CELLS);
}

static bool check_cells(const struct grid *grid, struct error *error)
{
    for (size_t cell = 0; cell < grid->cells; cell++) {
        struct settings settings;
        struct scenario scenario;
        grid_cell(grid, cell, &settings);
        if (!scenario_resolve(&settings, &scenario, error)) {
            return false;
        }
    }
    return true;
}

bool grid_make(const struct settings *base, struct grid *grid, struct error *error)
{
    *grid = (struct grid){.base = *base, .cells = 1};
    for (uint16_t place = 1; place <= base->given; place++) {
        for (unsigned i = 0; i < OPTION_COUNT; i++) {
            enum option_id id = (enum option_id)i;
            bool here = base->order[id] == place && settings_has(base, id) && option_at(id)->scenario;
            if (here && !take_option(grid, id, error)) {
                return false;
            }
        }
    }
    return check_cells(grid, error);
}

bool settings_are_single(const struct settings *settings, struct error *error)
{
    bool single = true;
    for (unsigned i = 0; i < OPTION_COUNT && single; i++) {
        struct axis axis = {.id = (enum option_id)i};
        struct error ignored;
        bool several = option_at(axis.id)->scenario && settings_has(settings, axis.id) &&
                       axis_read(settings, &axis, &ignored) && axis.count > 1;
        if (several) {
            char name[320];
            settings_name(settings, axis.id, name, sizeof name);
            single = error_set(error, "%.300s has %zu values, and run takes one: give --%s with one, or use sweep",
                               name, axis.count, option_at(axis.id)->name);
        }
        axis_destroy(&axis);
    }
    return single;
}

void grid_destroy(struct grid *grid)
{
    for (size_t i = 0; i < grid->axis_count; i++) {
        axis_destroy(&grid->axes[i]);
    }
    grid->axis_count = 0;
    string_pool_destroy(&grid->pool);
}

size_t grid_value_index(const struct grid *grid, size_t cell, size_t axis)
{
    size_t below = 1;
    for (size_t i = axis + 1; i < grid->axis_count; i++) {
        below *= grid->axes[i].count;
    }
    return cell / below % grid->axes[axis].count;
}

void grid_cell(const struct grid *grid, size_t cell, struct settings *settings)
{
    assert(cell < grid->cells);
    *settings = grid->base;
    for (size_t i = 0; i < grid->axis_count; i++) {
        settings->text[grid->axes[i].id] = grid->axes[i].texts[grid_value_index(grid, cell, i)];
    }
}

void grid_scenario(const struct grid *grid, size_t cell, struct scenario *scenario)
{
    struct settings settings;
    struct error error;
    grid_cell(grid, cell, &settings);
    bool resolved = scenario_resolve(&settings, scenario, &error);
    assert(resolved);
    (void)resolved;
}

bool grid_has_real_clock(const struct grid *grid)
{
    for (size_t cell = 0; cell < grid->cells; cell++) {
        struct scenario scenario;
        grid_scenario(grid, cell, &scenario);
        if (scenario.clock == CLOCK_REAL) {
            return true;
        }
    }
    return false;
}
