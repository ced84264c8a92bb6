/* I11: whatever correct replicas say about a NEW-VIEW, the checker computes its O itself. */
#include <criterion/criterion.h>

#include "tests/support/script.h"

#define CLIENT 4
#define VIEW 5

static const struct digest a = {{1, 10}}, b = {{2, 20}};

/* Replica 1 leads view 5; replica 2 enters it by what it sent. */
static struct script *entered_by(struct script *script, struct payload *new_view)
{
    script_decide(script, CLIENT, 1, 1, 100);
    script_send_new_view(script, VIEW, new_view, 400);
    script_say(script, 2, JOURNAL_VIEW_CHANGE, VIEW, 0, digest_null(), 390);
    script_say(script, 2, JOURNAL_NEW_VIEW, VIEW, 0, payload_digest(new_view), 410);
    return script;
}

static void expect(struct script *script, const char *property)
{
    for (uint64_t seed = 0; seed < 8; seed++) {
        struct run_result *result = script_play(script, seed);
        if (property == NULL) {
            cr_assert(result->safe, "%s", result->violation.property);
        } else {
            cr_assert(!result->safe && strcmp(result->violation.property, property) == 0, "seed %lu", seed);
            cr_assert(result->violation.replica_count == 1 && result->violation.replicas[0] == 2);
        }
        script_release(result);
    }
    script_destroy(script);
}

/* 5: once in view 0, once in view 3. 6: nobody. 7: one replica, in view 1. */
static const struct script_prepared prepared[] = {{0, 5, 0, {{1, 10}}}, {1, 5, 3, {{2, 20}}}, {2, 7, 1, {{1, 10}}}};

static struct payload *ordering(struct script *script)
{
    return script_new_view(script, VIEW, 4, prepared, 3);
}

static struct order_entry *order_of(struct payload *new_view)
{
    return (struct order_entry *)new_view_order(new_view, proof_shape(4, 3, AUTH_NONE));
}

/* Makes another entry of O, also in its tag the primary's own. */
static void order_otherwise(struct script *script, struct payload *new_view, uint32_t index, sequence_number sequence,
                            struct digest digest)
{
    uint64_t tag = auth_tag(script->keyring, 1, MESSAGE_PRE_PREPARE, VIEW, sequence, digest);
    order_of(new_view)[index] = (struct order_entry){sequence, digest, tag};
    payload_seal(new_view);
}

Test(checker_new_view, I11_holds_where_O_takes_the_highest_view_and_fills_gaps_with_null)
{
    struct script *script = script_create(4, 1);
    struct payload *new_view = ordering(script);
    const struct order_entry *order = order_of(new_view);
    cr_assert(new_view_head(new_view)->order_count == 3 && digest_equal(order[0].digest, b));
    cr_assert(digest_equal(order[1].digest, digest_null()) && digest_equal(order[2].digest, a));
    expect(entered_by(script, new_view), NULL);
}

Test(checker_new_view, I11_is_broken_by_the_certificate_of_a_lower_view)
{
    struct script *script = script_create(4, 1);
    struct payload *new_view = ordering(script);
    order_otherwise(script, new_view, 0, 5, a);
    expect(entered_by(script, new_view), "I11");
}

Test(checker_new_view, I11_is_broken_by_a_gap_that_is_filled_with_a_batch)
{
    struct script *script = script_create(4, 1);
    struct payload *new_view = ordering(script);
    order_otherwise(script, new_view, 1, 6, a);
    expect(entered_by(script, new_view), "I11");
}

Test(checker_new_view, I11_is_broken_by_an_order_moved_by_one)
{
    struct script *script = script_create(4, 1);
    struct payload *new_view = ordering(script);
    for (uint32_t i = 0; i < 3; i++) {
        order_otherwise(script, new_view, i, order_of(new_view)[i].sequence + 1, order_of(new_view)[i].digest);
    }
    expect(entered_by(script, new_view), "I11");
}

Test(checker_new_view, I11_is_broken_by_an_order_that_ends_too_early)
{
    struct script *script = script_create(4, 1);
    struct payload *new_view = ordering(script);
    ((struct new_view_head *)(void *)new_view->bytes)->order_count--;
    new_view->size -= sizeof(struct order_entry);
    expect(entered_by(script, new_view), "I11");
}

/* The first VIEW-CHANGE in V, to be changed. */
static struct change_head *first_change(struct payload *new_view)
{
    return (struct change_head *)new_view_change(new_view, proof_shape(4, 3, AUTH_NONE), NULL);
}

/* As if core had found everything valid. */
static void expect_broken(struct script *script, struct payload *new_view)
{
    payload_seal(new_view);
    atomic_store(&new_view->valid_as, PAYLOAD_NEW_VIEW);
    expect(entered_by(script, new_view), "I11");
}

/* Vouches anew for the contents of the first VIEW-CHANGE, as its author could. */
static void tag_again(struct script *script, struct change_head *change)
{
    const struct view_change_head *head = view_change_head(change + 1);
    change->tag = auth_tag(script->keyring, head->author, MESSAGE_VIEW_CHANGE, head->view, head->stable,
                           digest_of(head, change->size));
}

Test(checker_new_view, I11_is_broken_by_a_view_change_that_is_not_its_authors)
{
    struct script *script = script_create(4, 1);
    struct payload *new_view = ordering(script);
    first_change(new_view)->tag ^= 1;
    expect_broken(script, new_view);
}

Test(checker_new_view, I11_is_broken_by_a_certificate_that_proves_nothing)
{
    struct script *script = script_create(4, 1);
    struct payload *new_view = ordering(script);
    struct change_head *change = first_change(new_view);
    const struct prepared_head *entry = view_change_prepared(change + 1, 0, proof_shape(4, 3, AUTH_NONE));
    ((struct proof *)prepared_proof(entry))->tags ^= 1;
    tag_again(script, change);
    expect_broken(script, new_view);
}

Test(checker_new_view, I11_is_broken_by_a_certificate_of_too_few)
{
    struct script *script = script_create(4, 1);
    struct payload *new_view = ordering(script);
    struct change_head *change = first_change(new_view);
    const struct prepared_head *entry = view_change_prepared(change + 1, 0, proof_shape(4, 3, AUTH_NONE));
    struct proof *proof = (struct proof *)prepared_proof(entry);
    for (node_id id = 2; id < 4; id++) {
        proof->senders[0] &= ~(UINT64_C(1) << id);
        proof->tags ^= auth_tag(script->keyring, id, MESSAGE_PREPARE, 0, 5, a);
    }
    tag_again(script, change);
    expect_broken(script, new_view);
}

Test(checker_new_view, I11_is_broken_by_a_checkpoint_that_nobody_proved)
{
    struct script *script = script_create(4, 1);
    struct payload *new_view = ordering(script);
    struct change_head *change = first_change(new_view);
    ((struct proof *)view_change_stable_proof(change + 1))->tags ^= 1;
    tag_again(script, change);
    expect_broken(script, new_view);
}

Test(checker_new_view, I11_is_broken_by_one_author_twice)
{
    struct script *script = script_create(4, 1);
    struct payload *new_view = script_new_view(script, VIEW, 4, prepared, 0);
    struct change_head *first = first_change(new_view);
    struct change_head *second = (struct change_head *)new_view_change(new_view, proof_shape(4, 3, AUTH_NONE), first);
    memcpy(second, first, sizeof *first + first->size);
    expect_broken(script, new_view);
}

Test(checker_new_view, I11_allows_a_wrong_one_under_the_digest_of_the_right_one)
{
    for (int wrong_first = 0; wrong_first < 2; wrong_first++) {
        struct script *script = script_create(4, 1);
        struct payload *good = ordering(script), *wrong = ordering(script);
        order_otherwise(script, wrong, 0, 5, a);
        if (!wrong_first) {
            script_send_new_view(script, VIEW, good, 395);
        }
        script_send_new_view(script, VIEW, wrong, 396);
        script_last(script, 1, JOURNAL_NEW_VIEW_SENT)->digest = payload_digest(good);
        expect(entered_by(script, good), NULL);
    }
}

Test(checker_new_view, I11_is_broken_by_a_new_view_that_nobody_sent)
{
    struct script *script = script_create(4, 1);
    script_decide(script, CLIENT, 1, 1, 100);
    script_say(script, 2, JOURNAL_NEW_VIEW, 1, 0, a, 410);
    expect(script, "I11");
}

Test(checker_new_view, I11_allows_a_wrong_one_that_nobody_follows)
{
    struct script *script = script_create(4, 1);
    struct payload *wrong = ordering(script);
    order_otherwise(script, wrong, 0, 5, a);
    script_send_new_view(script, VIEW, wrong, 400);
    expect(entered_by(script, ordering(script)), NULL);
}

Test(checker_new_view, a_flood_of_new_views_does_not_fill_the_memory)
{
    struct script *script = script_create(4, 1);
    script->misbehaving[1] = true;
    struct payload *good = ordering(script);
    entered_by(script, good);
    struct run_result *result = calloc(1, sizeof *result);
    struct checker *checker = checker_create(&script->config, result);
    struct journal_sink sink = checker_sink(checker);
    struct journal_entry entry = {.kind = JOURNAL_NEW_VIEW_SENT, .node = 1, .contents = good};
    for (uint64_t i = 0; i < 10000; i++) {
        entry.digest = (struct digest){{i, i}};
        entry.view = 1 + 4 * (view_number)(i % 5000);
        script_consume(&sink, &entry, 1);
    }
    script_feed(script, checker, 1);
    cr_assert(checker_finish(checker, 1000));
    cr_assert(result->safe, "%s: too many were sent for judging all of them", result->violation.property);
    checker_destroy(checker);
    script_release(result);
    script_destroy(script);
}
