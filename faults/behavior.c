#include "faults/behavior.h"

#include <string.h>

#include "faults/catalogue.h"
#include "faults/inner.h"
#include "faults/misbehaving.h"

/* In the order of `pbft list`: omissions, wrong votes, coalitions, timing, intrusions, lies. */
static const struct behavior *const catalogue[] = {
    &behavior_silent,
    &behavior_crash,
    &behavior_crash_recover,
    &behavior_amnesia,
    &behavior_article,
    &behavior_conflicting_digest,
    &behavior_selective,
    &behavior_eager,
    &behavior_equivocate,
    &behavior_split_vote,
    &behavior_collude,
    &behavior_twin,
    &behavior_slow_primary,
    &behavior_forge_sender,
    &behavior_replay,
    &behavior_flood,
    &behavior_view_change_spam,
    &behavior_fake_certificate,
    &behavior_hide_prepared,
    &behavior_bad_new_view,
    &behavior_lying_checkpoint,
    &behavior_lying_reply,
    &behavior_vanish,
    &behavior_starve,
    &behavior_drip,
    &behavior_null_flood,
    &behavior_hollow,
    &behavior_bad_tag,
};

#define CATALOGUE_SIZE (sizeof(catalogue) / sizeof(catalogue[0]))

static const struct behavior past_the_last = {.name = NULL};

const struct behavior *behavior_at(size_t index)
{
    return index < CATALOGUE_SIZE ? catalogue[index] : &past_the_last;
}

const struct behavior *behavior_find(const char *name)
{
    for (size_t i = 0; i < CATALOGUE_SIZE; i++) {
        if (strcmp(catalogue[i]->name, name) == 0) {
            return catalogue[i];
        }
    }
    return NULL;
}

const struct replica *behavior_replica(const struct node *node)
{
    const struct inner *inner = ((const struct misbehaving *)node)->inner;
    return inner == NULL ? NULL : inner->replica;
}

uint64_t behavior_fired(const struct node *node)
{
    return ((const struct misbehaving *)node)->fired;
}
