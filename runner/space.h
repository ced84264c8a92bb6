/* From which scenarios a campaign draws: what the user has said about an option holds for all of them, as one value or
 * as several of which each scenario draws one; the rest is drawn freely (generate.h). Immutable once read. */
#ifndef PBFT_RUNNER_SPACE_H
#define PBFT_RUNNER_SPACE_H

#include "runner/grid.h"

/* A number of misbehaving replicas, which may depend on n and q. */
struct faulty_count {
    enum { FAULTY_NUMBER, FAULTY_F /* floor((n-1)/3) */, FAULTY_BREAKING /* 2q-n */ } kind;
    uint32_t number;
};

/* Both ends included. Where the first comes out above the last, the last holds alone. */
struct faulty_range {
    struct faulty_count first, last;
};

#define MOST_FAULTY_RANGES 16

struct space {
    struct settings settings; /* as given; texts are borrowed */
    struct scenario base;     /* single values and defaults; what is drawn is not yet in it */
    struct axis axes[OPTION_COUNT];
    size_t axis_count;
    struct faulty_range faulty[MOST_FAULTY_RANGES];
    size_t faulty_count;
    bool beyond; /* the numbers may exceed f */
};

/* Reads all scenario options. The seed must be set. False with a sentence; release with space_destroy() in any case. */
bool space_read(const struct settings *settings, struct space *space, struct error *error);
void space_destroy(struct space *space);

/* Whether the user has said anything about the option: then it is not drawn freely. */
static inline bool space_gives(const struct space *space, enum option_id id)
{
    return settings_has(&space->settings, id);
}

/* Whether it has said one value, for all scenarios. */
bool space_fixes(const struct space *space, enum option_id id);

/* Its value for these n and q; UINT32_MAX where 2q-n replicas cannot break anything. */
uint32_t faulty_value(const struct faulty_count *count, uint32_t n, uint32_t q);

#endif
