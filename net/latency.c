#include "net/latency.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide_uint;

struct latency_matrix *latency_matrix_create(const char *label, uint32_t count)
{
    assert(count > 0 && count <= LATENCY_MOST_REGIONS);
    struct latency_matrix *matrix = calloc(1, sizeof *matrix);
    if (matrix == NULL) {
        return NULL;
    }
    matrix->count = count;
    matrix->label = strdup(label);
    matrix->names = calloc(count, sizeof *matrix->names);
    matrix->delays_ns = calloc((size_t)count * count, sizeof *matrix->delays_ns);
    if (matrix->label == NULL || matrix->names == NULL || matrix->delays_ns == NULL) {
        latency_matrix_destroy(matrix);
        return NULL;
    }
    return matrix;
}

void latency_matrix_destroy(struct latency_matrix *matrix)
{
    if (matrix != NULL) {
        free(matrix->label);
        free(matrix->names);
        free(matrix->delays_ns);
        free(matrix);
    }
}

bool latency_name_is_good(const char *name)
{
    size_t length = strlen(name);
    for (const char *c = name; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == ',' || *c == ';' || *c == '"' || *c == 0x7f) {
            return false;
        }
    }
    return length > 0 && length < LATENCY_NAME_SIZE && name[0] != ' ' && name[length - 1] != ' ';
}

uint32_t latency_find(const struct latency_matrix *matrix, const char *name)
{
    uint32_t region = 0;
    while (region < matrix->count && strcmp(matrix->names[region], name) != 0) {
        region++;
    }
    return region;
}

void latency_names_text(const struct latency_matrix *matrix, char *text, size_t size)
{
    static const char rest[] = ", ...";
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t region = 0; region < matrix->count; region++) {
        size_t needed = strlen(matrix->names[region]) + 2;
        if (used + needed + sizeof rest > size) {
            snprintf(text + used, size - used, "%s", used == 0 ? "..." : rest);
            return;
        }
        used += (size_t)snprintf(text + used, size - used, "%s%s", region == 0 ? "" : ", ", matrix->names[region]);
    }
}

/* Replicas that live in the `place`-th region in use. */
static uint64_t inhabitants(const struct placement *placement, uint32_t replicas, uint32_t place)
{
    return (replicas + placement->region_count - 1 - place) / placement->region_count;
}

static uint64_t between(const struct placement *placement, uint32_t from_row, uint32_t to_row)
{
    return placement->matrix->delays_ns[(size_t)from_row * placement->matrix->count + to_row];
}

/* Exact in integers, so that every compiler finds the same. */
double latency_mean_ns(const struct placement *placement, uint32_t replicas)
{
    wide_uint sum = 0;
    if (placement->matrix == NULL || replicas < 2) {
        return 0;
    }
    for (uint32_t a = 0; a < placement->region_count; a++) {
        for (uint32_t b = 0; b < placement->region_count; b++) {
            uint64_t pairs = inhabitants(placement, replicas, a) * (inhabitants(placement, replicas, b) - (a == b));
            sum += (wide_uint)(inhabitants(placement, replicas, a) == 0 ? 0 : pairs) *
                   between(placement, placement->regions[a], placement->regions[b]);
        }
    }
    wide_uint pairs = (wide_uint)replicas * (replicas - 1);
    return (double)(uint64_t)(sum / pairs) + (double)(uint64_t)(sum % pairs) / (double)(uint64_t)pairs;
}

double latency_client_mean_ns(const struct placement *placement, uint32_t replicas)
{
    wide_uint sum = 0;
    if (placement->matrix == NULL) {
        return 0;
    }
    for (uint32_t place = 0; place < placement->region_count; place++) {
        uint32_t region = placement->regions[place];
        sum += (wide_uint)inhabitants(placement, replicas, place) *
               (between(placement, placement->client_region, region) +
                between(placement, region, placement->client_region));
    }
    uint64_t links = 2 * (uint64_t)replicas;
    return (double)(uint64_t)(sum / links) + (double)(uint64_t)(sum % links) / (double)links;
}

uint64_t latency_most_ns(const struct placement *placement)
{
    uint64_t most_ns = 0;
    for (uint32_t a = 0; placement->matrix != NULL && a <= placement->region_count; a++) {
        for (uint32_t b = 0; b <= placement->region_count; b++) {
            uint32_t from = a < placement->region_count ? placement->regions[a] : placement->client_region;
            uint32_t to = b < placement->region_count ? placement->regions[b] : placement->client_region;
            uint64_t delay_ns = between(placement, from, to);
            most_ns = delay_ns > most_ns ? delay_ns : most_ns;
        }
    }
    return most_ns;
}
