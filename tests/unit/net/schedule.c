/* What a schedule does to a message: a pure function of the message, its link, and two times. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/net/actors.h"

#define SECOND (1000 * MS)
#define REPLICAS 4
#define CLIENT REPLICAS

static struct message sent_at(enum message_type type, view_number view, uint64_t sent_ns)
{
    struct message message = message_of(type, view, 1, 0);
    message.sent_ns = sent_ns;
    return message;
}

static bool cuts(const struct schedule *schedule, uint64_t gst_ns, const struct message *message, node_id from,
                 node_id to, uint64_t due_ns)
{
    return schedule_is_down(schedule, message, from, to, due_ns) ||
           schedule_partition(schedule, gst_ns, message, from, to, due_ns) != NULL;
}

/* Whether a PREPARE of view 0 is lost. */
static bool loses(const struct schedule *schedule, node_id from, node_id to, uint64_t sent_ns, uint64_t due_ns)
{
    struct message message = sent_at(MESSAGE_PREPARE, 0, sent_ns);
    return cuts(schedule, TIME_NEVER_NS, &message, from, to, due_ns);
}

static struct partition partition_of(uint8_t *groups, uint64_t at_ns, uint64_t until_ns)
{
    return (struct partition){.at_ns = at_ns, .until_ns = until_ns, .groups = groups, .view_last = UINT32_MAX};
}

static struct schedule with_partition(struct partition *partition)
{
    return (struct schedule){.replicas = REPLICAS, .partition_count = 1, .partitions = partition};
}

Test(schedule, a_partition_loses_what_is_sent_or_due_across_it_while_it_holds)
{
    uint8_t groups[REPLICAS] = {1, 1, 2, 2};
    struct partition partition = partition_of(groups, 100, 200);
    struct schedule schedule = with_partition(&partition);
    cr_assert(loses(&schedule, 0, 2, 100, 300) && loses(&schedule, 2, 0, 199, 300), "sent while it holds");
    cr_assert(loses(&schedule, 0, 2, 50, 100) && loses(&schedule, 3, 1, 50, 199), "due while it holds");
    cr_assert(!loses(&schedule, 0, 2, 99, 200) && !loses(&schedule, 0, 2, 200, 300), "neither");
    cr_assert(!loses(&schedule, 0, 1, 150, 160) && !loses(&schedule, 2, 3, 150, 160), "inside a group");
}

Test(schedule, clients_reach_everyone_unless_they_are_in_a_group)
{
    uint8_t groups[REPLICAS] = {1, 1, 2, 2};
    struct partition partition = partition_of(groups, 0, TIME_NEVER_NS);
    struct schedule schedule = with_partition(&partition);
    cr_assert(!loses(&schedule, CLIENT, 0, 5, 6) && !loses(&schedule, 3, CLIENT, 5, 6));
    partition.client_group = 1;
    cr_assert(!loses(&schedule, CLIENT, 0, 5, 6) && !loses(&schedule, 1, CLIENT, 5, 6));
    cr_assert(loses(&schedule, CLIENT, 2, 5, 6) && loses(&schedule, 3, CLIENT, 5, 6));
}

Test(schedule, a_one_way_partition_loses_only_what_goes_to_a_later_group)
{
    uint8_t groups[REPLICAS] = {1, 2, 2, 3};
    struct partition partition = partition_of(groups, 0, 10);
    partition.one_way = true;
    struct schedule schedule = with_partition(&partition);
    cr_assert(loses(&schedule, 0, 1, 5, 6) && loses(&schedule, 0, 3, 5, 6) && loses(&schedule, 2, 3, 5, 6));
    cr_assert(!loses(&schedule, 1, 0, 5, 6) && !loses(&schedule, 3, 0, 5, 6) && !loses(&schedule, 1, 2, 5, 6));
}

Test(schedule, a_partition_of_views_concerns_only_messages_that_name_one_of_them)
{
    uint8_t groups[REPLICAS] = {1, 2, 2, 2};
    struct partition partition = partition_of(groups, 0, 10);
    partition.view_first = 1;
    partition.view_last = 2;
    struct schedule schedule = with_partition(&partition);
    const struct {
        enum message_type type;
        view_number view;
        bool lost;
    } cases[] = {{MESSAGE_PREPARE, 0, false},    {MESSAGE_PREPARE, 1, true},    {MESSAGE_NEW_VIEW, 2, true},
                 {MESSAGE_VIEW_CHANGE, 1, true}, {MESSAGE_COMMIT, 3, false},    {MESSAGE_FETCH, 1, false},
                 {MESSAGE_REQUEST, 1, false},    {MESSAGE_CHECKPOINT, 1, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct message message = sent_at(cases[i].type, cases[i].view, 5);
        cr_assert(cuts(&schedule, TIME_NEVER_NS, &message, 0, 1, 6) == cases[i].lost, "case %zu", i);
    }
}

Test(schedule, a_partition_of_the_primary_moves_with_the_view)
{
    struct partition partition = partition_of(NULL, 0, 10);
    partition.kind = PARTITION_PRIMARY;
    struct schedule schedule = with_partition(&partition);
    for (view_number view = 0; view < 9; view++) {
        node_id primary = view % REPLICAS;
        node_id backup = (primary + 1) % REPLICAS, other = (primary + 2) % REPLICAS;
        struct message message = sent_at(MESSAGE_VIEW_CHANGE, view, 5);
        cr_assert(cuts(&schedule, TIME_NEVER_NS, &message, backup, primary, 6));
        cr_assert(cuts(&schedule, TIME_NEVER_NS, &message, primary, backup, 6));
        cr_assert(!cuts(&schedule, TIME_NEVER_NS, &message, backup, other, 6));
        cr_assert(!cuts(&schedule, TIME_NEVER_NS, &message, primary, CLIENT, 6), "clients are not cut off");
        message.type = MESSAGE_CHECKPOINT;
        cr_assert(!cuts(&schedule, TIME_NEVER_NS, &message, backup, primary, 6), "it names no view");
    }
}

Test(schedule, a_replica_that_is_down_loses_what_is_sent_or_due_to_it_and_what_it_sends)
{
    struct outage outages[] = {{100, 200, 2, false}, {300, TIME_NEVER_NS, 2, false}};
    struct schedule schedule = {.replicas = REPLICAS, .outage_count = 2, .outages = outages};
    cr_assert(loses(&schedule, 0, 2, 90, 100) && loses(&schedule, 0, 2, 199, 250) &&
              loses(&schedule, CLIENT, 2, 1, 150));
    cr_assert(loses(&schedule, 2, 0, 150, 250) && loses(&schedule, 2, 0, 1000, 2000));
    cr_assert(!loses(&schedule, 2, 0, 99, 150), "what it sent before arrives");
    cr_assert(!loses(&schedule, 0, 2, 99, 200) && !loses(&schedule, 0, 2, 200, 299) && loses(&schedule, 0, 2, 99, 300));
    cr_assert(!loses(&schedule, 0, 1, 150, 160));
}

Test(schedule, gst_ends_partitions_and_rules_but_no_outage)
{
    uint8_t groups[REPLICAS] = {1, 2, 2, 2};
    struct partition partition = partition_of(groups, 0, TIME_NEVER_NS);
    struct outage outage = {0, TIME_NEVER_NS, 3, false};
    struct link_rule rule = {.until_ns = TIME_NEVER_NS, .types = ~UINT32_C(0), .drops = true, .drop = 1};
    struct schedule schedule = {.replicas = REPLICAS,
                                .partition_count = 1,
                                .outage_count = 1,
                                .rule_count = 1,
                                .partitions = &partition,
                                .outages = &outage,
                                .rules = &rule};
    struct message before = sent_at(MESSAGE_PREPARE, 0, 99), after = sent_at(MESSAGE_PREPARE, 0, 100);
    cr_assert(cuts(&schedule, 100, &before, 0, 1, 99) && !cuts(&schedule, 100, &after, 0, 1, 120));
    cr_assert(cuts(&schedule, 100, &after, 1, 3, 120));
    cr_assert(schedule_rule(&schedule, 100, &before, 0, 1) == &rule &&
              schedule_rule(&schedule, 100, &after, 0, 1) == NULL);
    cr_assert(schedule_may_cut(&schedule, 100, 5000), "the outage goes on");
    outage.until_ns = 50;
    cr_assert(schedule_may_cut(&schedule, 100, 99) && !schedule_may_cut(&schedule, 100, 100));
    cr_assert(schedule_may_lose(&schedule, 100));
    schedule.outage_count = 0;
    cr_assert(schedule_may_lose(&schedule, 100) && !schedule_may_lose(&schedule, 0), "reliable from the start");
}

Test(schedule, the_last_rule_that_matches_decides)
{
    bool from_two[REPLICAS] = {[2] = true}, to_zero[REPLICAS] = {[0] = true};
    struct link_rule rules[] = {
        {.at_ns = 0,
         .until_ns = 300,
         .from = {NULL, true},
         .to = {NULL, true},
         .types = ~UINT32_C(0),
         .drops = true,
         .drop = 1},
        {.at_ns = 100,
         .until_ns = 200,
         .from = {from_two, false},
         .to = {to_zero, false},
         .types = UINT32_C(1) << MESSAGE_COMMIT,
         .delays = true},
    };
    struct schedule schedule = {.replicas = REPLICAS, .rule_count = 2, .rules = rules};
    struct message commit = sent_at(MESSAGE_COMMIT, 0, 150), prepare = sent_at(MESSAGE_PREPARE, 0, 150);
    cr_assert(schedule_rule(&schedule, TIME_NEVER_NS, &commit, 2, 0) == &rules[1]);
    cr_assert(schedule_rule(&schedule, TIME_NEVER_NS, &commit, 2, 1) == &rules[0], "another destination");
    cr_assert(schedule_rule(&schedule, TIME_NEVER_NS, &commit, 1, 0) == &rules[0], "another source");
    cr_assert(schedule_rule(&schedule, TIME_NEVER_NS, &commit, CLIENT, 0) == &rules[0]);
    cr_assert(schedule_rule(&schedule, TIME_NEVER_NS, &prepare, 2, 0) == &rules[0], "another type");
    commit.sent_ns = 99;
    cr_assert(schedule_rule(&schedule, TIME_NEVER_NS, &commit, 2, 0) == &rules[0], "not yet");
    commit.sent_ns = 300;
    cr_assert(schedule_rule(&schedule, TIME_NEVER_NS, &commit, 2, 0) == NULL, "no more");
    cr_assert(!schedule_has_rule(&schedule, TIME_NEVER_NS, &commit, 2));
}

Test(schedule, what_cannot_be_is_refused)
{
    struct error error;
    uint8_t groups[REPLICAS] = {1, 0, 1, 1};
    struct partition partition = partition_of(groups, 5, 9);
    struct schedule schedule = with_partition(&partition);
    cr_assert(!schedule_check(&schedule, &error), "replica 1 in no group");
    groups[1] = 2;
    cr_assert(schedule_check(&schedule, &error), "%s", error.text);
    partition.until_ns = 5;
    cr_assert(!schedule_check(&schedule, &error));
    struct outage outages[] = {{1, 5, 0, false}, {5, 9, 0, true}};
    schedule = (struct schedule){.replicas = REPLICAS, .outage_count = 2, .outages = outages};
    cr_assert(schedule_check(&schedule, &error), "%s", error.text);
    outages[1].at_ns = 4;
    cr_assert(!schedule_check(&schedule, &error), "down twice at once");
    outages[1] = (struct outage){0, 1, 1, false};
    cr_assert(!schedule_check(&schedule, &error), "not by time");
    outages[1] = (struct outage){7, 9, REPLICAS, false};
    cr_assert(!schedule_check(&schedule, &error), "no such replica");
    struct link_rule rule = {.until_ns = 1, .types = 1};
    schedule = (struct schedule){.replicas = REPLICAS, .rule_count = 1, .rules = &rule};
    cr_assert(!schedule_check(&schedule, &error), "a rule that does nothing");
}

/* --- under the virtual clock ------------------------------------------------------------------------------------- */

/* Replica 2 broadcasts a COMMIT and a PREPARE every 100 ns. */
static void commit_often(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (actor->node.id != 2 || event->kind == EVENT_MESSAGE || event->now_ns > 400) {
        actor->deadline_ns = TIME_NEVER_NS;
        return;
    }
    outbox_broadcast(outbox, message_of(MESSAGE_COMMIT, 0, 1 + event->now_ns / 100, 0));
    actor->deadline_ns = event->now_ns + 100;
}

static struct link_rule slow_commits(bool *from_two, bool *to_zero)
{
    return (struct link_rule){.at_ns = 0,
                              .until_ns = 300,
                              .from = {from_two, false},
                              .to = {to_zero, false},
                              .types = UINT32_C(1) << MESSAGE_COMMIT,
                              .delays = true,
                              .delay = {.kind = DELAY_FIXED, .a = 1000}};
}

Test(schedule, delays_every_commit_from_2_to_0_until_300)
{
    struct troupe *troupe = troupe_open(3, 0, "fixed:10ns", commit_often);
    bool from_two[] = {false, false, true}, to_zero[] = {true, false, false};
    struct link_rule rule = slow_commits(from_two, to_zero);
    struct schedule schedule = {.replicas = 3, .rule_count = 1, .rules = &rule};
    troupe->options.links.schedule = &schedule;
    troupe_run(troupe);
    cr_assert_str_eq(troupe->trace, "10 1<2 t3 v0 s1 a0\n"
                                    "100 2 timer\n"
                                    "110 1<2 t3 v0 s2 a0\n"
                                    "200 2 timer\n"
                                    "210 1<2 t3 v0 s3 a0\n"
                                    "300 2 timer\n"
                                    "310 0<2 t3 v0 s4 a0\n"
                                    "310 1<2 t3 v0 s4 a0\n"
                                    "400 2 timer\n"
                                    "410 0<2 t3 v0 s5 a0\n"
                                    "410 1<2 t3 v0 s5 a0\n"
                                    "500 2 timer\n"
                                    "1000 0<2 t3 v0 s1 a0\n"
                                    "1100 0<2 t3 v0 s2 a0\n"
                                    "1200 0<2 t3 v0 s3 a0\n");
    free(troupe);
}

/* The late ones hold the others back, and what would be released while the partition holds is lost. */
Test(schedule, an_ordered_link_loses_what_its_order_moves_into_a_partition)
{
    struct troupe *troupe = troupe_open(3, 0, "fixed:10ns", commit_often);
    bool from_two[] = {false, false, true}, to_zero[] = {true, false, false};
    struct link_rule rule = slow_commits(from_two, to_zero);
    uint8_t groups[] = {1, 2, 2};
    struct partition partition = partition_of(groups, 1100, 1201);
    struct schedule schedule = {
        .replicas = 3, .rule_count = 1, .rules = &rule, .partition_count = 1, .partitions = &partition};
    troupe->options.links.schedule = &schedule;
    troupe->options.links.fifo = true;
    troupe_run(troupe);
    cr_assert_str_eq(troupe->trace, "10 1<2 t3 v0 s1 a0\n"
                                    "100 2 timer\n"
                                    "110 1<2 t3 v0 s2 a0\n"
                                    "200 2 timer\n"
                                    "210 1<2 t3 v0 s3 a0\n"
                                    "300 2 timer\n"
                                    "310 1<2 t3 v0 s4 a0\n"
                                    "400 2 timer\n"
                                    "410 1<2 t3 v0 s5 a0\n"
                                    "500 2 timer\n"
                                    "1000 0<2 t3 v0 s1 a0\n"
                                    "1001 0<2 t3 v0 s4 a0\n"
                                    "1002 0<2 t3 v0 s5 a0\n");
    cr_assert_eq(troupe->report.messages.dropped, 2);
    free(troupe);
}

/* Both copies of a message are lost: the books balance (troupe_run compares them). */
Test(schedule, what_is_lost_is_counted_as_dropped_copy_by_copy)
{
    struct troupe *troupe = troupe_open(3, 0, "fixed:10ns", commit_often);
    uint8_t groups[] = {1, 2, 2};
    struct partition partition = partition_of(groups, 0, 250);
    struct schedule schedule = {.replicas = 3, .partition_count = 1, .partitions = &partition};
    troupe->options.links.schedule = &schedule;
    troupe->options.links.duplicate = 1;
    struct schedule_tally tally;
    cr_assert(schedule_tally_create(&tally, &schedule));
    troupe->options.links.tally = &tally;
    troupe_run(troupe);
    cr_assert_eq(troupe->report.messages.sent, 10);
    cr_assert_eq(troupe->report.messages.duplicated, 10);
    cr_assert_eq(troupe->report.messages.dropped, 2 * 3, "three broadcasts to replica 0");
    const struct schedule_effect effect = schedule_tally_effect(&tally);
    cr_assert(effect.lost == 2 * 3 && effect.ruled == 0 && effect.idle == 0);
    schedule_tally_destroy(&tally);
    free(troupe);
}

Test(schedule, tells_what_had_no_effect)
{
    struct troupe *troupe = troupe_open(3, 0, "fixed:10ns", commit_often);
    uint8_t groups[] = {1, 2, 2};
    struct partition partitions[] = {partition_of(groups, 0, 250), partition_of(groups, SECOND, TIME_NEVER_NS)};
    struct link_rule rules[] = {{.until_ns = TIME_NEVER_NS, .types = 1u << MESSAGE_COMMIT, .drops = true, .drop = 0},
                                {.until_ns = TIME_NEVER_NS, .types = 1u << MESSAGE_PREPARE, .drops = true, .drop = 0}};
    struct schedule schedule = {
        .replicas = 3, .partition_count = 2, .partitions = partitions, .rule_count = 2, .rules = rules};
    struct schedule_tally tally;
    cr_assert(schedule_tally_create(&tally, &schedule));
    troupe->options.links.schedule = &schedule;
    troupe->options.links.tally = &tally;
    troupe_run(troupe);
    const struct schedule_effect effect = schedule_tally_effect(&tally);
    cr_assert_eq(effect.lost, 3);
    cr_assert_eq(effect.ruled, 10, "a rule counts destinations, whether the message gets there or not");
    cr_assert_eq(effect.idle, 2);
    cr_assert_eq(tally.partitions[1], 0);
    cr_assert_eq(tally.rules[1], 0);
    schedule_tally_destroy(&tally);
    free(troupe);
}

/* What holds for later messages must not cost earlier ones their delays. */
Test(schedule, leaves_every_draw_as_it_was)
{
    struct troupe *plain = troupe_open(3, 0, "uniform:5ns..90ns", commit_often);
    troupe_run(plain);
    struct troupe *troupe = troupe_open(3, 0, "uniform:5ns..90ns", commit_often);
    uint8_t groups[] = {1, 2, 2};
    struct partition partition = partition_of(groups, SECOND, TIME_NEVER_NS);
    struct schedule schedule = {.replicas = 3, .partition_count = 1, .partitions = &partition};
    troupe->options.links.schedule = &schedule;
    troupe_run(troupe);
    cr_assert_str_eq(troupe->trace, plain->trace);
    free(troupe);
    free(plain);
}
