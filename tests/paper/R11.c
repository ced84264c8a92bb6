/* R11: the proofs in a prepared certificate are checked for the same view, sequence number and digest. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

/* A VIEW-CHANGE for view 3 by replica 2 that says: s1 was prepared in `view` with `batch`; its one entry of P. */
static struct payload *change_with(struct stage *stage, struct stage_prepared prepared)
{
    return stage_change_of(stage, (struct stage_change){.author = 2, .view = 3, .prepared = &prepared, .count = 1});
}

/* Where the entry of P, and its proof, stand. */
static size_t entry_at(const struct stage *stage, const struct payload *change)
{
    const void *entry = view_change_prepared(change->bytes, 0, stage_shape(stage));
    return (size_t)((const unsigned char *)entry - change->bytes);
}

Test(paper, R11_a_proof_of_q_votes_is_accepted_and_one_of_fewer_is_not)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t q = stage.config.quorum;
        struct payload *few = change_with(&stage, (struct stage_prepared){1, 0, a, q - 1});
        cr_assert_eq(stage_view_change(&stage, 2, few), REJECT_BAD_CERTIFICATE, "n = %u", n);
        struct payload *enough = change_with(&stage, (struct stage_prepared){1, 0, a, q});
        cr_assert_eq(stage_view_change(&stage, 2, enough), REJECT_NONE, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* The head of the entry says what its votes did not. */
Test(paper, R11_votes_for_another_view_sequence_number_or_digest_prove_nothing)
{
    FOR_EACH_SIZE(n)
    {
        static const size_t fields[] = {
            offsetof(struct prepared_head, sequence), offsetof(struct prepared_head, digest),
            offsetof(struct prepared_head, digest) + 8, offsetof(struct prepared_head, view)};
        for (uint32_t field = 0; field < sizeof fields / sizeof *fields; field++) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            struct payload *right = change_with(&stage, (struct stage_prepared){2, 0, a, 0});
            struct payload *wrong = stage_spoilt(&stage, right, entry_at(&stage, right) + fields[field]);
            cr_assert_eq(stage_view_change(&stage, 2, wrong), REJECT_BAD_CERTIFICATE, "n = %u, field %u", n, field);
            cr_assert_eq(stage_view_change(&stage, 2, right), REJECT_NONE);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* q votes in all, one of which was cast in another view: as when certificates of two views are merged. */
Test(paper, R11_one_vote_of_another_view_spoils_the_proof)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *mixed = change_with(&stage, (struct stage_prepared){1, 0, a, 0});
        unsigned char bytes[16384];
        cr_assert_leq(mixed->size, sizeof bytes);
        memcpy(bytes, mixed->bytes, mixed->size);
        struct proof *proof = (void *)(bytes + entry_at(&stage, mixed) + sizeof(struct prepared_head));
        stage_change_vote(&stage, proof, 1, MESSAGE_PREPARE, 0, MESSAGE_PREPARE, 1, 1, payload_digest(a));
        mixed = stage_payload_of(&stage, bytes, mixed->size);
        cr_assert_eq(stage_view_change(&stage, 2, mixed), REJECT_BAD_CERTIFICATE, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* q PREPAREs of backups alone: the pre-prepare is missing. And q COMMITs are no prepared certificate. */
Test(paper, R11_the_primarys_pre_prepare_must_be_among_the_votes)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t kind = 0; kind < 2; kind++) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            struct payload *model = change_with(&stage, (struct stage_prepared){1, 0, a, 0});
            unsigned char bytes[16384];
            cr_assert_leq(model->size, sizeof bytes);
            memcpy(bytes, model->bytes, model->size);
            struct proof *proof = (void *)(bytes + entry_at(&stage, model) + sizeof(struct prepared_head));
            proof_clear(proof, stage_shape(&stage));
            node_id first = kind == 0 ? 1 : 0;
            if (first + stage.config.quorum <= n) {
                for (node_id sender = first; sender < first + stage.config.quorum; sender++) {
                    stage_add_vote(&stage, proof, sender, kind == 0 ? MESSAGE_PREPARE : MESSAGE_COMMIT, 0, 1,
                                   payload_digest(a));
                }
            }
            struct payload *change = stage_payload_of(&stage, bytes, model->size);
            cr_assert_eq(stage_view_change(&stage, 2, change), REJECT_BAD_CERTIFICATE, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

Test(paper, R11_a_certificate_of_the_view_asked_for_or_a_later_one_cannot_be)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    for (view_number view = 5; view >= 2; view--) {
        struct payload *change = change_with(&stage, (struct stage_prepared){1, view, a, 0});
        cr_assert_eq(stage_view_change(&stage, 2, change), view >= 3 ? REJECT_BAD_CERTIFICATE : REJECT_NONE);
    }
    cr_assert_eq(stage_close(&stage), 0);
}
