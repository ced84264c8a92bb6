#include "runner/bench_grid.h"

#include <string.h>

#include "runner/option_value.h"

bool bench_grid_make(const struct bench *bench, const struct bench_default *defaults, struct grid *grid,
                     struct error *error)
{
    struct settings base = {0};
    for (; defaults->id != OPTION_COUNT; defaults++) {
        settings_set(&base, defaults->id, defaults->text, SOURCE_COMMAND_LINE);
    }
    settings_overlay(&base, &bench->plan.settings);
    if (!grid_make(&base, grid, error)) {
        return false;
    }
    for (size_t cell = 0; cell < grid->cells; cell++) {
        struct scenario scenario;
        grid_scenario(grid, cell, &scenario);
        if (scenario.nodes < 2) {
            return error_set(error, "--nodes %u: a replica alone has nobody to send to; bench needs at least 2",
                             scenario.nodes);
        }
    }
    return true;
}

void bench_grid_scenario(const struct grid *grid, size_t cell, struct scenario *scenario)
{
    grid_scenario(grid, cell, scenario);
    scenario->repeat = 1;
}

void bench_case_of_cell(struct bench_case *where, const struct grid *grid, size_t cell)
{
    for (size_t i = 0; i < grid->axis_count; i++) {
        const struct axis *axis = &grid->axes[i];
        const enum option_type type = option_at(axis->id)->type;
        const bool known = axis->id == OPT_NODES || axis->id == OPT_BATCH || axis->id == OPT_DELAY_LINES ||
                           axis->id == OPT_AUTH || axis->id == OPT_CLIENTS;
        if (known || where->count == BENCH_MOST_FACTS) {
            continue; /* each part tells these in any case */
        }
        const char *text = axis->texts[grid_value_index(grid, cell, i)];
        if (type == OPTION_COUNT32 || type == OPTION_COUNT64) {
            struct scenario scenario;
            grid_scenario(grid, cell, &scenario);
            bench_case_number(where, option_at(axis->id)->name, option_integer(axis->id, &scenario));
        } else {
            bench_case_text(where, option_at(axis->id)->name, text);
        }
    }
}
