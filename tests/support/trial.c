#include "tests/support/trial.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void compare_messages(const char *name, const struct stage *one, const struct stage *other)
{
    cr_assert_eq(one->out.message_count, other->out.message_count, "%s: %u messages and %u", name,
                 one->out.message_count, other->out.message_count);
    for (uint32_t index = 0; index < one->out.message_count; index++) {
        struct message a = one->out.messages[index], b = other->out.messages[index];
        const struct payload *mine = a.payload, *its = b.payload;
        a.payload = b.payload = NULL;
        cr_assert_eq(memcmp(&a, &b, sizeof a), 0, "%s: message %u, %s and %s", name, index, message_type_name(a.type),
                     message_type_name(b.type));
        cr_assert_eq(mine == NULL, its == NULL);
        cr_assert(mine == NULL || (mine->size == its->size && memcmp(mine->bytes, its->bytes, mine->size) == 0),
                  "%s: the contents of message %u, %s", name, index, message_type_name(a.type));
    }
}

static void compare(const char *name, const struct stage *one, const struct stage *other)
{
    compare_messages(name, one, other);
    cr_assert_eq(one->out.entry_count, other->out.entry_count, "%s", name);
    for (uint32_t index = 0; index < one->out.entry_count; index++) {
        cr_assert_eq(memcmp(&one->out.entries[index], &other->out.entries[index], sizeof *one->out.entries), 0,
                     "%s: entry %u", name, index);
    }
    struct replica_status mine, its;
    replica_status(one->replica, &mine);
    replica_status(other->replica, &its);
    for (uint32_t reason = 0; reason < REJECT_REASONS; reason++) {
        cr_assert_eq(mine.rejected[reason], its.rejected[reason], "%s: %lu %s and %lu", name,
                     (unsigned long)mine.rejected[reason], reject_name((enum reject)reason),
                     (unsigned long)its.rejected[reason]);
    }
    cr_assert_eq(memcmp(&mine, &its, sizeof mine), 0, "%s: where they stand", name);
    cr_assert_eq(stage_deadline(one), stage_deadline(other), "%s: the deadlines", name);
}

static bool is_modelled(const struct message *message)
{
    return message->type <= MESSAGE_COMMIT && message->attempt == 0 && message->to == TO_ALL_REPLICAS;
}

static void compare_line(const char *name, const struct model_lines *expected, uint32_t at, struct model_line line)
{
    cr_assert_lt(at, expected->count, "%s: kind %u at %lu is one more than there should be", name, line.kind,
                 (unsigned long)line.sequence);
    const struct model_line *right = &expected->lines[at];
    cr_assert(line.kind == right->kind && line.view == right->view && line.sequence == right->sequence &&
                  digest_equal(line.digest, right->digest),
              "%s: kind %u in view %u at %lu instead of kind %u in view %u at %lu", name, line.kind, line.view,
              (unsigned long)line.sequence, right->kind, right->view, (unsigned long)right->sequence);
}

/* What the model has put out is what the replica has. */
static void compare_with_model(struct trial *trial)
{
    const struct collector *out = &trial->stepped.out;
    struct vote_model *model = trial->model;
    uint32_t sent = 0, entered = 0;
    for (uint32_t index = 0; index < out->message_count; index++) {
        const struct message *m = &out->messages[index];
        if (is_modelled(m)) {
            compare_line(trial->name, &model->sent, sent++,
                         (struct model_line){m->type, m->view, m->sequence, m->digest});
        } else if (m->type == MESSAGE_CHECKPOINT && m->attempt == 0) {
            trial->checkpoint = m->digest;
        }
    }
    for (uint32_t index = 0; index < out->entry_count; index++) {
        const struct journal_entry *e = &out->entries[index];
        if (e->kind == JOURNAL_COMMITTED || e->kind == JOURNAL_EXECUTED) {
            compare_line(trial->name, &model->journal, entered++,
                         (struct model_line){e->kind, e->view, e->sequence, e->digest});
        }
    }
    cr_assert_eq(sent, model->sent.count, "%s: %u votes of %u", trial->name, sent, model->sent.count);
    cr_assert_eq(entered, model->journal.count, "%s: %u entries of %u", trial->name, entered, model->journal.count);
    model->sent.count = model->journal.count = 0;
    const struct replica_status status = stage_status(&trial->stepped);
    cr_assert(status.view == model->view && status.active == model->active, "%s", trial->name);
    cr_assert(status.executed == model->executed && status.stable == model->low, "%s", trial->name);
}

static void step(struct stage *stage, uint64_t now_ns, enum event_kind kind, const struct message *message,
                 node_id from)
{
    const struct event event = {.now_ns = now_ns, .kind = kind, .message = message, .from = from};
    stage->out.outbox.now_ns = now_ns;
    node_step(replica_node(stage->replica), &event, &stage->out.outbox);
    collector_gather(&stage->out);
}

/* How many of these can be said in brief together with the first. */
static uint32_t in_brief(const struct trial *trial, uint32_t first, struct brief_vote *votes)
{
    const struct message *common = &trial->messages[trial->references[first].slot];
    uint32_t count = 0;
    for (uint32_t i = first; i < trial->number; i++) {
        const struct message *message = &trial->messages[trial->references[i].slot];
        const bool commit = message->type == MESSAGE_COMMIT;
        if ((!commit && message->type != MESSAGE_PREPARE) || message->attempt != 0 || message->flags != 0 ||
            message->payload != NULL || message->sender != trial->references[i].from ||
            message->sender != common->sender || message->view != common->view || message->sequence >= BRIEF_COMMIT) {
            break;
        }
        votes[count++] = (struct brief_vote){message->sequence + (commit ? BRIEF_COMMIT : 0), message->digest,
                                             message->tag};
    }
    return count;
}

/* Every other time in brief, where there is anything to be said so. */
static uint32_t count_some(struct trial *trial, uint32_t first, uint32_t *offered)
{
    struct node *node = replica_node(trial->counted.replica);
    struct brief_vote votes[TRIAL_BATCH];
    const struct message *message = &trial->messages[trial->references[first].slot];
    const uint32_t brief = in_brief(trial, first, votes);
    if (brief > 0 && (trial->delivered + first) % 2 == 1) {
        *offered = brief;
        trial->briefly += brief;
        return node_count_brief(node, trial->now_ns, message->sender, message->view, votes, brief);
    }
    *offered = trial->number - first;
    return node_count(node, trial->now_ns, trial->messages, trial->references + first, *offered);
}

/* As drivers do it. `taken[i]`: whether count() took the i-th message; none once the deadline has come. */
static void feed_counted(struct trial *trial, bool *taken)
{
    struct stage *stage = &trial->counted;
    for (uint32_t i = 0; i < trial->number; i++) {
        node_expect(replica_node(stage->replica), &trial->messages[trial->references[i].slot]);
    }
    for (uint32_t i = 0; i < trial->number;) {
        uint32_t offered;
        uint32_t count = count_some(trial, i, &offered);
        cr_assert_leq(count, offered, "%s", trial->name);
        const bool all = count == offered;
        for (; count > 0; count--) {
            taken[i++] = true;
            trial->taken++;
        }
        if (!all && i < trial->number) {
            const struct reference reference = trial->references[i++];
            step(stage, trial->now_ns, EVENT_MESSAGE, &trial->messages[reference.slot], reference.from);
        }
    }
}

static void step_the_long_way(struct trial *trial, const struct message *message, node_id from)
{
    struct stage *stage = &trial->detailed;
    uint32_t messages = stage->out.message_count, entries = stage->out.entry_count;
    uint64_t deadline_ns = stage_deadline(stage);
    struct message laden = *message;
    laden.payload = trial->ballast;
    step(stage, trial->now_ns, EVENT_MESSAGE, &laden, from);
    step(stage, trial->now_ns, EVENT_TIMER, NULL, NO_NODE);
    cr_assert_eq(stage->out.message_count, messages, "%s: it puts something out", trial->name);
    cr_assert_eq(stage->out.entry_count, entries, "%s: it reports something", trial->name);
    cr_assert_eq(stage_deadline(stage), deadline_ns, "%s: it moves the deadline", trial->name);
}

/* With what it cannot know by itself. */
static void tell_model(struct trial *trial, const struct message *message, node_id from)
{
    struct vote_model *model = trial->model;
    sequence_number sequence = message->sequence;
    if (message->payload != NULL && message->type == MESSAGE_REQUEST) {
        model->sent.lines[model->sent.count++] = (struct model_line){MESSAGE_PRE_PREPARE, model->view,
                                                                     trial->ordered + 1, message->digest};
        model_open(model, ++trial->ordered, message->digest, false);
    } else if (message->payload != NULL && message->type == MESSAGE_BATCH) {
        if (model_in_window(model, sequence) && model->slots[sequence].lacking) {
            model_supply(model, sequence);
        }
    } else if (message->type == MESSAGE_CHECKPOINT && sequence % trial->interval == 0 && message->sender == from) {
        model_checkpoint(model, sequence, from);
    } else {
        model_receive(model, message, from);
    }
}

/* Delivers the batch: the model says of each message whether it only counts, and what comes of it. */
static void deliver(struct trial *trial)
{
    bool taken[TRIAL_BATCH] = {false};
    feed_counted(trial, taken);
    for (uint32_t i = 0; i < trial->number; i++) {
        const struct message *message = &trial->messages[trial->references[i].slot];
        const node_id from = trial->references[i].from;
        bool early = trial->now_ns < stage_deadline(&trial->stepped);
        cr_assert_eq(taken[i], early && model_only_counts(trial->model, message, from),
                     "%s: %s a %s of %u in view %u at %lu", trial->name, taken[i] ? "took" : "left",
                     message_type_name(message->type), from, message->view, (unsigned long)message->sequence);
        tell_model(trial, message, from);
        step(&trial->stepped, trial->now_ns, EVENT_MESSAGE, message, from);
        if (taken[i]) {
            step_the_long_way(trial, message, from);
        } else {
            step(&trial->detailed, trial->now_ns, EVENT_MESSAGE, message, from);
        }
    }
    trial->delivered += trial->number;
    trial->number = 0;
}

static void run_timers(struct trial *trial)
{
    for (uint32_t which = 0; which < 3; which++) {
        if (stage_deadline(trial->all[which]) <= trial->now_ns) {
            step(trial->all[which], trial->now_ns, EVENT_TIMER, NULL, NO_NODE);
        }
    }
}

void trial_finish(struct trial *trial)
{
    deliver(trial);
    run_timers(trial);
    compare_with_model(trial);
    compare(trial->name, &trial->stepped, &trial->counted);
    compare(trial->name, &trial->stepped, &trial->detailed);
    for (uint32_t which = 0; which < 3; which++) {
        stage_forget(trial->all[which]);
    }
}

/* The places of a batch's messages are not in the order in which they are named. */
void trial_push(struct trial *trial, node_id from, struct message message)
{
    uint32_t slot = (trial->number * 5 + 3) % TRIAL_BATCH;
    message.to = trial->model->id;
    message.sent_ns = trial->now_ns;
    message.tag = auth_tag(trial->stepped.keyring, from, message.type, message.view, message.sequence, message.digest);
    trial->messages[slot] = message;
    trial->references[trial->number++] = (struct reference){slot, from};
    if (trial->number == TRIAL_BATCH) {
        trial_finish(trial);
    }
}

void trial_step_all(struct trial *trial, const struct message *message)
{
    for (uint32_t which = 0; which < 3; which++) {
        step(trial->all[which], trial->now_ns, EVENT_MESSAGE, message, message->sender);
    }
}

void trial_open(struct trial *trial, struct stage_options options, const char *name)
{
    memset(trial, 0, sizeof *trial);
    snprintf(trial->name, sizeof trial->name, "%s", name);
    trial->replicas = options.replicas;
    trial->interval = options.checkpoint_interval;
    trial->all[0] = &trial->stepped;
    trial->all[1] = &trial->counted;
    trial->all[2] = &trial->detailed;
    for (uint32_t which = 0; which < 3; which++) {
        stage_open(trial->all[which], options);
    }
    const struct protocol_config *config = &trial->stepped.config;
    trial->model = model_create(config->replicas, config->quorum, config->window, options.id);
    cr_assert_not_null(trial->model);
    trial->ballast = stage_request_of(&trial->stepped, 1, 1000, "nobody orders this");
}

void trial_close(struct trial *trial)
{
    for (uint32_t which = 3; which-- > 0;) { /* the first holds what all of them were sent */
        cr_assert_eq(trial->all[which]->out.forbidden, 0, "%s", trial->name);
        cr_assert_eq(stage_close(trial->all[which]), 0, "%s", trial->name);
    }
    free(trial->model);
}
