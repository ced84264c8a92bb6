/* R30: VIEW-CHANGE contents are bound to their authors also under `--auth none` and `mac`: no replica can forge another's
 * vote, also inside a certificate. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

static const enum auth_mode modes[] = {AUTH_NONE, AUTH_MAC, AUTH_SIGNATURE};

#define FOR_EACH_MODE(mode) \
    for (uint32_t mode_index = 0, mode; mode_index < 3 && (mode = modes[mode_index], true); mode_index++)

static size_t proof_at(const struct stage *stage, const struct payload *change)
{
    const struct prepared_head *entry = view_change_prepared(change->bytes, 0, stage->config.replicas);
    return (size_t)((const unsigned char *)prepared_proof(entry) - change->bytes);
}

/* A VIEW-CHANGE for view 1 by replica 2 with one certificate. */
static struct payload *change_of_2(struct stage *stage, uint32_t voters)
{
    const struct stage_prepared prepared = {1, 0, stage_request_of(stage, 0, 1, "this"), voters};
    return stage_change_of(stage, (struct stage_change){.author = 2, .view = 1, .prepared = &prepared, .count = 1});
}

/* A name more in the bitset, without that replica's tag: a vote that it did not cast. */
Test(paper, R30_a_vote_that_its_author_did_not_cast_is_found)
{
    FOR_EACH_MODE(mode)
    {
        for (uint32_t n = 4; n <= 70; n += 22) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .auth = (enum auth_mode)mode});
            struct payload *few = change_of_2(&stage, stage.config.quorum - 1);
            cr_assert_eq(stage_view_change(&stage, 2, few), REJECT_BAD_CERTIFICATE);
            unsigned char bytes[4096];
            memcpy(bytes, few->bytes, few->size);
            struct proof *proof = (void *)(bytes + proof_at(&stage, few));
            node_id innocent = n - 1;
            proof->senders[innocent / 64] |= 1ULL << (innocent % 64);
            struct payload *forged = stage_payload_of(&stage, bytes, few->size);
            cr_assert_eq(stage_view_change(&stage, 2, forged), REJECT_BAD_CERTIFICATE, "n = %u", n);
            proof->tags ^= auth_tag(stage.keyring, 2, MESSAGE_PREPARE, 0, 1, stage.payloads[0]->digest);
            forged = stage_payload_of(&stage, bytes, few->size);
            cr_assert_eq(stage_view_change(&stage, 2, forged), REJECT_BAD_CERTIFICATE, "n = %u: its own tag again", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

Test(paper, R30_names_beyond_n_are_found)
{
    for (uint32_t n = 4; n <= 70; n += 22) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *few = change_of_2(&stage, stage.config.quorum - 1);
        unsigned char bytes[4096];
        memcpy(bytes, few->bytes, few->size);
        struct proof *proof = (void *)(bytes + proof_at(&stage, few));
        proof->senders[n / 64] |= 1ULL << (n % 64); /* no such replica: it has no tag to be missed */
        struct payload *forged = stage_payload_of(&stage, bytes, few->size);
        cr_assert_eq(stage_view_change(&stage, 2, forged), REJECT_BAD_CERTIFICATE, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Replica 1, the primary of view 1, makes up VIEW-CHANGEs of others: it cannot tag them. */
Test(paper, R30_a_primary_cannot_make_up_the_view_changes_of_others)
{
    FOR_EACH_MODE(mode)
    {
        FOR_EACH_SIZE(n)
        {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 0, .auth = (enum auth_mode)mode});
            struct payload *changes[128];
            for (node_id author = 0; author < stage.config.quorum; author++) {
                changes[author] = stage_change_of(&stage, (struct stage_change){.author = author, .view = 1});
            }
            struct payload *right = stage_new_view_of(&stage, 1, changes, stage.config.quorum);
            /* the tag of the first VIEW-CHANGE in V, and then one byte of its contents under the old tag */
            size_t tag = sizeof(struct new_view_head);
            size_t state = tag + sizeof(struct change_head) + offsetof(struct view_change_head, state);
            cr_assert_eq(stage_new_view(&stage, 1, stage_spoilt(&stage, right, tag)), REJECT_BAD_NEW_VIEW);
            cr_assert_eq(stage_new_view(&stage, 1, stage_spoilt(&stage, right, state)), REJECT_BAD_NEW_VIEW);
            cr_assert_eq(stage_new_view(&stage, 1, right), REJECT_NONE, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* What it sends itself passes the same checks, in every mode. */
Test(paper, R30_true_certificates_convince)
{
    FOR_EACH_MODE(mode)
    {
        for (uint32_t n = 4; n <= 70; n += 22) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .auth = (enum auth_mode)mode});
            cr_assert_eq(stage_view_change(&stage, 2, change_of_2(&stage, 0)), REJECT_NONE, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* A message that its origin did not authenticate is not looked at. */
Test(paper, R30_with_macs_and_signatures_only_authentic_messages_count)
{
    for (uint32_t mode = 1; mode < 3; mode++) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.id = 1, .auth = modes[mode]});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, a), REJECT_NONE);
        struct message vote = {.type = MESSAGE_PREPARE, .sender = 3, .sequence = 1, .digest = a->digest};
        vote.flags = MESSAGE_SEALED; /* says so, but nothing is there */
        cr_assert_eq(stage_deliver(&stage, 3, vote), REJECT_NOT_AUTHENTIC);
        struct payload *seal = collector_allocate(&stage.out, seal_size(stage.keyring, 1));
        vote.flags = 0;
        vote.to = 1;
        seal_message(&vote, seal, stage.keyring, 2); /* under replica 2's key */
        cr_assert_eq(stage_deliver(&stage, 3, vote), REJECT_NOT_AUTHENTIC);
        payload_drop(seal);
        cr_assert_eq(stage_prepare(&stage, 3, 0, 1, a), REJECT_NONE);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1);
        cr_assert_eq(stage_close(&stage), 0);
    }
}
