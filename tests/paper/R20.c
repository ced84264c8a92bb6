/* R20: every proof in P and C is validated. O names digests: a replica that lacks a batch fetches it by digest, and
 * prepares it only when it has it. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

static const struct digest state = {{5, 6}};

/* A flip in each byte of a VIEW-CHANGE with a C and two entries of P: whatever it hits, the contents are not what
 * their authors voted for (or not where they belong). Fields that nobody reads are left out. */
Test(paper, R20_any_change_to_a_view_change_is_found)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 5, .id = 1, .checkpoint_interval = 4, .window = 12});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    const struct stage_prepared prepared[] = {{5, 0, a, 0}, {9, 1, a, 0}};
    struct payload *right = stage_change_of(
        &stage,
        (struct stage_change){.author = 2, .view = 3, .stable = 4, .state = state, .prepared = prepared, .count = 2});
    size_t proof = proof_size(stage_shape(&stage));
    size_t head = sizeof(struct view_change_head), entry = sizeof(struct prepared_head) + proof;
    for (size_t offset = offsetof(struct view_change_head, stable); offset < right->size; offset++) {
        size_t in_entry = (offset - head - proof) % entry;
        bool unread = (offset >= offsetof(struct view_change_head, reserved) && offset < head) ||
                      (offset >= head + proof && in_entry >= offsetof(struct prepared_head, reserved) &&
                       in_entry < sizeof(struct prepared_head));
        if (!unread) {
            cr_assert_eq(stage_view_change(&stage, 2, stage_spoilt(&stage, right, offset)), REJECT_BAD_CERTIFICATE,
                         "byte %zu", offset);
        }
    }
    cr_assert_eq(stage_view_change(&stage, 2, right), REJECT_NONE);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R20_P_ascends_and_lies_in_the_window_above_h)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 1, .checkpoint_interval = 4, .window = 12});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    static const sequence_number places[][2] = {{6, 5}, {5, 5}, {4, 5}, {0, 5}, {5, 17}, {5, UINT64_MAX}};
    struct stage_change change = {.author = 2, .view = 3, .stable = 4, .state = state, .count = 2};
    for (uint32_t index = 0; index < sizeof places / sizeof *places; index++) {
        const struct stage_prepared wrong[] = {{places[index][0], 0, a, 0}, {places[index][1], 0, a, 0}};
        change.prepared = wrong;
        cr_assert_eq(stage_view_change(&stage, 2, stage_change_of(&stage, change)), REJECT_BAD_CERTIFICATE, "case %u",
                     index);
    }
    const struct stage_prepared right[] = {{5, 0, a, 0}, {16, 0, a, 0}};
    change.prepared = right;
    cr_assert_eq(stage_view_change(&stage, 2, stage_change_of(&stage, change)), REJECT_NONE);
    cr_assert_eq(stage_close(&stage), 0);
}

/* View 1 orders a batch that the replica under test never saw. */
static struct payload *order_unknown(struct stage *stage)
{
    struct payload *a = stage_request_of(stage, 0, 1, "this");
    const struct stage_prepared prepared = {1, 0, a, 0};
    struct payload *changes[128];
    for (node_id author = 0; author < stage->config.quorum; author++) {
        changes[author] = stage_change_of(
            stage, (struct stage_change){.author = author, .view = 1, .prepared = &prepared, .count = author == 1});
    }
    cr_assert_eq(stage_new_view(stage, 1, stage_new_view_of(stage, 1, changes, stage->config.quorum)), REJECT_NONE);
    return a;
}

static enum reject bring(struct stage *stage, node_id from, sequence_number sequence, struct payload *batch)
{
    struct message message = {.type = MESSAGE_BATCH, .sender = NO_NODE, .payload = batch};
    message.sequence = sequence;
    message.digest = payload_digest(batch);
    return stage_deliver(stage, from, message);
}

Test(paper, R20_a_batch_that_is_lacking_is_fetched_and_prepared_only_when_it_is_there)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = order_unknown(&stage);
        cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), quorum_weak(n), "n = %u: one of f+1 is correct", n);
        cr_assert(digest_equal(stage_last(&stage, MESSAGE_FETCH)->digest, payload_digest(a)));
        stage_prepares(&stage, 1, 1, a, 0, n - 2);
        stage_commits(&stage, 1, 1, a, 0, n - 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 0, "n = %u", n);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        cr_assert_eq(stage_status(&stage).executed, 0);
        cr_assert_eq(bring(&stage, 2, 1, a), REJECT_NONE);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1, "n = %u", n);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u", n);
        cr_assert_eq(stage_status(&stage).executed, 1, "the votes were kept");
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R20_only_the_batch_of_that_digest_will_do_and_only_once)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3});
    struct payload *a = order_unknown(&stage);
    struct payload *b = stage_request_of(&stage, 1, 1, "that");
    cr_assert_eq(bring(&stage, 2, 1, b), REJECT_WRONG_DIGEST);
    cr_assert_eq(bring(&stage, 2, 2, a), REJECT_UNASKED);
    cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 0);
    cr_assert_eq(bring(&stage, 2, 1, a), REJECT_NONE);
    cr_assert_eq(bring(&stage, 1, 1, a), REJECT_UNASKED);
    cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R20_who_has_the_batch_hands_it_out)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_pre_prepare(&stage, 0, 0, 1, a);
    stage_forget(&stage);
    struct message fetch = {.type = MESSAGE_FETCH, .sender = NO_NODE};
    fetch.sequence = 1;
    fetch.digest = payload_digest(a);
    cr_assert_eq(stage_deliver(&stage, 2, fetch), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, LINES("batch a > r2")));
    fetch.digest.words[0] ^= 1;
    stage_forget(&stage);
    cr_assert_eq(stage_deliver(&stage, 2, fetch), REJECT_OBSOLETE);
    cr_assert(stage_sent_is(&stage, NOTHING));
    cr_assert_eq(stage_close(&stage), 0);
}
