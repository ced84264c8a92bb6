/* fake-certificate: its VIEW-CHANGEs prove what is not so, each in one of several ways; and beside each COMMIT it asks
 * for the next view with such a proof. It gathers the genuine votes for the newest sequence number, so that a proof can
 * be one of another view, digest or sequence number than its votes (R11, R20). Fired: VIEW-CHANGEs. */
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "core/view_change.h"
#include "faults/ask.h"
#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/wrap.h"

enum fake {
    FAKE_VOTES,    /* tags of nobody's under a digest of its own */
    FAKE_VIEW,     /* genuine votes, said to be of a later view */
    FAKE_DIGEST,   /* genuine votes for another digest */
    FAKE_SEQUENCE, /* genuine votes for another sequence number */
    FAKE_QUORUM,   /* genuine votes, one too few */
    FAKE_SENDERS,  /* a voter that does not exist */
    FAKE_STABLE,   /* a checkpoint that nobody has taken */
    FAKE_COUNT,    /* more entries than there are */
    FAKES
};

struct faker {
    struct wrap wrap; /* first */
    view_number view; /* what the gathered votes are for */
    sequence_number sequence;
    struct digest digest;
    uint64_t *tags; /* n, of the pre-prepare and of PREPAREs; owned */
    bool *voted;    /* n; owned */
};

/* The newest sequence number of the newest view wins. */
static void gather(struct faker *faker, const struct message *vote, node_id from, uint64_t tag)
{
    if (vote->view < faker->view || (vote->view == faker->view && vote->sequence < faker->sequence)) {
        return;
    }
    bool same = vote->view == faker->view && vote->sequence == faker->sequence;
    if (!same) {
        faker->view = vote->view;
        faker->sequence = vote->sequence;
        faker->digest = vote->digest;
        memset(faker->voted, 0, faker->wrap.protocol.replicas * sizeof *faker->voted);
    }
    if (digest_equal(vote->digest, faker->digest)) {
        faker->tags[from] = tag;
        faker->voted[from] = true;
    }
}

/* A proof of exactly `limit` of the gathered votes, or of fewer where there are not so many. */
static void write_votes(const struct faker *faker, struct proof *proof, uint32_t limit)
{
    for (node_id i = 0; i < faker->wrap.protocol.replicas && limit > 0; i++) {
        if (faker->voted[i]) {
            proof->senders[i / 64] |= UINT64_C(1) << (i % 64);
            proof->tags ^= faker->tags[i];
            limit--;
        }
    }
}

/* Votes by everybody that nobody cast. */
static void invent_votes(const struct faker *faker, struct proof *proof)
{
    const struct wrap *wrap = &faker->wrap;
    for (node_id i = 0; i < wrap->protocol.replicas; i++) {
        proof->senders[i / 64] |= UINT64_C(1) << (i % 64);
    }
    proof->tags = draw(wrap->context.coalition->seed, wrap->context.id, DRAW_FALSE_DIGEST, faker->view, faker->sequence,
                       1);
}

static struct digest another_digest(const struct faker *faker)
{
    return draw_digest(faker->wrap.context.coalition->seed, faker->wrap.context.id, DRAW_FALSE_DIGEST, faker->view,
                       faker->sequence, 2);
}

static void fake_prepared(const struct faker *faker, enum fake fake, struct prepared_head *entry)
{
    uint32_t replicas = faker->wrap.protocol.replicas;
    struct proof *proof = (struct proof *)(void *)(entry + 1);
    *entry = (struct prepared_head){.sequence = faker->sequence, .digest = faker->digest, .view = faker->view};
    uint32_t votes = faker->wrap.protocol.quorum;
    if (fake == FAKE_VIEW) {
        entry->view++;
    } else if (fake == FAKE_SEQUENCE) {
        entry->sequence++;
    } else if (fake == FAKE_DIGEST || fake == FAKE_VOTES) {
        entry->digest = another_digest(faker);
    } else if (fake == FAKE_QUORUM) {
        votes--;
    }
    if (fake == FAKE_VOTES) {
        invent_votes(faker, proof);
    } else {
        write_votes(faker, proof, votes);
    }
    if (fake == FAKE_SENDERS) {
        proof->senders[replicas / 64] |= replicas % 64 == 0 ? 0 : UINT64_C(1) << (replicas % 64);
        proof->tags ^= replicas % 64 == 0; /* no room for one more: a vote that nobody cast instead */
    }
}

static enum fake draw_fake(const struct faker *faker, view_number view)
{
    const struct wrap *wrap = &faker->wrap;
    uint64_t drawn = draw(wrap->context.coalition->seed, wrap->context.id, DRAW_FAKE, faker->view, faker->sequence,
                          view);
    return (enum fake)draw_below(drawn, FAKES);
}

/* `view` lies above every view that the proof may name. */
static void send_fake(struct faker *faker, view_number view, struct outbox *outbox)
{
    struct wrap *wrap = &faker->wrap;
    uint32_t replicas = wrap->protocol.replicas, interval = wrap->protocol.checkpoint_interval;
    enum fake fake = draw_fake(faker, view);
    uint32_t size = view_change_size(replicas, fake == FAKE_STABLE ? 0 : 1);
    struct payload *contents = outbox_allocate(outbox, size);
    memset(contents->bytes, 0, size);
    struct view_change_head head = {.view = view, .author = wrap->context.id};
    if (fake == FAKE_STABLE) {
        head.stable = (faker->sequence / interval + 1) * interval;
        head.state = another_digest(faker);
        invent_votes(faker, (struct proof *)(void *)(contents->bytes + sizeof head));
    } else {
        head.prepared_count = fake == FAKE_COUNT ? 1000 : 1;
        fake_prepared(faker, fake, (struct prepared_head *)(void *)(contents->bytes + view_change_size(replicas, 0)));
    }
    memcpy(contents->bytes, &head, sizeof head);
    ask_with(wrap, view, head.stable, contents, outbox);
    wrap->base.fired++;
}

static bool fake_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    (void)outbox;
    if (event->kind == EVENT_MESSAGE && event->from < wrap->protocol.replicas &&
        (event->message->type == MESSAGE_PRE_PREPARE || event->message->type == MESSAGE_PREPARE)) {
        gather((struct faker *)wrap, event->message, event->from, event->message->tag);
    }
    return true;
}

static void fake_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct faker *faker = (struct faker *)wrap;
    if (message->type == MESSAGE_VIEW_CHANGE) {
        send_fake(faker, message->view + 1, outbox);
        return;
    }
    uint64_t tag = outbox_push(outbox, message);
    if (message->type == MESSAGE_PRE_PREPARE || message->type == MESSAGE_PREPARE) {
        gather(faker, message, wrap->context.id, tag);
    } else if (message->type == MESSAGE_COMMIT && message->attempt == 0) {
        send_fake(faker, message->view + 2, outbox);
    }
}

static bool fake_prepare(struct wrap *wrap)
{
    struct faker *faker = (struct faker *)wrap;
    faker->tags = calloc(wrap->protocol.replicas, sizeof *faker->tags);
    faker->voted = calloc(wrap->protocol.replicas, sizeof *faker->voted);
    return faker->tags != NULL && faker->voted != NULL;
}

static void fake_release(struct wrap *wrap)
{
    free(((struct faker *)wrap)->tags);
    free(((struct faker *)wrap)->voted);
}

static const struct wrap_operations operations = {
    .incoming = fake_incoming,
    .outgoing = fake_outgoing,
    .release = fake_release,
};

static struct node *fake_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct faker), context, &operations, fake_prepare);
}

const struct behavior behavior_fake_certificate = {
    .name = "fake-certificate",
    .summary = "view changes with certificates that are forged, of mixed views, or too small",
    .create = fake_create,
};
