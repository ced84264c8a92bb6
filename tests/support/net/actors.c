#include "tests/support/net/actors.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void note(struct troupe *troupe, uint64_t value)
{
    troupe->hash = (troupe->hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    troupe->hash ^= troupe->hash >> 29;
}

static void write_line(struct troupe *troupe, const struct event *event, node_id id)
{
    char *at = troupe->trace + troupe->length;
    size_t room = sizeof troupe->trace - troupe->length;
    int length;
    if (event->kind == EVENT_TIMER) {
        length = snprintf(at, room, "%lu %u timer\n", (unsigned long)event->now_ns, id);
    } else {
        length = snprintf(at, room, "%lu %u<%u t%u v%u s%lu a%u\n", (unsigned long)event->now_ns, id, event->from,
                          event->message->type, event->message->view, (unsigned long)event->message->sequence,
                          event->message->attempt);
    }
    troupe->length += (size_t)length;
    cr_assert(troupe->length < sizeof troupe->trace);
}

static void step_actor(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct actor *actor = (struct actor *)node;
    struct troupe *troupe = actor->troupe;
    if (event->kind != EVENT_START) {
        note(troupe, event->now_ns);
        note(troupe, (uint64_t)node->id << 32 | event->kind);
        troupe->timers += event->kind == EVENT_TIMER;
        if (event->kind == EVENT_MESSAGE) {
            troupe->messages++;
            note(troupe, (uint64_t)event->from << 32 | event->message->type);
            note(troupe, event->message->sequence);
            note(troupe, (uint64_t)event->message->view << 32 | event->message->attempt);
        }
        if (troupe->write) {
            write_line(troupe, event, node->id);
        }
    }
    troupe->part(actor, event, outbox);
}

static uint64_t deadline_of_actor(const struct node *node)
{
    return ((const struct actor *)node)->deadline_ns;
}

static void destroy_actor(struct node *node)
{
    (void)node;
}

static const struct node_operations actor_operations = {
    .step = step_actor, .deadline = deadline_of_actor, .destroy = destroy_actor};

static void consume(void *context, node_id node, const struct journal_entry *entries, size_t count)
{
    struct troupe *troupe = context;
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(entries[i].node, node);
        troupe->executed += entries[i].kind == JOURNAL_EXECUTED;
        if (journal_payload(&entries[i]) != NULL) {
            troupe->batches++;
            payload_drop(journal_payload(&entries[i]));
        }
        if (troupe->write) {
            troupe->journal_length += (size_t)snprintf(
                troupe->journal + troupe->journal_length, sizeof troupe->journal - troupe->journal_length,
                "%lu %u k%u v%u s%lu\n", (unsigned long)entries[i].time_ns, node, entries[i].kind, entries[i].view,
                (unsigned long)entries[i].sequence);
        }
    }
}

static bool is_finished(void *context)
{
    const struct troupe *troupe = context;
    return troupe->awaited != 0 && troupe->executed >= troupe->awaited;
}

struct troupe *troupe_open(uint32_t replicas, uint32_t clients, const char *delay, part *play)
{
    struct troupe *troupe = calloc(1, sizeof *troupe);
    troupe->part = play;
    for (node_id id = 0; id < replicas + clients; id++) {
        troupe->actors[id] = (struct actor){
            .node = {&actor_operations, id}, .troupe = troupe, .deadline_ns = TIME_NEVER_NS};
        troupe->nodes[id] = &troupe->actors[id].node;
    }
    troupe->options = (struct driver_options){
        .nodes = troupe->nodes,
        .replicas = replicas,
        .node_count = replicas + clients,
        .links = {.seed = 1, .replicas = replicas, .gst_ns = TIME_NEVER_NS},
        .deadline_ns = 3600 * 1000 * MS,
        .stall_ns = TIME_NEVER_NS,
        .sink = {consume, is_finished, troupe},
    };
    cr_assert(delay_parse(delay, &troupe->options.links.delay, &troupe->error), "%s", troupe->error.text);
    cr_assert(delay_parse(delay, &troupe->options.links.client_delay, &troupe->error));
    troupe->write = true;
    return troupe;
}

void troupe_run(struct troupe *troupe)
{
    cr_assert(virtual_run(&troupe->options, &troupe->report, &troupe->error), "%s", troupe->error.text);
    const struct message_counts *counts = &troupe->report.messages;
    cr_assert_eq(counts->sent + counts->duplicated, counts->delivered + counts->dropped + counts->discarded);
    cr_assert_eq(counts->delivered, troupe->messages);
    cr_assert_eq(troupe->report.threads, 1);
}

struct message message_of(enum message_type type, view_number view, sequence_number sequence, uint16_t attempt)
{
    return (struct message){.type = (uint8_t)type, .view = view, .sequence = sequence, .attempt = attempt};
}
