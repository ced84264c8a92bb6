/* One-way delays between the regions in which replicas and clients live. A matrix is immutable once it is made; any
 * thread. */
#ifndef PBFT_NET_LATENCY_H
#define PBFT_NET_LATENCY_H

#include "core/types.h"

#define LATENCY_MOST_REGIONS 256 /* of a matrix */
#define LATENCY_MOST_USED 64     /* of them in a run */
#define LATENCY_NAME_SIZE 48

struct latency_matrix {
    char *label;  /* where it comes from, as the user names it */
    bool builtin; /* it came with the program under that name */
    uint32_t count;
    char (*names)[LATENCY_NAME_SIZE]; /* count */
    uint64_t *delays_ns;              /* count x count: [from * count + to] */
};

/* Where everybody lives: replica i in regions[i mod region_count]. */
struct placement {
    const struct latency_matrix *matrix; /* NULL: nobody lives anywhere, and there are no such delays */
    uint32_t region_count;
    uint16_t regions[LATENCY_MOST_USED]; /* rows of the matrix */
    uint16_t client_region;              /* likewise; of all clients */
};

/* Room for `count` regions; names and delays are zero. NULL if memory is lacking. Release with
 * latency_matrix_destroy(), which takes NULL too. */
struct latency_matrix *latency_matrix_create(const char *label, uint32_t count);
void latency_matrix_destroy(struct latency_matrix *matrix);

/* Whether this may be a region's name: not empty, short enough, no comma, semicolon, quote or control character. */
bool latency_name_is_good(const char *name);
/* The region of that name; `count` if there is none. */
uint32_t latency_find(const struct latency_matrix *matrix, const char *name);
/* The names, separated by ", ", cut off with "..." where they do not fit. */
void latency_names_text(const struct latency_matrix *matrix, char *text, size_t size);

/* The delay from one node to another; ids from `replicas` on are clients. There is a matrix. */
static inline uint64_t latency_ns(const struct placement *placement, uint32_t replicas, node_id from, node_id to)
{
    const struct latency_matrix *matrix = placement->matrix;
    uint32_t row = from < replicas ? placement->regions[from % placement->region_count] : placement->client_region;
    uint32_t column = to < replicas ? placement->regions[to % placement->region_count] : placement->client_region;
    return matrix->delays_ns[(size_t)row * matrix->count + column];
}

/* The mean over all ordered pairs of distinct replicas; 0 for a single replica, and without a matrix. */
double latency_mean_ns(const struct placement *placement, uint32_t replicas);
/* Of the links between clients and replicas, both ways. */
double latency_client_mean_ns(const struct placement *placement, uint32_t replicas);
/* The longest between any two regions that are in use. */
uint64_t latency_most_ns(const struct placement *placement);

#endif
