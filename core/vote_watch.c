#include "core/vote_watch.h"

#include <stdlib.h>

#include "core/zeroed.h"

enum { PHASES = 2 };

struct cast_vote {
    struct digest digest;
    sequence_number sequence; /* 0: none */
    view_number view;
};

struct vote_watch {
    view_number asked; /* of the last VIEW-CHANGE */
    uint32_t mask;
    struct cast_vote votes[][PHASES];
};

struct vote_watch *vote_watch_create(uint32_t replicas, uint32_t window)
{
    uint32_t places = 1;
    while (places < window) {
        places *= 2;
    }
    struct vote_watch *watch = zeroed_of_each(replicas, 1, sizeof *watch + places * sizeof *watch->votes);
    if (watch != NULL) {
        watch->mask = places - 1;
    }
    return watch;
}

void vote_watch_destroy(struct vote_watch *watch)
{
    free(watch);
}

/* A pre-prepare is its primary's vote in the first phase (R3). */
static bool allows_vote(struct vote_watch *watch, const struct message *message, int phase)
{
    struct cast_vote *vote = &watch->votes[message->sequence & watch->mask][phase];
    bool same_place = vote->sequence == message->sequence && vote->view == message->view;
    bool conflict = same_place && !digest_equal(vote->digest, message->digest);
    bool over = message->view < watch->asked;
    if (!same_place) {
        *vote = (struct cast_vote){message->digest, message->sequence, message->view};
    }
    return !conflict && !over;
}

bool vote_watch_allows(struct vote_watch *watch, const struct message *message)
{
    switch (message->type) {
    case MESSAGE_PRE_PREPARE:
    case MESSAGE_PREPARE:
        return allows_vote(watch, message, 0);
    case MESSAGE_COMMIT:
        return allows_vote(watch, message, 1);
    case MESSAGE_VIEW_CHANGE:
        watch->asked = message->view > watch->asked ? message->view : watch->asked;
        return true;
    default:
        return true;
    }
}
