#include "runner/placement.h"

#include <stdio.h>
#include <string.h>

#include "runner/matrices.h"
#include "runner/network_value.h"

static bool unknown_region(const struct settings *settings, enum option_id id, const struct latency_matrix *matrix,
                           const char *region, struct error *error)
{
    char name[128];
    char known[200];
    settings_name(settings, id, name, sizeof name);
    latency_names_text(matrix, known, sizeof known);
    return error_set(error, "%.120s: '%.47s' is no region of %.60s; it has: %s", name, region, matrix->label, known);
}

static bool place_replicas(const struct settings *settings, struct scenario *scenario, struct error *error)
{
    struct placement *placement = &scenario->placement;
    const char *names = scenario->region_names;
    char name[LATENCY_NAME_SIZE];
    while (regions_next(&names, name, sizeof name)) {
        uint32_t region = latency_find(placement->matrix, name);
        if (region == placement->matrix->count) {
            return unknown_region(settings, OPT_REGIONS, placement->matrix, name, error);
        }
        placement->regions[placement->region_count++] = (uint16_t)region;
    }
    return true;
}

static bool place_all(const struct settings *settings, struct scenario *scenario, struct error *error)
{
    const struct latency_matrix *matrix = scenario->placement.matrix;
    if (settings_has(settings, OPT_REGIONS)) {
        return place_replicas(settings, scenario, error);
    }
    if (matrix->count > LATENCY_MOST_USED) {
        return error_set(error,
                         "--latency-matrix '%.200s' has %u regions; at most %d can be used: name them by --regions",
                         matrix->label, matrix->count, LATENCY_MOST_USED);
    }
    size_t used = 0;
    for (uint32_t region = 0; region < matrix->count; region++) {
        used += (size_t)snprintf(scenario->region_names + used, sizeof scenario->region_names - used, "%s%s",
                                 region == 0 ? "" : ",", matrix->names[region]);
    }
    return place_replicas(settings, scenario, error);
}

static bool place_clients(const struct settings *settings, struct scenario *scenario, struct error *error)
{
    struct placement *placement = &scenario->placement;
    if (!settings_has(settings, OPT_CLIENT_REGION)) {
        placement->client_region = placement->regions[0];
        memcpy(scenario->client_region, placement->matrix->names[placement->client_region], LATENCY_NAME_SIZE);
        return true;
    }
    uint32_t region = latency_find(placement->matrix, scenario->client_region);
    if (region == placement->matrix->count) {
        return unknown_region(settings, OPT_CLIENT_REGION, placement->matrix, scenario->client_region, error);
    }
    placement->client_region = (uint16_t)region;
    return true;
}

/* Without a matrix there are no regions that could be named. */
static bool check_unplaced(const struct settings *settings, struct error *error)
{
    static const enum option_id ids[] = {OPT_REGIONS, OPT_CLIENT_REGION};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (settings_has(settings, ids[i])) {
            char name[320];
            settings_name(settings, ids[i], name, sizeof name);
            return error_set(error, "%.300s: only with --latency-matrix, whose regions it names", name);
        }
    }
    return true;
}

bool scenario_place(const struct settings *settings, struct scenario *scenario, struct error *error)
{
    if (scenario->matrix_name[0] == '\0') {
        return check_unplaced(settings, error);
    }
    scenario->placement.matrix = settings->matrices == NULL ? NULL
                                                            : matrices_find(settings->matrices, scenario->matrix_name);
    if (scenario->placement.matrix == NULL) {
        return error_set(error, "--latency-matrix '%.200s' has not been read", scenario->matrix_name);
    }
    return place_all(settings, scenario, error) && place_clients(settings, scenario, error);
}
