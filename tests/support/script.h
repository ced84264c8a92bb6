/* Hand-made journals for the checker: a journal for each node, played in any interleaving. Header-only; for tests. */
#ifndef PBFT_TESTS_SCRIPT_H
#define PBFT_TESTS_SCRIPT_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "core/request.h"
#include "core/view_change.h"
#include "runner/checker.h"

#define SCRIPT_NODES 12
#define SCRIPT_ENTRIES 512
#define SCRIPT_BATCHES 512

struct script {
    struct protocol_config protocol;
    struct checker_config config;
    bool misbehaving[SCRIPT_NODES];
    struct keyring *keyring;
    struct journal_entry entries[SCRIPT_NODES][SCRIPT_ENTRIES];
    size_t counts[SCRIPT_NODES];
    struct payload *batches[SCRIPT_BATCHES];
    size_t batch_count;
};

static inline void script_reclaim(struct payload *payload)
{
    free(payload);
}

/* n replicas, then clients, then one accomplice. */
static inline struct script *script_create(uint32_t replicas, uint32_t clients)
{
    assert(replicas + clients + 1 <= SCRIPT_NODES);
    struct script *script = calloc(1, sizeof *script);
    script->protocol = (struct protocol_config){.replicas = replicas,
                                                .clients = clients,
                                                .accomplices = 1,
                                                .quorum = quorum_size(replicas),
                                                .batch = 8,
                                                .pipeline = 8,
                                                .checkpoint_interval = 4,
                                                .window = 8};
    script->keyring = keyring_create(replicas + clients + 1, 7);
    script->config = (struct checker_config){.protocol = &script->protocol,
                                             .keyring = script->keyring,
                                             .misbehaving = script->misbehaving,
                                             .reply_quorum = quorum_weak(replicas)};
    return script;
}

/* Every batch must have come back to the one reference that the script holds. */
static inline void script_destroy(struct script *script)
{
    for (size_t i = 0; i < script->batch_count; i++) {
        assert(atomic_load(&script->batches[i]->references) == 1);
        payload_drop(script->batches[i]);
    }
    keyring_destroy(script->keyring);
    free(script);
}

static inline struct payload *script_payload(struct script *script, size_t size)
{
    struct payload *payload = aligned_alloc(_Alignof(struct payload), (sizeof *payload + size + 63) & ~(size_t)63);
    memset(payload, 0, sizeof *payload);
    atomic_init(&payload->references, 1);
    payload->size = (uint32_t)size;
    payload->reclaim = script_reclaim;
    assert(script->batch_count < SCRIPT_BATCHES);
    script->batches[script->batch_count++] = payload;
    return payload;
}

/* A batch of one client's requests `first` .. `first + count - 1`; `salt` makes another request of the same name. */
static inline struct payload *script_batch(struct script *script, node_id client, uint64_t first, uint32_t count,
                                           uint64_t salt)
{
    struct payload *payload = script_payload(script, count * request_footprint(sizeof salt));
    size_t offset = 0;
    for (uint32_t i = 0; i < count; i++) {
        offset += request_write(payload->bytes + offset, script->keyring, client, first + i, &salt, sizeof salt);
    }
    payload_seal(payload);
    return payload;
}

static inline struct journal_entry *script_add(struct script *script, node_id node, enum journal_kind kind,
                                               uint64_t time_ns)
{
    assert(script->counts[node] < SCRIPT_ENTRIES);
    struct journal_entry *entry = &script->entries[node][script->counts[node]++];
    *entry = (struct journal_entry){.kind = (uint8_t)kind, .node = node, .time_ns = time_ns};
    return entry;
}

static inline void script_submit(struct script *script, node_id client, uint64_t timestamp, uint64_t planned_ns)
{
    struct journal_entry *entry = script_add(script, client, JOURNAL_SUBMITTED, planned_ns);
    entry->client = client;
    entry->timestamp = timestamp;
    entry->planned_ns = planned_ns;
}

static inline void script_accept(struct script *script, node_id client, uint64_t timestamp, uint64_t time_ns)
{
    struct journal_entry *entry = script_add(script, client, JOURNAL_ACCEPTED, time_ns);
    entry->client = client;
    entry->timestamp = timestamp;
}

static inline void script_propose(struct script *script, view_number view, sequence_number sequence,
                                  struct payload *batch, uint64_t time_ns)
{
    struct journal_entry *entry = script_add(script, primary_of(view, script->protocol.replicas), JOURNAL_PROPOSED,
                                             time_ns);
    entry->view = view;
    entry->sequence = sequence;
    entry->batch = batch;
    entry->digest = batch == NULL ? digest_null() : payload_digest(batch);
}

/* COMMITTED, PREPARED, STABLE, TRANSFERRED, VIEW_CHANGE or NEW_VIEW. */
static inline struct journal_entry *script_say(struct script *script, node_id node, enum journal_kind kind,
                                               view_number view, sequence_number sequence, struct digest digest,
                                               uint64_t time_ns)
{
    struct journal_entry *entry = script_add(script, node, kind, time_ns);
    entry->view = view;
    entry->sequence = sequence;
    entry->digest = digest;
    return entry;
}

/* What one VIEW-CHANGE of script_view_changed() holds in P. */
struct script_prepared {
    node_id author;
    sequence_number sequence;
    view_number view;
    struct digest digest;
};

/* Votes of all replicas, the primary's `opener` by a PRE-PREPARE, into a proof. */
static inline void script_prove(struct script *script, const struct proof *proof, enum message_type type,
                                node_id opener, view_number view, sequence_number sequence, struct digest digest)
{
    struct proof_shape shape = proof_shape(script->protocol.replicas, script->protocol.quorum, AUTH_NONE);
    proof_clear((struct proof *)proof, shape);
    for (node_id id = 0; id < script->protocol.replicas; id++) {
        uint8_t cast = (uint8_t)(id == opener ? MESSAGE_PRE_PREPARE : type);
        union vote_auth auth = {.tag = auth_tag(script->keyring, id, cast, view, sequence, digest)};
        proof_add((struct proof *)proof, shape, id, auth);
    }
}

/* A VIEW-CHANGE for `view` with h = `stable` and those of `prepared` that are its author's; all is proven. */
static inline struct payload *script_view_change(struct script *script, node_id author, view_number view,
                                                 sequence_number stable, const struct script_prepared *prepared,
                                                 uint32_t count)
{
    struct proof_shape shape = proof_shape(script->protocol.replicas, script->protocol.quorum, AUTH_NONE);
    uint32_t own = 0;
    for (uint32_t i = 0; i < count; i++) {
        own += prepared[i].author == author;
    }
    struct payload *change = script_payload(script, view_change_size(shape, own));
    const struct view_change_head head = {.view = view, .author = author, .stable = stable, .prepared_count = own};
    memcpy(change->bytes, &head, sizeof head);
    script_prove(script, view_change_stable_proof(change->bytes), MESSAGE_CHECKPOINT, NO_NODE, 0, stable, head.state);
    for (uint32_t i = 0, place = 0; i < count; i++) {
        if (prepared[i].author == author) {
            const struct prepared_head entry = {
                .sequence = prepared[i].sequence, .digest = prepared[i].digest, .view = prepared[i].view};
            const struct prepared_head *out = view_change_prepared(change->bytes, place++, shape);
            memcpy((void *)out, &entry, sizeof entry);
            script_prove(script, prepared_proof(out), MESSAGE_PREPARE,
                         primary_of(entry.view, script->protocol.replicas), entry.view, entry.sequence, entry.digest);
        }
    }
    payload_seal(change);
    return change;
}

/* The NEW-VIEW for `view` on VIEW-CHANGEs of replicas 0 .. q-1, each with h = `stable`. It is proven. */
static inline struct payload *script_new_view(struct script *script, view_number view, sequence_number stable,
                                              const struct script_prepared *prepared, uint32_t count)
{
    const struct proof_rules rules = proof_rules(script->keyring, script->protocol.replicas, script->protocol.quorum);
    struct change changes[SCRIPT_NODES];
    for (node_id id = 0; id < rules.quorum; id++) {
        struct payload *payload = script_view_change(script, id, view, stable, prepared, count);
        uint64_t tag = auth_tag(script->keyring, id, MESSAGE_VIEW_CHANGE, view, stable, payload_digest(payload));
        changes[id] = (struct change){.author = id, .auth = {.tag = tag}, .payload = payload};
    }
    struct order_bounds bounds;
    uint32_t size = new_view_size(changes, rules.quorum, rules.shape, &bounds);
    struct payload *new_view = script_payload(script, size);
    new_view_write(new_view, &rules, view, changes, rules.quorum, bounds);
    payload_seal(new_view);
    return new_view;
}

/* It leaves the view's primary. */
static inline void script_send_new_view(struct script *script, view_number view, struct payload *new_view,
                                        uint64_t time_ns)
{
    struct journal_entry *entry = script_add(script, primary_of(view, script->protocol.replicas), JOURNAL_NEW_VIEW_SENT,
                                             time_ns);
    entry->view = view;
    entry->digest = payload_digest(new_view);
    entry->contents = new_view;
}

/* Sends a NEW-VIEW that orders nothing; what they enter the view by has the digest that comes back. */
static inline struct digest script_open_view(struct script *script, view_number view, uint64_t time_ns)
{
    struct payload *new_view = script_new_view(script, view, 0, NULL, 0);
    script_send_new_view(script, view, new_view, time_ns);
    return payload_digest(new_view);
}

/* The history that a replica reports when all is well. */
static inline uint64_t script_history(sequence_number sequence)
{
    return 1000 + sequence;
}

/* Committed and executed at once. */
static inline struct journal_entry *script_execute(struct script *script, node_id node, view_number view,
                                                   sequence_number sequence, const struct payload *batch,
                                                   uint64_t time_ns)
{
    struct digest digest = batch == NULL ? digest_null() : payload_digest(batch);
    struct journal_entry *entry = script_say(script, node, JOURNAL_EXECUTED, view, sequence, digest, time_ns);
    entry->committed_ns = time_ns;
    entry->history = script_history(sequence);
    entry->count = batch == NULL ? 0 : batch_count(batch);
    entry->flags = batch == NULL ? JOURNAL_FLAG_NULL : 0;
    return entry;
}

/* The last entry of that kind in the node's journal. */
static inline struct journal_entry *script_last(struct script *script, node_id node, enum journal_kind kind)
{
    for (size_t i = script->counts[node]; i-- > 0;) {
        if (script->entries[node][i].kind == kind) {
            return &script->entries[node][i];
        }
    }
    assert(!!"no such entry" == 2);
    return NULL;
}

/* Client `client` submits its next request at `time_ns`, the primary of view 0 proposes it, every replica executes it
 * 10 ns later, and the client accepts after 20. Returns its batch. */
static inline struct payload *script_decide(struct script *script, node_id client, uint64_t timestamp,
                                            sequence_number sequence, uint64_t time_ns)
{
    struct payload *batch = script_batch(script, client, timestamp, 1, 0);
    script_submit(script, client, timestamp, time_ns);
    script_propose(script, 0, sequence, batch, time_ns);
    for (node_id id = 0; id < script->protocol.replicas; id++) {
        script_execute(script, id, 0, sequence, batch, time_ns + 10);
    }
    script_accept(script, client, timestamp, time_ns + 20);
    script->config.requests++;
    return batch;
}

static inline void script_consume(const struct journal_sink *sink, const struct journal_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (journal_payload(&entries[i]) != NULL) {
            payload_hold(journal_payload(&entries[i]));
        }
    }
    sink->consume(sink->context, entries[0].node, entries, count);
}

static inline uint64_t script_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Feeds the journals to `checker` in an order drawn from `seed`; 0: one whole journal after the other, the last node's
 * first; 1: the first node's first. */
static inline void script_feed(struct script *script, struct checker *checker, uint64_t seed)
{
    struct journal_sink sink = checker_sink(checker);
    size_t done[SCRIPT_NODES] = {0};
    uint64_t state = seed;
    size_t left = 0;
    for (node_id node = 0; node < SCRIPT_NODES; node++) {
        left += script->counts[node];
    }
    for (uint64_t round = 0; left > 0; round++) {
        node_id node = seed == 0   ? (node_id)(SCRIPT_NODES - 1 - round)
                       : seed == 1 ? (node_id)round
                                   : (node_id)(script_random(&state) % SCRIPT_NODES);
        size_t count = script->counts[node] - done[node];
        if (count > 0 && seed > 1) {
            count = 1 + script_random(&state) % count % 3;
        }
        if (count > 0) {
            script_consume(&sink, &script->entries[node][done[node]], count);
            done[node] += count;
            left -= count;
        }
    }
}

static inline struct run_result *script_play(struct script *script, uint64_t seed)
{
    struct run_result *result = calloc(1, sizeof *result);
    struct checker *checker = checker_create(&script->config, result);
    script_feed(script, checker, seed);
    bool finished = checker_finish(checker, 1000000);
    assert(finished);
    checker_destroy(checker);
    return result;
}

static inline void script_release(struct run_result *result)
{
    free(result->timeline);
    free(result->replicas);
    free(result);
}

#endif
