/* R15: for each sequence number NEW-VIEW re-proposes the certificate of the HIGHEST view. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

/* The replica under test is primary of view 3. Others say that s1 was prepared with these batches in views 0, 1, 2. */
static void others_say(struct stage *stage, const struct stage_prepared *prepared, uint32_t count)
{
    for (uint32_t k = 0; k < stage->config.quorum - 1; k++) {
        node_id author = stage_other(stage, k);
        struct stage_change change = {.author = author, .view = 3};
        if (k < count) {
            change.prepared = &prepared[k];
            change.count = 1;
        }
        cr_assert_eq(stage_view_change(stage, author, stage_change_of(stage, change)), REJECT_NONE);
    }
}

static struct digest ordered(const struct stage *stage, uint32_t index)
{
    const struct payload *new_view = stage_last(stage, MESSAGE_NEW_VIEW)->payload;
    cr_assert_lt(index, new_view_head(new_view)->order_count);
    return new_view_order(new_view, stage_shape(stage))[index].digest;
}

Test(paper, R15_the_certificate_of_the_highest_view_wins_whoever_comes_first)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t turned = 0; turned <= 1; turned++) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            struct payload *b = stage_request_of(&stage, 1, 1, "that");
            struct stage_prepared prepared[2] = {{1, 0, a, 0}, {1, 2, b, 0}};
            if (turned) {
                prepared[0] = (struct stage_prepared){1, 2, b, 0};
                prepared[1] = (struct stage_prepared){1, 0, a, 0};
            }
            others_say(&stage, prepared, 2);
            cr_assert(digest_equal(ordered(&stage, 0), payload_digest(b)), "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

Test(paper, R15_one_certificate_is_enough_against_all_who_prepared_nothing)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        others_say(&stage, &(struct stage_prepared){1, 0, a, 0}, 1);
        cr_assert(digest_equal(ordered(&stage, 0), payload_digest(a)), "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Also against its own: what the new primary prepared in view 0 gives way to what another did in view 2. */
Test(paper, R15_the_primarys_own_certificate_has_no_advantage)
{
    FOR_EACH_SIZE(n)
    {
        for (view_number other = 0; other <= 2; other += 2) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            struct payload *b = stage_request_of(&stage, 1, 1, "that");
            stage_enter_view(&stage, 1);
            stage_pre_prepare(&stage, 1, 1, 1, a);
            stage_prepares(&stage, 1, 1, a, 0, n - 2);
            others_say(&stage, &(struct stage_prepared){1, other, b, 0}, 1);
            cr_assert(digest_equal(ordered(&stage, 0), payload_digest((other > 1 ? b : a))), "n = %u, view %u", n,
                      other);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* A prepared in view 0, B prepared here in view 1 (which others did not see), and now A is ordered again: its contents
 * must still be there, although B's certificate takes the place in which they were kept. */
Test(paper, R15_contents_of_an_older_certificate_are_still_there_when_they_are_ordered)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct payload *b = stage_request_of(&stage, 1, 1, "that");
    struct payload *sent[2] = {a, b};
    for (view_number view = 0; view < 2; view++) { /* each payload lives only where the replica keeps it */
        struct payload *own = collector_allocate(&stage.out, sent[view]->size);
        memcpy(own->bytes, sent[view]->bytes, own->size);
        payload_seal(own);
        stage_pre_prepare(&stage, view, view, 1, own);
        payload_drop(own);
        stage_prepares(&stage, view, 1, sent[view], 0, 2);
        if (view == 0) {
            stage_enter_view(&stage, 1);
        }
    }
    struct payload *changes[3];
    const struct stage_prepared prepared = {1, 0, a, 0};
    for (node_id author = 0; author < 3; author++) {
        changes[author] = stage_change_of(
            &stage, (struct stage_change){.author = author, .view = 2, .prepared = &prepared, .count = author == 0});
    }
    stage_forget(&stage);
    cr_assert_eq(stage_new_view(&stage, 2, stage_new_view_of(&stage, 2, changes, 3)), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, LINES("prepare v2 s1 a > all")), "it has the contents: no fetch");
    stage_prepares(&stage, 2, 1, a, 0, 2);
    stage_commits(&stage, 2, 1, a, 0, 3);
    cr_assert_eq(stage_status(&stage).executed, 1);
    cr_assert_eq(stage_close(&stage), 0);
}
