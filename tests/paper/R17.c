/* R17: backups recompute O and reject a NEW-VIEW that differs. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

/* A NEW-VIEW for view 1 on q VIEW-CHANGEs, in one of which s1 and s3 were prepared: O is s1, null, s3. */
static struct payload *right_new_view(struct stage *stage)
{
    struct payload *a = stage_request_of(stage, 0, 1, "this");
    struct payload *b = stage_request_of(stage, 1, 1, "that");
    const struct stage_prepared prepared[] = {{1, 0, a, 0}, {3, 0, b, 0}};
    struct payload *changes[128];
    for (node_id author = 0; author < stage->config.quorum; author++) {
        changes[author] = stage_change_of(
            stage,
            (struct stage_change){.author = author, .view = 1, .prepared = prepared, .count = author == 1 ? 2 : 0});
    }
    return stage_new_view_of(stage, 1, changes, stage->config.quorum);
}

Test(paper, R17_the_right_O_is_accepted_and_voted_for)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *new_view = right_new_view(&stage);
        cr_assert_eq(new_view_head(new_view)->order_count, 3);
        cr_assert_eq(stage_new_view(&stage, 1, new_view), REJECT_NONE, "n = %u", n);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1, "the null request at once; the others must be fetched");
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* A flip in each byte of each entry of O: sequence number, digest, the primary's tag. */
Test(paper, R17_any_other_O_is_rejected)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *new_view = right_new_view(&stage);
        size_t order = new_view->size - 3 * sizeof(struct order_entry);
        for (size_t offset = order; offset<new_view->size; offset += n> 10 ? 5 : 1) {
            cr_assert_eq(stage_new_view(&stage, 1, stage_spoilt(&stage, new_view, offset)), REJECT_BAD_NEW_VIEW,
                         "n = %u, byte %zu of O", n, offset - order);
        }
        cr_assert_eq(stage_status(&stage).view, 0);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* The index-th entry names this digest instead, by the new primary's own tag or signature. */
static struct payload *reordered(struct stage *stage, const struct payload *new_view, uint32_t index,
                                 struct digest digest)
{
    struct payload *changed = collector_allocate(&stage->out, new_view->size);
    memcpy(changed->bytes, new_view->bytes, new_view->size);
    struct proof_shape shape = stage_shape(stage);
    struct order_entry *entry = (struct order_entry *)(uintptr_t)&new_view_order(changed, shape)[index];
    entry->digest = digest;
    if (shape.signatures == 0) {
        entry->tag = auth_tag(stage->keyring, 1, MESSAGE_PRE_PREPARE, 1, entry->sequence, digest);
    } else {
        struct signature own = auth_sign_vote(stage->keyring, 1, MESSAGE_PRE_PREPARE, 1, entry->sequence, digest);
        memcpy((void *)(uintptr_t)new_view_order_auth(changed, shape, index).signature, &own, sizeof own);
    }
    struct payload *payload = stage_payload_of(stage, changed->bytes, changed->size);
    payload_drop(changed);
    return payload;
}

/* That the new primary stands by its O does not make it right: V decides. */
Test(paper, R17_an_O_that_its_primary_made_up_is_rejected)
{
    FOR_EACH_MODE(mode)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = 7, .id = 3, .auth = mode});
        struct payload *new_view = right_new_view(&stage);
        const struct order_entry *right = new_view_order(new_view, stage_shape(&stage));
        struct digest other = payload_digest(stage_request_of(&stage, 2, 1, "other"));
        for (uint32_t index = 0; index < 3; index++) {
            const struct digest wrong[] = {other, right[(index + 1) % 3].digest, right[(index + 2) % 3].digest};
            for (uint32_t way = 0; way < 3; way++) {
                struct payload *made_up = reordered(&stage, new_view, index, wrong[way]);
                cr_assert_eq(stage_new_view(&stage, 1, made_up), REJECT_BAD_NEW_VIEW, "entry %u", index);
            }
        }
        cr_assert_eq(stage_new_view(&stage, 1, reordered(&stage, new_view, 1, right[1].digest)), REJECT_NONE);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* The count in the head goes along with what is cut off or added, so that only the contents are wrong. */
static enum reject with_order_count(struct stage *stage, const struct payload *new_view, uint32_t count)
{
    uint32_t size = new_view->size + (count - 3) * (uint32_t)sizeof(struct order_entry);
    struct payload *draft = stage_resized(stage, new_view, size);
    struct payload *changed = collector_allocate(&stage->out, size);
    memcpy(changed->bytes, draft->bytes, size);
    memcpy(changed->bytes + offsetof(struct new_view_head, order_count), &count, sizeof count);
    struct payload *payload = stage_payload_of(stage, changed->bytes, size);
    payload_drop(changed);
    return stage_new_view(stage, 1, payload);
}

Test(paper, R17_nothing_may_be_left_out_of_O_or_added)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *new_view = right_new_view(&stage);
        cr_assert_eq(with_order_count(&stage, new_view, 0), REJECT_BAD_NEW_VIEW);
        cr_assert_eq(with_order_count(&stage, new_view, 2), REJECT_BAD_NEW_VIEW);
        cr_assert_eq(with_order_count(&stage, new_view, 4), REJECT_BAD_NEW_VIEW);
        cr_assert_eq(with_order_count(&stage, new_view, 3), REJECT_NONE, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* O is what the tags of view 1's primary say: another replica's tags would not be its pre-prepares. */
Test(paper, R17_every_backup_comes_to_the_same)
{
    struct digest first = digest_null();
    for (node_id id = 0; id < 7; id++) {
        if (id == 1) {
            continue;
        }
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = 7, .id = id});
        struct payload *new_view = right_new_view(&stage);
        cr_assert_eq(stage_new_view(&stage, 1, new_view), REJECT_NONE);
        first = id == 0 ? payload_digest(new_view) : first;
        cr_assert(digest_equal(first, payload_digest(new_view)));
        cr_assert_eq(stage_close(&stage), 0);
    }
}
