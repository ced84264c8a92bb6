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
    FAKE_VOTES,    /* everybody's votes for a digest of its own, with tags of nobody's or under its own signature */
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
    uint64_t *tags;               /* n, of the pre-prepare and of PREPAREs; owned */
    struct signature *signatures; /* n, likewise; owned; NULL without signatures */
    bool *voted;                  /* n; owned */
};

static union vote_auth auth_of(const struct faker *faker, node_id voter)
{
    union vote_auth auth = {.tag = faker->tags[voter]};
    if (faker->signatures != NULL) {
        auth.signature = &faker->signatures[voter];
    }
    return auth;
}

/* The newest sequence number of the newest view wins. */
static void gather(struct faker *faker, const struct message *vote, node_id from, union vote_auth auth)
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
    bool bound = faker->signatures == NULL || auth.signature != NULL;
    if (digest_equal(vote->digest, faker->digest) && bound) {
        if (faker->signatures == NULL) {
            faker->tags[from] = auth.tag;
        } else {
            faker->signatures[from] = *auth.signature;
        }
        faker->voted[from] = true;
    }
}

/* A proof of exactly `limit` of the gathered votes, or of fewer where there are not so many. */
static void write_votes(const struct faker *faker, struct proof *proof, uint32_t limit)
{
    for (node_id i = 0; i < faker->wrap.protocol.replicas && limit > 0; i++) {
        if (faker->voted[i]) {
            proof_add(proof, wrap_shape(&faker->wrap), i, auth_of(faker, i));
            limit--;
        }
    }
}

/* Votes by everybody that nobody cast; by as many as there is room for, each with the signature that it can make. */
static void invent_votes(const struct faker *faker, struct proof *proof, const struct message *vote,
                         struct outbox *outbox)
{
    const struct wrap *wrap = &faker->wrap;
    union vote_auth auth = outbox_vouch(outbox, vote);
    for (node_id i = 0; i < wrap->protocol.replicas; i++) {
        if (wrap_shape(wrap).signatures == 0) {
            auth.tag = draw(wrap->context.coalition->seed, wrap->context.id, DRAW_FALSE_DIGEST, faker->view,
                            faker->sequence, i);
        }
        proof_add(proof, wrap_shape(wrap), i, auth);
    }
}

static struct digest another_digest(const struct faker *faker)
{
    return draw_digest(faker->wrap.context.coalition->seed, faker->wrap.context.id, DRAW_FALSE_DIGEST, faker->view,
                       faker->sequence, 2);
}

/* Names a replica that does not exist; where there is no room for one more, nobody's vote instead. */
static void add_stranger(struct proof *proof, struct proof_shape shape)
{
    uint32_t replicas = shape.replicas;
    if (replicas % 64 != 0) {
        proof->senders[replicas / 64] |= UINT64_C(1) << (replicas % 64);
    } else if (shape.signatures == 0) {
        proof->tags ^= 1;
    } else {
        *(unsigned char *)(proof->senders + proof_words(replicas)) ^= 1; /* of the first signature */
    }
}

static void fake_prepared(const struct faker *faker, enum fake fake, struct prepared_head *entry, struct outbox *outbox)
{
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
        struct message vote = {.type = MESSAGE_PREPARE, .digest = entry->digest};
        vote.view = entry->view;
        vote.sequence = entry->sequence;
        invent_votes(faker, proof, &vote, outbox);
    } else {
        write_votes(faker, proof, votes);
    }
    if (fake == FAKE_SENDERS) {
        add_stranger(proof, wrap_shape(&faker->wrap));
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
    uint32_t interval = wrap->protocol.checkpoint_interval;
    enum fake fake = draw_fake(faker, view);
    uint32_t size = view_change_size(wrap_shape(wrap), fake == FAKE_STABLE ? 0 : 1);
    struct payload *contents = outbox_allocate(outbox, size);
    memset(contents->bytes, 0, size);
    struct view_change_head head = {.view = view, .author = wrap->context.id};
    if (fake == FAKE_STABLE) {
        head.stable = (faker->sequence / interval + 1) * interval;
        head.state = another_digest(faker);
        const struct message vote = {.type = MESSAGE_CHECKPOINT, .sequence = head.stable, .digest = head.state};
        invent_votes(faker, (struct proof *)(void *)(contents->bytes + sizeof head), &vote, outbox);
    } else {
        head.prepared_count = fake == FAKE_COUNT ? 1000 : 1;
        void *entry = contents->bytes + view_change_size(wrap_shape(wrap), 0);
        fake_prepared(faker, fake, entry, outbox);
    }
    memcpy(contents->bytes, &head, sizeof head);
    ask_with(wrap, view, head.stable, contents, outbox);
    wrap->base.fired++;
}

static union vote_auth auth_heard(const struct wrap *wrap, const struct message *message)
{
    return message->flags & MESSAGE_SEALED ? seal_unwrapped(message, wrap->context.keyring).auth : message->auth;
}

static bool fake_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    (void)outbox;
    if (event->kind == EVENT_MESSAGE && event->from < wrap->protocol.replicas &&
        (event->message->type == MESSAGE_PRE_PREPARE || event->message->type == MESSAGE_PREPARE)) {
        gather((struct faker *)wrap, event->message, event->from, auth_heard(wrap, event->message));
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
    union vote_auth auth = outbox_push(outbox, message);
    if (message->type == MESSAGE_PRE_PREPARE || message->type == MESSAGE_PREPARE) {
        gather(faker, message, wrap->context.id, auth);
    } else if (message->type == MESSAGE_COMMIT && message->attempt == 0) {
        send_fake(faker, message->view + 2, outbox);
    }
}

static bool fake_prepare(struct wrap *wrap)
{
    struct faker *faker = (struct faker *)wrap;
    faker->tags = calloc(wrap->protocol.replicas, sizeof *faker->tags);
    faker->voted = calloc(wrap->protocol.replicas, sizeof *faker->voted);
    bool is_signed = wrap_shape(wrap).signatures > 0;
    faker->signatures = is_signed ? calloc(wrap->protocol.replicas, sizeof *faker->signatures) : NULL;
    return faker->tags != NULL && faker->voted != NULL && (!is_signed || faker->signatures != NULL);
}

static void fake_release(struct wrap *wrap)
{
    free(((struct faker *)wrap)->tags);
    free(((struct faker *)wrap)->signatures);
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
