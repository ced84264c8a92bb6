/* The grid of a sweep: which options vary, over which values, and each cell's settings. Any scenario option may hold
 * several values in one text:
 *
 *     4,7,10      a list             0..6           a range of whole numbers, both ends in it
 *     1..10:3     with a step        0%..20%:5%     shares, times and numbers need the step
 *     0..2,5      both               a;b            a list of values that have commas themselves
 *
 * A comma belongs to the value where the value reads only with it: `normal:250ms,50ms,none` is a list of two. */
#ifndef PBFT_RUNNER_GRID_H
#define PBFT_RUNNER_GRID_H

#include "runner/settings.h"

struct axis {
    enum option_id id;
    char **texts; /* canonical */
    size_t count;
};

/* Reads the values that the option's setting holds; `id` is set, the rest empty before. Release with axis_destroy() in
 * any case. */
bool axis_read(const struct settings *settings, struct axis *axis, struct error *error);
void axis_destroy(struct axis *axis);

struct grid {
    struct settings base; /* the given ones; texts are borrowed, or from `pool` */
    struct string_pool pool;
    struct axis axes[OPTION_COUNT];
    size_t axis_count; /* those with more than one value, the first varies slowest */
    size_t cells;
};

#define MOST_CELLS 1000000u

/* Axes in the order in which the options were given. An option whose text holds one value is none. Every cell is
 * resolved once, so that what does not go together is told before anything runs. False with a sentence; release with
 * grid_destroy() in any case. */
bool grid_make(const struct settings *base, struct grid *grid, struct error *error);
void grid_destroy(struct grid *grid);

/* Whether every option has one value, as `run` needs it; false with a sentence about the first that has several. What
 * cannot be read at all is left to scenario_resolve(). */
bool settings_are_single(const struct settings *settings, struct error *error);

/* The index of the axis' value in a cell. */
size_t grid_value_index(const struct grid *grid, size_t cell, size_t axis);
/* The settings of a cell: single values. Texts live as long as the grid. */
void grid_cell(const struct grid *grid, size_t cell, struct settings *settings);
/* The same, resolved. Cannot fail once grid_make() has succeeded. */
void grid_scenario(const struct grid *grid, size_t cell, struct scenario *scenario);

/* Whether any cell runs under the real clock. */
bool grid_has_real_clock(const struct grid *grid);

#endif
