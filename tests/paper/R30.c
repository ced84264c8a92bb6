/* R30: VIEW-CHANGE contents are bound to their authors also under `--auth none` and `mac`: no replica can forge another's
 * vote, also inside a certificate. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/ensemble.h"
#include "tests/support/stage_views.h"

static size_t proof_at(const struct stage *stage, const struct payload *change)
{
    const struct prepared_head *entry = view_change_prepared(change->bytes, 0, stage_shape(stage));
    return (size_t)((const unsigned char *)prepared_proof(entry) - change->bytes);
}

/* A VIEW-CHANGE for view 1 by replica 2 with one certificate. */
static struct payload *change_of_2(struct stage *stage, uint32_t voters)
{
    const struct stage_prepared prepared = {1, 0, stage_request_of(stage, 0, 1, "this"), voters};
    return stage_change_of(stage, (struct stage_change){.author = 2, .view = 1, .prepared = &prepared, .count = 1});
}

/* A name more in the bitset, without that replica's tag or signature: a vote that it did not cast. */
Test(paper, R30_a_vote_that_its_author_did_not_cast_is_found)
{
    FOR_EACH_MODE(mode)
    {
        for (uint32_t n = 4; n <= 70; n += 22) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .auth = (enum auth_mode)mode});
            struct payload *few = change_of_2(&stage, stage.config.quorum - 1);
            cr_assert_eq(stage_view_change(&stage, 2, few), REJECT_BAD_CERTIFICATE);
            unsigned char bytes[16384];
            memcpy(bytes, few->bytes, few->size);
            struct proof *proof = (void *)(bytes + proof_at(&stage, few));
            node_id innocent = n - 1;
            proof->senders[innocent / 64] |= 1ULL << (innocent % 64);
            struct payload *forged = stage_payload_of(&stage, bytes, few->size);
            cr_assert_eq(stage_view_change(&stage, 2, forged), REJECT_BAD_CERTIFICATE, "n = %u", n);
            proof->tags ^= auth_tag(stage.keyring, 2, MESSAGE_PREPARE, 0, 1, payload_digest(stage.payloads[0]));
            forged = stage_payload_of(&stage, bytes, few->size);
            cr_assert_eq(stage_view_change(&stage, 2, forged), REJECT_BAD_CERTIFICATE, "n = %u: its own tag again", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* Replica 2 has all votes but that of `innocent`, and puts this signature in its place. */
static enum reject with_signature_of(struct stage *stage, node_id innocent, struct signature signature)
{
    struct payload *model = change_of_2(stage, 0);
    unsigned char bytes[4096];
    memcpy(bytes, model->bytes, model->size);
    struct proof *proof = (void *)(bytes + proof_at(stage, model));
    const struct signature *place = proof_signature(proof, stage_shape(stage), innocent);
    memcpy(bytes + ((const unsigned char *)place - bytes), &signature, sizeof signature);
    return stage_view_change(stage, 2, stage_payload_of(stage, bytes, model->size));
}

/* Everything about the certificate is right but one signature. */
Test(paper, R30_inside_a_certificate_each_signature_is_its_authors_for_exactly_this_vote)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 7, .id = 1, .auth = AUTH_SIGNATURE});
    const struct keyring *keys = stage.keyring;
    node_id innocent = 3;
    struct payload *batch = stage_request_of(&stage, 0, 1, "this"); /* of which change_of_2 makes the same again */
    struct digest digest = payload_digest(batch), other = {{1, 2}};
    const struct vote_statement vote = auth_statement(innocent, MESSAGE_PREPARE, 0, 1, digest);
    const struct signature wrong[] = {
        auth_sign(keys, 2, &vote, sizeof vote),                            /* the liar's, for the other's vote */
        auth_sign_vote(keys, 2, MESSAGE_PREPARE, 0, 1, digest),            /* the liar's own vote again */
        auth_sign_vote(keys, innocent, MESSAGE_COMMIT, 0, 1, digest),      /* of another phase */
        auth_sign_vote(keys, innocent, MESSAGE_PRE_PREPARE, 0, 1, digest), /* as if it were the primary */
        auth_sign_vote(keys, innocent, MESSAGE_PREPARE, 1, 1, digest),     /* of another view */
        auth_sign_vote(keys, innocent, MESSAGE_PREPARE, 0, 2, digest),     /* for another sequence number */
        auth_sign_vote(keys, innocent, MESSAGE_PREPARE, 0, 1, other),      /* for another digest */
        (struct signature){{0}},
    };
    for (uint32_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        cr_assert_eq(with_signature_of(&stage, innocent, wrong[index]), REJECT_BAD_CERTIFICATE, "case %u", index);
    }
    struct signature right = auth_sign_vote(keys, innocent, MESSAGE_PREPARE, 0, 1, digest);
    cr_assert_eq(with_signature_of(&stage, innocent, right), REJECT_NONE);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R30_names_beyond_n_are_found)
{
    for (uint32_t n = 4; n <= 70; n += 22) {
        struct stage stage;
        stage_open(&stage,
                   (struct stage_options){.replicas = n, .id = 1, .auth = n == 48 ? AUTH_SIGNATURE : AUTH_NONE});
        struct payload *few = change_of_2(&stage, stage.config.quorum - 1);
        unsigned char bytes[16384];
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
            /* the tag or signature of the first VIEW-CHANGE in V, and one byte of its contents under the right one */
            size_t first = sizeof(struct new_view_head), tag = first;
            if (mode == AUTH_SIGNATURE) {
                tag = (size_t)((const unsigned char *)new_view_signatures(right) - right->bytes);
            }
            size_t state = first + sizeof(struct change_head) + offsetof(struct view_change_head, state);
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
        stage_open(&stage, (struct stage_options){.id = 1, .auth = (enum auth_mode)mode});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, a), REJECT_NONE);
        struct message vote = {.type = MESSAGE_PREPARE, .sender = 3, .sequence = 1, .digest = payload_digest(a)};
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

static uint64_t verified(const struct stage *stage)
{
    return stage_status(stage).verified;
}

/* A signature that was verified is not verified again, wherever it turns up: in the message once more, in the
 * VIEW-CHANGEs of others, and with those in a NEW-VIEW. */
Test(paper, R30_a_signature_is_verified_once)
{
    for (uint32_t n = 4; n <= 10; n += 3) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = n - 1, .auth = AUTH_SIGNATURE});
        uint32_t q = stage.config.quorum;
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        cr_assert_eq(verified(&stage), n - 1, "the primary's, and n-2 PREPAREs");
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        cr_assert_eq(verified(&stage), n - 1, "the same again");
        const struct stage_prepared prepared = {1, 0, a, 0};
        struct payload *changes[16];
        for (node_id author = 1; author <= q; author++) {
            const struct stage_change change = {.author = author, .view = 1, .prepared = &prepared, .count = 1};
            changes[author - 1] = stage_change_of(&stage, change);
        }
        for (node_id author = 1; author < q; author++) {
            cr_assert_eq(stage_view_change(&stage, author, changes[author - 1]), REJECT_NONE);
            cr_assert_eq(verified(&stage), n - 1 + author, "the message's alone");
        }
        uint64_t before = verified(&stage), recalled = stage_status(&stage).recalled;
        cr_assert_eq(stage_new_view(&stage, 1, stage_new_view_of(&stage, 1, changes, q)), REJECT_NONE);
        uint32_t news = 1 + (q < n - 1) + 1; /* its own, a VIEW-CHANGE that has not come by itself, the entry of O */
        cr_assert_eq(verified(&stage) - before, news, "n = %u: %u", n, (unsigned)(verified(&stage) - before));
        cr_assert_eq(stage_status(&stage).recalled - recalled, q * q + q - (q < n - 1), "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* What was not verified is not taken for it: a forgery costs its computation each time, and stays one. */
Test(paper, R30_a_bad_signature_is_not_remembered_as_good)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 4, .id = 1, .auth = AUTH_SIGNATURE});
    for (uint64_t times = 1; times <= 3; times++) {
        struct signature none = {{0}};
        cr_assert_eq(with_signature_of(&stage, 2, none), REJECT_BAD_CERTIFICATE);
    }
    struct payload *right = change_of_2(&stage, 0);
    cr_assert_eq(stage_view_change(&stage, 2, right), REJECT_NONE);
    cr_assert_eq(stage_close(&stage), 0);
}

/* A decision without faults costs each replica 2(n-1) verifications, 2n(n-1) in all: the primary those of n-1 PREPAREs
 * and n-1 COMMITs, a backup those of the pre-prepare, n-2 PREPAREs and n-1 COMMITs. Besides, the primary verifies each
 * request's message, and everybody n-1 CHECKPOINTs where there is one. None is recalled, for none comes twice. */
Test(paper, R30_without_faults_each_replica_verifies_each_message_once)
{
    static const uint32_t sizes[] = {1, 2, 4, 7, 10};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t n = sizes[i];
        for (uint64_t requests = 1; requests <= 4; requests++) {
            struct ensemble ensemble;
            ensemble_open(&ensemble, (struct ensemble_options){.replicas = n,
                                                               .requests = requests,
                                                               .checkpoint_interval = 4,
                                                               .delay_ns = 1000,
                                                               .seed = n,
                                                               .auth = AUTH_SIGNATURE});
            cr_assert(ensemble_run(&ensemble, 1000000000));
            for (node_id id = 0; id < n; id++) {
                const struct replica_status status = ensemble_status(&ensemble, id);
                uint64_t votes = 2 * (n - 1) * requests, asked = id == 0 ? requests : 0;
                uint64_t checkpoints = requests == 4 ? n - 1 : 0;
                cr_assert_eq(status.verified, votes + asked + checkpoints, "n = %u, replica %u: %lu", n, id,
                             status.verified);
                cr_assert_eq(status.recalled, 0);
            }
            cr_assert_eq(ensemble_close(&ensemble), 0);
        }
    }
}

/* The weakness of authenticators: a primary whose MAC is wrong for one backup. That one does not see the pre-prepare;
 * the others decide without it, and it executes what their COMMITs certify (R32). */
Test(paper, R30_a_backup_that_gets_a_wrong_mac_is_not_left_behind)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3, .auth = AUTH_MAC, .retransmit_ns = 1000});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct message proposal = {
        .type = MESSAGE_PRE_PREPARE, .sequence = 1, .digest = payload_digest(a), .payload = a, .to = 3};
    struct payload *seal = collector_allocate(&stage.out, seal_size(stage.keyring, 3));
    payload_hold(a);
    proposal.tag = auth_tag(stage.keyring, 0, MESSAGE_PRE_PREPARE, 0, 1, payload_digest(a));
    seal_message(&proposal, seal, stage.keyring, 0);
    seal->bytes[0] ^= 1;
    cr_assert_eq(stage_deliver(&stage, 0, proposal), REJECT_NOT_AUTHENTIC);
    payload_drop(seal);
    stage_prepares(&stage, 0, 1, a, 0, 2);
    stage_commits(&stage, 0, 1, a, 0, 3);
    cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "it has not seen what was proposed");
    stage_timer(&stage, 1000);
    cr_assert_geq(stage_sent(&stage, MESSAGE_FETCH), 1);
    cr_assert_eq(stage_decision(&stage, 1, stage_decision_of(&stage, 0, 1, a, stage.config.quorum)), REJECT_NONE);
    cr_assert_eq(stage_status(&stage).executed, 1);
    cr_assert_eq(stage_close(&stage), 0);
}

/* A CHECKPOINT has no view. One that names a view would be counted, and spoil the proof that is made of it: whoever
 * showed it would not be believed. */
Test(paper, R30_a_checkpoint_that_names_a_view_is_refused)
{
    FOR_EACH_MODE(mode)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.id = 1, .auth = (enum auth_mode)mode, .checkpoint_interval = 1});
        struct message checkpoint = {.type = MESSAGE_CHECKPOINT, .sender = NO_NODE, .view = 1, .sequence = 1};
        cr_assert_eq(stage_deliver(&stage, 3, checkpoint), REJECT_MALFORMED);
        checkpoint.view = 0;
        cr_assert_eq(stage_deliver(&stage, 3, checkpoint), REJECT_NONE);
        cr_assert_eq(stage_close(&stage), 0);
    }
}
