#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "net/link.h"

static struct link_model model_of(const char *delay)
{
    struct link_model model = {.seed = 1, .replicas = 64, .gst_ns = TIME_NEVER_NS};
    struct error error;
    cr_assert(delay_parse(delay, &model.delay, &error), "%s", error.text);
    cr_assert(delay_parse("uniform:100ms..200ms", &model.client_delay, &error), "%s", error.text);
    return model;
}

static struct message message_of(sequence_number sequence)
{
    return (struct message){.type = MESSAGE_PREPARE, .view = 3, .sequence = sequence};
}

static struct link_fate fate_of(const struct link_model *model, struct message message, node_id from, node_id to)
{
    struct link_fate fate;
    link_fate(model, &message, from, to, &fate);
    return fate;
}

static bool same_fate(struct link_fate a, struct link_fate b)
{
    return a.copies == b.copies && (a.copies < 1 || a.delay_ns[0] == b.delay_ns[0]) &&
           (a.copies < 2 || a.delay_ns[1] == b.delay_ns[1]);
}

static struct link_model rough_model(void)
{
    struct link_model model = model_of("uniform:5ms..35ms");
    model.drop = 0.1;
    model.client_drop = 0.3;
    model.duplicate = 0.2;
    model.reorder = 0.25;
    model.reorder_extra_ns = 20000000;
    return model;
}

Test(link, the_same_message_has_the_same_fate)
{
    struct link_model model = rough_model();
    for (sequence_number sequence = 0; sequence < 1000; sequence++) {
        struct message message = message_of(sequence);
        struct message again = message;
        /* what does not name the logical message must not matter */
        again.digest.words[0] = 99;
        again.tag = 98;
        again.sender = 97;
        again.to = 96;
        again.sent_ns = 95;
        cr_assert(same_fate(fate_of(&model, message, 2, 5), fate_of(&model, again, 2, 5)));
    }
}

Test(link, whatever_names_the_message_changes_its_fate)
{
    struct link_model model = model_of("uniform:5ms..35ms");
    struct message base = message_of(7);
    struct link_fate fate = fate_of(&model, base, 2, 5);
    struct message other = base;
    other.attempt = 1;
    cr_assert(!same_fate(fate, fate_of(&model, other, 2, 5)), "attempt");
    other = base;
    other.type = MESSAGE_COMMIT;
    cr_assert(!same_fate(fate, fate_of(&model, other, 2, 5)), "type");
    other = base;
    other.view = 4;
    cr_assert(!same_fate(fate, fate_of(&model, other, 2, 5)), "view");
    other = base;
    other.sequence = 8;
    cr_assert(!same_fate(fate, fate_of(&model, other, 2, 5)), "sequence");
    other = base;
    other.sequence = 7 + (UINT64_C(1) << 32);
    cr_assert(!same_fate(fate, fate_of(&model, other, 2, 5)), "high half of the sequence");
    cr_assert(!same_fate(fate, fate_of(&model, base, 3, 5)), "from");
    cr_assert(!same_fate(fate, fate_of(&model, base, 2, 6)), "to, in the same block");
    cr_assert(!same_fate(fate, fate_of(&model, base, 2, 9)), "to, in another block");
    cr_assert(!same_fate(fate, fate_of(&model, base, 5, 2)), "direction");
    struct link_model reseeded = model;
    reseeded.seed = 2;
    cr_assert(!same_fate(fate, fate_of(&reseeded, base, 2, 5)), "seed");
    struct message request = {.type = MESSAGE_REQUEST, .client = 64, .timestamp = 1};
    struct link_fate relayed = fate_of(&model, request, 2, 5);
    request.client = 65;
    cr_assert(!same_fate(relayed, fate_of(&model, request, 2, 5)), "client of a relayed request");
}

Test(link, what_a_broadcast_draws_is_what_each_link_draws)
{
    static const char *const delays[] = {"none", "fixed:3ms", "uniform:5ms..35ms", "normal:20ms,5ms",
                                         "lognormal:10ms,0.5"};
    for (size_t d = 0; d < sizeof delays / sizeof delays[0]; d++) {
        struct link_model model = model_of(delays[d]);
        for (model.replicas = 1; model.replicas < 40; model.replicas += 3) {
            for (node_id from = 0; from < model.replicas + 2; from += 5) {
                struct message message = message_of(from + 17);
                uint64_t delays_ns[40];
                link_delays(&model, &message, from, 0, model.replicas, delays_ns);
                for (node_id to = 0; to < model.replicas; to++) {
                    struct link_fate fate = fate_of(&model, message, from, to);
                    cr_assert(fate.copies == 1 && fate.delay_ns[0] == delays_ns[to], "%s, %u to %u", delays[d], from,
                              to);
                }
            }
        }
    }
}

Test(link, neighbours_that_share_a_block_fare_as_each_alone)
{
    struct link_model model = rough_model();
    model.replicas = 10;
    for (sequence_number sequence = 0; sequence < 200; sequence++) {
        for (node_id from = 0; from < 12; from++) {
            struct message message = message_of(sequence);
            for (node_id first = 0; first < 12; first += LINK_BLOCK) {
                struct link_fate fates[LINK_BLOCK];
                link_fates(&model, &message, from, first, fates);
                for (node_id to = first; to < first + LINK_BLOCK; to++) {
                    cr_assert(same_fate(fates[to - first], fate_of(&model, message, from, to)), "%u to %u", from, to);
                }
            }
        }
    }
}

Test(link, knows_when_it_only_delays)
{
    struct link_model rough = rough_model();
    struct message message = message_of(1);
    cr_assert(!link_only_delays(&rough, &message, 0) && !link_only_delays(&rough, &message, 64));
    rough.client_drop = 0.0;
    cr_assert(!link_only_delays(&rough, &message, 0) && !link_only_delays(&rough, &message, 64));
    rough.duplicate = 0.0;
    cr_assert(!link_only_delays(&rough, &message, 0) && link_only_delays(&rough, &message, 64));
    rough.gst_ns = 10;
    message.sent_ns = 9;
    cr_assert(!link_only_delays(&rough, &message, 0));
    message.sent_ns = 10;
    cr_assert(link_only_delays(&rough, &message, 0));
    double *const shares[] = {&rough.drop, &rough.duplicate, &rough.reorder};
    rough.gst_ns = TIME_NEVER_NS;
    rough.drop = rough.duplicate = rough.reorder = 0.0;
    cr_assert(link_only_delays(&rough, &message, 0));
    for (int i = 0; i < 3; i++) {
        *shares[i] = 0.1;
        cr_assert(!link_only_delays(&rough, &message, 0));
        *shares[i] = 0.0;
    }
}

Test(link, shares_of_drops_duplicates_and_reorderings_are_binomial)
{
    struct link_model model = model_of("fixed:10ms");
    model.drop = 0.1;
    model.duplicate = 0.2;
    model.reorder = 0.3;
    model.reorder_extra_ns = 20000000;
    double n = 0, dropped = 0, duplicated = 0, reordered = 0, extra = 0;
    for (sequence_number sequence = 1; sequence <= 300; sequence++) {
        for (node_id from = 0; from < 20; from++) {
            for (node_id to = 0; to < 20; to++) {
                struct link_fate fate = fate_of(&model, message_of(sequence), from, to);
                n++;
                dropped += fate.copies == 0;
                duplicated += fate.copies == 2;
                reordered += fate.copies > 0 && fate.delay_ns[0] > 10000000;
                extra += fate.copies > 0 ? (double)(fate.delay_ns[0] - 10000000) : 0;
                cr_assert(fate.copies == 0 || fate.delay_ns[0] <= 30000000);
            }
        }
    }
    double kept = n - dropped;
    cr_assert(fabs(dropped - 0.1 * n) < 4 * sqrt(n * 0.1 * 0.9), "dropped %g of %g", dropped, n);
    cr_assert(fabs(duplicated - 0.2 * kept) < 4 * sqrt(kept * 0.2 * 0.8), "duplicated %g of %g", duplicated, kept);
    cr_assert(fabs(reordered - 0.3 * kept) < 4 * sqrt(kept * 0.3 * 0.7), "reordered %g of %g", reordered, kept);
    cr_assert(fabs(extra / reordered - 10e6) < 4 * 20e6 / sqrt(12 * reordered), "extra %g", extra / reordered);
}

Test(link, shares_of_zero_and_one_are_certain)
{
    struct link_model model = model_of("fixed:10ms");
    model.reorder_extra_ns = 1000;
    for (sequence_number sequence = 0; sequence < 1000; sequence++) {
        struct link_fate fate = fate_of(&model, message_of(sequence), 0, 1);
        cr_assert(fate.copies == 1 && fate.delay_ns[0] == 10000000);
    }
    model.duplicate = 1.0;
    for (sequence_number sequence = 0; sequence < 1000; sequence++) {
        cr_assert(fate_of(&model, message_of(sequence), 0, 1).copies == 2);
    }
    model.drop = 1.0;
    for (sequence_number sequence = 0; sequence < 1000; sequence++) {
        cr_assert(fate_of(&model, message_of(sequence), 0, 1).copies == 0);
    }
}

/* Means, and correlations between what might depend on each other, of N pairs of delays. */
static double correlation(double n, double sum_x, double sum_y, double sum_xy, double variance)
{
    return (sum_xy / n - sum_x / n * (sum_y / n)) / variance;
}

Test(link, delays_of_neighbouring_messages_are_independent)
{
    struct link_model model = model_of("uniform:5ms..35ms");
    double variance = 30e6 * 30e6 / 12.0;
    enum { N = 100000, KINDS = 6 };
    static const char *const names[KINDS] = {"from", "to in a block", "to", "sequence", "type", "view"};
    double x_sum = 0, y_sum[KINDS] = {0}, xy_sum[KINDS] = {0};
    for (uint64_t i = 0; i < N; i++) {
        node_id from = i % 40;
        node_id to = (node_id)(i / 40 % 15) * 4;
        struct message message = message_of(i);
        struct message commit = message;
        struct message next_view = message;
        commit.type = MESSAGE_COMMIT;
        next_view.view++;
        double x = (double)fate_of(&model, message, from, to).delay_ns[0];
        double y[KINDS] = {
            (double)fate_of(&model, message, from + 1, to).delay_ns[0],
            (double)fate_of(&model, message, from, to + 1).delay_ns[0],
            (double)fate_of(&model, message, from, to + 4).delay_ns[0],
            (double)fate_of(&model, message_of(i + N), from, to).delay_ns[0],
            (double)fate_of(&model, commit, from, to).delay_ns[0],
            (double)fate_of(&model, next_view, from, to).delay_ns[0],
        };
        x_sum += x;
        for (int kind = 0; kind < KINDS; kind++) {
            y_sum[kind] += y[kind];
            xy_sum[kind] += x * y[kind];
        }
    }
    cr_assert(fabs(x_sum / N - 20e6) < 4 * sqrt(variance / N), "mean %g", x_sum / N);
    for (int kind = 0; kind < KINDS; kind++) {
        double r = correlation(N, x_sum, y_sum[kind], xy_sum[kind], variance);
        cr_assert(fabs(r) < 4.0 / sqrt(N), "%s: correlation %g", names[kind], r);
    }
}

Test(link, the_second_copy_has_its_own_delay)
{
    struct link_model model = model_of("uniform:5ms..35ms");
    model.duplicate = 1.0;
    enum { N = 50000 };
    double variance = 30e6 * 30e6 / 12.0;
    double x = 0, y = 0, xy = 0;
    for (sequence_number sequence = 0; sequence < N; sequence++) {
        struct link_fate fate = fate_of(&model, message_of(sequence), 3, 4);
        cr_assert(fate.delay_ns[1] >= 5000000 && fate.delay_ns[1] <= 35000000);
        x += (double)fate.delay_ns[0];
        y += (double)fate.delay_ns[1];
        xy += (double)fate.delay_ns[0] * (double)fate.delay_ns[1];
    }
    cr_assert(fabs(y / N - 20e6) < 4 * sqrt(variance / N));
    cr_assert(fabs(correlation(N, x, y, xy, variance)) < 4.0 / sqrt(N));
}

Test(link, losing_some_leaves_the_delays_of_the_others)
{
    struct link_model still = model_of("uniform:5ms..35ms");
    struct link_model rough = still;
    rough.drop = 0.5;
    rough.duplicate = 0.5;
    for (sequence_number sequence = 0; sequence < 1000; sequence++) {
        struct link_fate before = fate_of(&still, message_of(sequence), 3, 4);
        struct link_fate after = fate_of(&rough, message_of(sequence), 3, 4);
        cr_assert(after.copies == 0 || after.delay_ns[0] == before.delay_ns[0]);
    }
}

Test(link, nothing_is_lost_after_the_network_settles)
{
    struct link_model model = model_of("uniform:5ms..35ms");
    model.drop = 1.0;
    model.client_drop = 1.0;
    model.duplicate = 1.0;
    model.reorder = 1.0;
    model.reorder_extra_ns = 1000000000;
    model.gst_ns = 500;
    struct message message = message_of(1);
    message.sent_ns = 499;
    cr_assert_eq(fate_of(&model, message, 0, 1).copies, 0);
    cr_assert_eq(fate_of(&model, message, 64, 1).copies, 0);
    message.sent_ns = 500;
    struct link_fate fate = fate_of(&model, message, 0, 1);
    cr_assert(fate.copies == 1 && fate.delay_ns[0] <= 35000000);
    cr_assert_eq(fate_of(&model, message, 64, 1).copies, 1);
    model.drop = 0.0;
    message.sent_ns = 499;
    cr_assert_eq(fate_of(&model, message, 0, 1).copies, 2);
}

Test(link, also_what_goes_to_and_from_clients_is_duplicated)
{
    struct link_model model = model_of("uniform:5ms..35ms");
    model.duplicate = 1.0;
    for (sequence_number sequence = 0; sequence < 1000; sequence++) {
        struct link_fate there = fate_of(&model, message_of(sequence), 64, 1);
        struct link_fate back = fate_of(&model, message_of(sequence), 1, 64);
        cr_assert(there.copies == 2 && there.delay_ns[1] >= 100000000 && there.delay_ns[1] <= 200000000);
        cr_assert(back.copies == 2 && back.delay_ns[0] != back.delay_ns[1]);
        struct message message = message_of(sequence);
        cr_assert(!link_only_delays(&model, &message, 64) && !link_only_delays(&model, &message, 1));
    }
}

Test(link, clients_have_links_of_their_own)
{
    struct link_model model = model_of("uniform:5ms..35ms");
    model.reorder = 1.0;
    model.reorder_extra_ns = 1000000000;
    model.drop = 1.0;
    for (sequence_number sequence = 0; sequence < 1000; sequence++) {
        struct link_fate there = fate_of(&model, message_of(sequence), 64, 1);
        struct link_fate back = fate_of(&model, message_of(sequence), 1, 64);
        cr_assert(there.copies == 1 && there.delay_ns[0] >= 100000000 && there.delay_ns[0] <= 200000000);
        cr_assert(back.copies == 1 && back.delay_ns[0] >= 100000000 && back.delay_ns[0] <= 200000000);
    }
    model.client_drop = 1.0;
    cr_assert_eq(fate_of(&model, message_of(1), 64, 1).copies, 0);
    cr_assert_eq(fate_of(&model, message_of(1), 1, 64).copies, 0);
}

Test(link, an_endless_reordering_does_not_overflow)
{
    struct link_model model = model_of("fixed:1000h");
    model.reorder = 1.0;
    model.reorder_extra_ns = UINT64_MAX - 1;
    for (sequence_number sequence = 0; sequence < 100; sequence++) {
        struct link_fate fate = fate_of(&model, message_of(sequence), 0, 1);
        cr_assert(fate.delay_ns[0] >= DELAY_MOST_NS && fate.delay_ns[0] <= 2 * DELAY_MOST_NS);
    }
}

Test(link, knows_when_it_has_nothing_to_do)
{
    struct link_model model = {.replicas = 4, .gst_ns = TIME_NEVER_NS};
    cr_assert(link_is_trivial(&model) && !link_may_lose(&model));
    struct link_model other = model;
    other.client_delay.kind = DELAY_FIXED;
    cr_assert(!link_is_trivial(&other));
    other = model;
    other.delay.kind = DELAY_FIXED;
    cr_assert(!link_is_trivial(&other));
    other = model;
    other.fifo = true;
    cr_assert(!link_is_trivial(&other));
    other = model;
    other.duplicate = 0.1;
    cr_assert(!link_is_trivial(&other) && !link_may_lose(&other));
    other = model;
    other.reorder = 0.1;
    cr_assert(!link_is_trivial(&other));
    other = model;
    other.client_drop = 0.1;
    cr_assert(!link_is_trivial(&other) && link_may_lose(&other));
    other = model;
    other.drop = 0.1;
    cr_assert(!link_is_trivial(&other) && link_may_lose(&other));
}

Test(link, that_keeps_its_order_never_releases_two_at_once)
{
    uint64_t last_ns = 0;
    cr_assert_eq(link_fifo(&last_ns, 10), 10);
    cr_assert_eq(link_fifo(&last_ns, 5), 11);
    cr_assert_eq(link_fifo(&last_ns, 11), 12);
    cr_assert_eq(link_fifo(&last_ns, 100), 100);
}

/* What any compiler, and both drivers, must find. */
Test(link, fates_are_the_same_for_every_compiler)
{
    struct link_model model = rough_model();
    uint64_t sum = 0;
    for (sequence_number sequence = 0; sequence < 500; sequence++) {
        for (node_id to = 0; to < 70; to++) {
            struct link_fate fate = fate_of(&model, message_of(sequence), (node_id)(sequence % 70), to);
            sum = sum * 31 + fate.copies;
            for (uint32_t copy = 0; copy < fate.copies; copy++) {
                sum = sum * 31 + fate.delay_ns[copy];
            }
        }
    }
    cr_assert(sum == UINT64_C(6158743076162009528), "%lu", (unsigned long)sum);
}
