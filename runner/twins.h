/* Every schedule of twins: misbehaving replicas are two correct copies behind one identity, and in each of the first
 * views all endpoints (identities, those of twins twice) are parted into at most three groups that do not hear each
 * other. Primaries are who the protocol says. Later views, and all after a while, hear everybody, so that the run must
 * be live too. Source: Bano et al., "Twins: BFT systems made robust", OPODIS 2021, whose leaders are enumerated too.
 *
 * A schedule is a number: which replicas are twins, then a partition for each view, the last view's varies fastest. Two
 * kinds need not be run: where the copies of a twin are swapped in all views (a mirror image), and where schedules
 * differ only in views that the run of one of them does not reach. Immutable once made; any thread. */
#ifndef PBFT_RUNNER_TWINS_H
#define PBFT_RUNNER_TWINS_H

#include "faults/behavior.h"
#include "runner/campaign.h"

#define TWINS_VIEWS 4
#define TWINS_GROUPS 3
#define TWINS_REPLICAS 8   /* n at most */
#define TWINS_ENDPOINTS 12 /* of which as many as there may be */

struct twins {
    struct scenario scenario;            /* what all runs share */
    uint32_t endpoints;                  /* n + b */
    uint32_t partitions;                 /* P: ways of parting the endpoints */
    uint8_t (*parting)[TWINS_ENDPOINTS]; /* P of them: the group of each endpoint; identities, then second copies */
    uint32_t *mirror;                    /* [b][P]: the same with a twin's copies swapped */
    uint64_t *sets;                      /* who may be twins, as bits */
    uint32_t set_count;
    uint64_t schedules; /* in all: set_count x P^TWINS_VIEWS */
};

/* Reads the options (those of a scenario that the user gave hold) for `byzantine` twins. False with a sentence; release
 * with twins_destroy() in any case. */
bool twins_make(const struct settings *settings, struct twins *twins, struct error *error);
void twins_destroy(struct twins *twins);

/* The scenario of one schedule. `plan` keeps pointers to the other two, which outlive it. */
#define TWINS_TABLE (TWINS_VIEWS * 2 * TWINS_REPLICAS)
void twins_plan(const struct twins *twins, uint64_t number, struct plan *plan, struct twin_schedule *schedule,
                uint8_t table[TWINS_TABLE]);

/* "twins 0; view 0: 0 2 | 0' 1 3; ..." */
#define TWINS_WORDS_SIZE 512
void twins_words(const struct twins *twins, uint64_t number, char words[TWINS_WORDS_SIZE]);

/* Whether it is a mirror image: swapping the copies of some twins gives a schedule with a smaller number. */
bool twins_is_mirror_image(const struct twins *twins, uint64_t number);

/* What became of the schedules. */
struct twins_counts {
    uint64_t schedules; /* those that were dealt with, without gaps */
    uint64_t mirrored;  /* of these: mirror images of others */
    uint64_t unreached; /* the same as another in all views that are reached */
    uint64_t run;       /* the rest */
};

/* Runs the schedules first .. first + count - 1 up to the first that breaks something; `campaign->seed` is then its
 * number. */
void twins_run(const struct twins *twins, const struct campaign_plan *plan, struct twins_counts *counts,
               struct campaign *campaign, struct error *error);

#endif
