/* Which messages a replica takes without a step each: votes of the open view for the pre-prepare that is there, the
 * first of their senders, that complete nothing; and no others. That counting them is right: count_random.c. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/support/stage_views.h"

static const uint32_t sizes[] = {7, 64, 65, 130};

#define FOR_EACH_N(n)                                                                                            \
    for (uint32_t size_index = 0, n; size_index < sizeof sizes / sizeof *sizes && (n = sizes[size_index], true); \
         size_index++)

#define FOR_BOTH_PHASES(type) for (enum message_type type = MESSAGE_PREPARE; type <= MESSAGE_COMMIT; type++)

/* A backup where sequence number 1 is pre-prepared. */
static struct payload *open_backup(struct stage *stage, struct stage_options options)
{
    options.id = options.replicas - 1;
    stage_open(stage, options);
    struct payload *a = stage_request_of(stage, 0, 1, "this");
    cr_assert_eq(stage_pre_prepare(stage, 0, 0, 1, a), REJECT_NONE);
    stage_forget(stage);
    return a;
}

/* What the other backup number 0 may say about sequence number 1. */
static struct message vote(const struct stage *stage, enum message_type type, const struct payload *contents)
{
    struct message message = {.type = (uint8_t)type, .sender = stage_other_backup(stage, 0, 0), .to = stage->id};
    message.sequence = 1;
    message.digest = payload_digest(contents);
    return message;
}

static bool takes_from(struct stage *stage, node_id from, struct message message)
{
    const struct reference reference = {0, from};
    const struct replica_status before = stage_status(stage);
    uint32_t taken = node_count(replica_node(stage->replica), stage->now_ns, &message, &reference, 1);
    const struct replica_status after = stage_status(stage);
    cr_assert_eq(memcmp(before.rejected, after.rejected, sizeof before.rejected), 0, "nothing is refused by counting");
    cr_assert(stage_sent_is(stage, NOTHING));
    return taken == 1;
}

static bool takes(struct stage *stage, struct message message)
{
    return takes_from(stage, message.sender, message);
}

/* Delivers `count` votes of this type, of the k-th other replica (backup) from `first` on, in one batch: as many as it
 * takes, from the first on. */
static uint32_t takes_of(struct stage *stage, enum message_type type, const struct payload *contents, uint32_t first,
                         uint32_t count)
{
    struct message messages[200];
    struct reference references[200];
    for (uint32_t k = 0; k < count; k++) {
        messages[count - 1 - k] = vote(stage, type, contents);
        node_id from = type == MESSAGE_PREPARE ? stage_other_backup(stage, 0, first + k)
                                               : stage_other(stage, first + k);
        messages[count - 1 - k].sender = from;
        references[k] = (struct reference){count - 1 - k, from};
    }
    return node_count(replica_node(stage->replica), stage->now_ns, messages, references, count);
}

/* PREPAREs, the own among them; then COMMITs likewise. */
Test(count, takes_all_votes_but_those_that_make_a_quorum)
{
    const uint32_t all_sizes[] = {4, 5, 7, 64, 65, 130};
    for (uint32_t index = 0; index < 6; index++) {
        const uint32_t n = all_sizes[index], q = quorum_size(n);
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = n});
        uint32_t needed = stage_prepares_needed(&stage, 0);
        cr_assert_eq(takes_of(&stage, MESSAGE_PREPARE, a, 0, n - 2), needed - 1, "n = %u", n);
        cr_assert_eq(takes_of(&stage, MESSAGE_PREPARE, a, needed - 1, n - 1 - needed), 0);
        stage_prepares(&stage, 0, 1, a, needed - 1, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u: they count", n);
        cr_assert_eq(takes_of(&stage, MESSAGE_PREPARE, a, needed, n - 2 - needed), n - 2 - needed);
        cr_assert_eq(takes_of(&stage, MESSAGE_COMMIT, a, 0, n - 1), q - 2, "n = %u", n);
        stage_commits(&stage, 0, 1, a, q - 2, 1);
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u", n);
        cr_assert_eq(takes_of(&stage, MESSAGE_COMMIT, a, q - 1, n - q), n - q, "those past the quorum too");
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* In brief as at length, of one sender on many sequence numbers; up to what is no such vote. */
Test(count, takes_brief_votes_up_to_the_first_that_does_more)
{
    FOR_EACH_N(n)
    {
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = n});
        struct node *node = replica_node(stage.replica);
        const node_id from = stage_other_backup(&stage, 0, 0);
        struct brief_vote votes[4] = {{1, payload_digest(a), 3}, {1 + BRIEF_COMMIT, payload_digest(a), 5}};
        votes[2] = votes[0]; /* its second */
        votes[3] = votes[1];
        cr_assert_eq(node_count_brief(node, stage.now_ns, from, 1, votes, 4), 0, "of another view");
        cr_assert_eq(node_count_brief(node, stage.now_ns, n, 0, votes, 4), 0, "of a client");
        cr_assert_eq(node_count_brief(node, stage_deadline(&stage), from, 0, votes, 4), 0, "at the deadline");
        cr_assert_eq(node_count_brief(node, stage.now_ns, from, 0, votes, 0), 0);
        cr_assert_eq(node_count_brief(node, stage.now_ns, from, 0, votes, 4), 2, "n = %u", n);
        cr_assert_eq(node_count_brief(node, stage.now_ns, from, 0, votes, 4), 0, "they are counted");
        votes[0].digest.words[0] ^= 1;
        cr_assert_eq(node_count_brief(node, stage.now_ns, stage_other_backup(&stage, 0, 1), 0, votes, 4), 0);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* They wait for the replica to be prepared. */
Test(count, takes_a_quorum_of_commits_that_comes_first)
{
    FOR_EACH_N(n)
    {
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = n});
        cr_assert_eq(takes_of(&stage, MESSAGE_COMMIT, a, 0, n - 1), n - 1);
        stage_prepares(&stage, 0, 1, a, 0, stage_prepares_needed(&stage, 0) - 1);
        cr_assert_eq(stage_status(&stage).executed, 0);
        stage_prepares(&stage, 0, 1, a, stage_prepares_needed(&stage, 0) - 1, 1);
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* A batch without its contents cannot be prepared (R20), whatever count() takes. */
Test(count, takes_no_vote_that_would_make_a_quorum_if_the_contents_were_here)
{
    FOR_EACH_N(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = n - 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        const struct stage_prepared prepared = {.sequence = 1, .batch = a};
        struct payload *changes[130];
        for (uint32_t k = 0; k < stage.config.quorum; k++) {
            changes[k] = stage_change_of(
                &stage, (struct stage_change){.author = k, .view = 1, .prepared = &prepared, .count = k == 0});
        }
        (void)stage_new_view(&stage, 1, stage_new_view_of(&stage, 1, changes, stage.config.quorum));
        stage_forget(&stage);
        struct message message = vote(&stage, MESSAGE_PREPARE, a);
        message.view = 1;
        uint32_t counted = 1; /* the primary's; the own vote waits for the contents */
        for (uint32_t k = 0; k < n - 2; k++) {
            message.sender = stage_other_backup(&stage, 1, k);
            bool taken = takes(&stage, message);
            cr_assert_eq(taken, ++counted < stage.config.quorum, "n = %u, %u PREPAREs", n, counted);
            if (!taken) {
                cr_assert_eq(stage_prepare(&stage, message.sender, 1, 1, a), REJECT_NONE);
            }
        }
        cr_assert(stage_sent_is(&stage, NOTHING));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(count, takes_no_message_of_another_type)
{
    struct stage stage;
    struct payload *a = open_backup(&stage, (struct stage_options){.replicas = 7});
    for (uint32_t type = 0; type < 256; type++) {
        bool is_vote = type == MESSAGE_PREPARE || type == MESSAGE_COMMIT;
        cr_assert_eq(takes(&stage, vote(&stage, (enum message_type)type, a)), is_vote, "type %u", type);
    }
    cr_assert_eq(stage_close(&stage), 0);
}

/* Who sends again wants an answer (R25). */
Test(count, takes_nothing_that_is_sent_again)
{
    FOR_BOTH_PHASES(type)
    {
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = 7, .retransmit_ns = 1000});
        struct message message = vote(&stage, type, a);
        for (message.attempt = 3; message.attempt > 0; message.attempt--) {
            cr_assert_not(takes(&stage, message), "attempt %u", message.attempt);
        }
        cr_assert(takes(&stage, message));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Whoever steps a message drops its payload; what is taken is not looked at again. */
Test(count, takes_nothing_with_a_payload)
{
    FOR_BOTH_PHASES(type)
    {
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = 7});
        struct message message = vote(&stage, type, a);
        message.payload = a;
        cr_assert_not(takes(&stage, message));
        message.payload = NULL;
        cr_assert(takes(&stage, message));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* R7. */
Test(count, takes_nothing_in_anothers_name)
{
    FOR_BOTH_PHASES(type)
    {
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = 7});
        struct message message = vote(&stage, type, a);
        cr_assert_not(takes_from(&stage, stage_other_backup(&stage, 0, 1), message));
        cr_assert_not(takes_from(&stage, stage_client(&stage, 0), message));
        cr_assert(takes(&stage, message));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(count, takes_no_vote_of_a_client)
{
    FOR_EACH_N(n)
    {
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = n, .clients = 100});
        FOR_BOTH_PHASES(type)
        {
            struct message message = vote(&stage, type, a);
            for (uint32_t client = 0; client < 100; client++) {
                message.sender = stage_client(&stage, client);
                cr_assert_not(takes(&stage, message), "n = %u, client %u", n, client);
            }
        }
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* R1, R13: also where a slot is open that the new view has not ordered again. */
Test(count, takes_no_vote_of_another_view)
{
    FOR_BOTH_PHASES(type)
    {
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = 7});
        struct message message = vote(&stage, type, a);
        message.sender = stage_other_backup(&stage, 0, 3);
        message.view = 1;
        cr_assert_not(takes(&stage, message), "it is not open yet");
        stage_enter_view(&stage, 1);
        stage_forget(&stage);
        cr_assert_not(takes(&stage, message), "its pre-prepare has not come");
        message.view = 0;
        cr_assert_not(takes(&stage, message), "it is over");
        message.view = 1;
        (void)stage_pre_prepare(&stage, 1, 1, 1, a);
        stage_forget(&stage);
        cr_assert(takes(&stage, message));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* R13. */
Test(count, takes_nothing_while_the_view_changes)
{
    FOR_BOTH_PHASES(type)
    {
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = 7});
        stage_view_changes(&stage, 1, 0, quorum_weak(7));
        cr_assert_not(stage_status(&stage).active);
        stage_forget(&stage);
        struct message message = vote(&stage, type, a);
        for (message.view = 0; message.view < 3; message.view++) {
            cr_assert_not(takes(&stage, message), "view %u", message.view);
        }
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* R8, I9: wherever a slot would be found that has just that number in the window. */
Test(count, takes_nothing_outside_the_window)
{
    for (uint32_t window = 16; window <= 20; window += 4) {
        FOR_BOTH_PHASES(type)
        {
            struct stage stage;
            struct payload *a = open_backup(&stage, (struct stage_options){.replicas = 7, .window = window});
            struct message message = vote(&stage, type, a);
            for (sequence_number away = 16; away <= 1 << 20; away *= 2) {
                message.sequence = 1 + away;
                bool inside = message.sequence <= window;
                cr_assert(inside || !takes(&stage, message), "%lu", (unsigned long)message.sequence);
                message.sequence = 1 - away;
                cr_assert_not(takes(&stage, message));
            }
            message.sequence = 1;
            cr_assert(takes(&stage, message));
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* Of whom, for what, in whichever phase: it is refused as a step would refuse it, and that is all. */
static void refuses(struct stage *stage, struct message message)
{
    struct replica_status before = stage_status(stage);
    const struct reference reference = {0, message.sender};
    cr_assert_eq(node_count(replica_node(stage->replica), stage->now_ns, &message, &reference, 1), 1);
    const struct replica_status after = stage_status(stage);
    before.rejected[REJECT_OUTSIDE_WINDOW]++;
    cr_assert_eq(memcmp(before.rejected, after.rejected, sizeof before.rejected), 0);
    cr_assert(stage_sent_is(stage, NOTHING));
}

Test(count, refuses_what_comes_too_late)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 7, .id = 6, .checkpoint_interval = 1, .window = 16});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    (void)stage_pre_prepare(&stage, 0, 0, 1, a);
    stage_prepares(&stage, 0, 1, a, 0, 5);
    stage_commits(&stage, 0, 1, a, 0, 4);
    struct digest state = stage_last(&stage, MESSAGE_CHECKPOINT)->digest;
    stage_forget(&stage);
    struct message message = vote(&stage, MESSAGE_COMMIT, a);
    message.sender = stage_other(&stage, 4);
    cr_assert(takes(&stage, message), "executed, but not yet stable");
    message.sender = stage_other(&stage, 5);
    stage_checkpoints(&stage, 1, state, 0, 4);
    cr_assert_eq(stage_status(&stage).stable, 1);
    stage_forget(&stage);
    refuses(&stage, message);
    refuses(&stage, message);
    message.digest = digest_null();
    refuses(&stage, message);
    message.type = MESSAGE_PREPARE;
    refuses(&stage, message);
    message.sequence = 0;
    refuses(&stage, message);
    message.sender = 0; /* the primary, whose PREPARE is none (R2) */
    refuses(&stage, message);
    message.attempt = 1;
    cr_assert_not(takes(&stage, message), "who sends again is answered (R25)");
    cr_assert_eq(stage_close(&stage), 0);
}

/* R32: a COMMIT says that its sender was there, and this replica was not. */
Test(count, leaves_to_steps_what_others_have_executed)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 7, .id = 6, .checkpoint_interval = 1, .window = 16});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_checkpoints(&stage, 3, (struct digest){{3, 3}}, 0, 5);
    cr_assert_eq(stage_status(&stage).stable, 3);
    cr_assert_eq(stage_status(&stage).executed, 0);
    stage_forget(&stage);
    struct message message = vote(&stage, MESSAGE_COMMIT, a);
    for (message.sequence = 1; message.sequence <= 3; message.sequence++) {
        cr_assert_not(takes(&stage, message), "%lu", (unsigned long)message.sequence);
    }
    message.sequence = 0;
    refuses(&stage, message);
    cr_assert_eq(stage_close(&stage), 0);
}

/* R1. */
Test(count, takes_no_vote_for_another_digest)
{
    FOR_BOTH_PHASES(type)
    {
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = 7});
        struct message message = vote(&stage, type, a);
        for (uint32_t bit = 0; bit < 128; bit++) {
            message.digest = payload_digest(a);
            message.digest.words[bit / 64] ^= 1ULL << (bit % 64);
            cr_assert_not(takes(&stage, message), "bit %u", bit);
        }
        message.digest = digest_null();
        cr_assert_not(takes(&stage, message));
        message.digest = payload_digest(a);
        cr_assert(takes(&stage, message));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* R9: the first that is heard of a sequence number starts the timer for it, and the primary's PREPARE is none. A slot
 * of which nothing is known has the digest of the null request. */
Test(count, takes_nothing_before_the_pre_prepare)
{
    FOR_EACH_N(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = n - 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        for (uint32_t null = 0; null < 2; null++) {
            for (uint32_t k = 0; k < n - 2; k++) {
                struct message message = vote(&stage, MESSAGE_PREPARE, a);
                message.sender = stage_other_backup(&stage, 0, k);
                message.sequence = 1 + null;
                message.digest = null ? digest_null() : payload_digest(a);
                cr_assert_not(takes(&stage, message), "n = %u, PREPARE %u", n, k);
                (void)stage_prepare(&stage, message.sender, 0, message.sequence, null ? NULL : a);
                message.type = MESSAGE_COMMIT;
                cr_assert_not(takes(&stage, message), "n = %u, COMMIT %u", n, k);
            }
        }
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* R4, R5: nor the own, should it come back. */
Test(count, takes_one_vote_of_a_sender)
{
    FOR_EACH_N(n)
    {
        FOR_BOTH_PHASES(type)
        {
            struct stage stage;
            struct payload *a = open_backup(&stage, (struct stage_options){.replicas = n});
            struct message message = vote(&stage, type, a);
            message.sender = stage_other_backup(&stage, 0, n - 3);
            cr_assert(takes(&stage, message), "n = %u", n);
            cr_assert_not(takes(&stage, message), "n = %u", n);
            message.sender = stage.id;
            cr_assert_eq(takes(&stage, message), type == MESSAGE_COMMIT, "its own PREPARE is counted");
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* R2: its pre-prepare is its vote; but it votes COMMIT like the others. */
Test(count, takes_no_prepare_of_the_primary)
{
    FOR_EACH_N(n)
    {
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = n});
        struct message message = vote(&stage, MESSAGE_PREPARE, a);
        message.sender = 0;
        cr_assert_not(takes(&stage, message), "n = %u", n);
        message.type = MESSAGE_COMMIT;
        cr_assert(takes(&stage, message));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* R6: a sender's vote for another digest, kept beside, is its first. Other slots are not concerned. */
Test(count, takes_nothing_where_another_digest_was_named)
{
    FOR_BOTH_PHASES(first)
    {
        FOR_BOTH_PHASES(second)
        {
            struct stage stage;
            struct payload *a = open_backup(&stage, (struct stage_options){.replicas = 7});
            struct payload *b = stage_request_of(&stage, 1, 1, "that");
            (void)stage_pre_prepare(&stage, 0, 0, 2, b);
            stage_forget(&stage);
            struct message other = vote(&stage, first, b);
            cr_assert_eq(stage_deliver(&stage, other.sender, other), REJECT_NONE);
            cr_assert_not(takes(&stage, vote(&stage, second, a)));
            other = vote(&stage, second, b);
            other.sequence = 2;
            cr_assert(takes(&stage, other));
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* The deadline is for step() to keep: at a busy replica no timer may come before the next message. */
Test(count, takes_nothing_once_the_deadline_has_come)
{
    struct stage stage;
    struct payload *a = open_backup(&stage, (struct stage_options){.replicas = 7, .retransmit_ns = 1000});
    const uint64_t deadline_ns = stage_deadline(&stage);
    cr_assert_eq(deadline_ns, 1000);
    stage.now_ns = deadline_ns - 1;
    cr_assert_eq(takes_of(&stage, MESSAGE_COMMIT, a, 0, 2), 2);
    for (stage.now_ns = deadline_ns; stage.now_ns < deadline_ns + 3; stage.now_ns++) {
        cr_assert_eq(takes_of(&stage, MESSAGE_COMMIT, a, 2, 2), 0);
    }
    cr_assert_eq(stage_deadline(&stage), deadline_ns);
    cr_assert_eq(stage_commit(&stage, stage_other(&stage, 2), 0, 1, a), REJECT_NONE);
    cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1, "the vote's step sends again");
    cr_assert_gt(stage_deadline(&stage), stage.now_ns);
    cr_assert_eq(takes_of(&stage, MESSAGE_COMMIT, a, 3, 2), 2);
    cr_assert_eq(stage_close(&stage), 0);
}

/* Each message's authenticator has to be looked at; what has none is nobody's. */
Test(count, takes_nothing_where_messages_are_authenticated)
{
    for (enum auth_mode mode = AUTH_MAC; mode <= AUTH_SIGNATURE; mode++) {
        struct stage stage;
        struct payload *a = open_backup(&stage, (struct stage_options){.replicas = 7, .auth = mode});
        FOR_BOTH_PHASES(type)
        {
            struct message message = vote(&stage, type, a);
            cr_assert_not(takes(&stage, message));
            const struct event event = {.kind = EVENT_MESSAGE, .message = &message, .from = message.sender};
            node_step(replica_node(stage.replica), &event, &stage.out.outbox);
            cr_assert_eq(stage_status(&stage).rejected[REJECT_NOT_AUTHENTIC], type - MESSAGE_PREPARE + 1u);
            seal_message(&message, collector_allocate(&stage.out, seal_size(stage.keyring, stage.id)), stage.keyring,
                         message.sender);
            cr_assert_not(takes(&stage, message));
            payload_drop(message.payload);
        }
        cr_assert_eq(stage_close(&stage), 0);
    }
}

static void no_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    (void)node, (void)event, (void)outbox;
}

Test(count, a_node_that_cannot_count_takes_nothing)
{
    const struct node_operations operations = {.step = no_step};
    struct node node = {.operations = &operations};
    const struct message message = {.type = MESSAGE_PREPARE};
    const struct reference reference = {0, 0};
    cr_assert_eq(node_count(&node, 0, &message, &reference, 1), 0);
}

Test(count, takes_nothing_of_nothing)
{
    struct stage stage;
    (void)open_backup(&stage, (struct stage_options){.replicas = 7});
    cr_assert_eq(node_count(replica_node(stage.replica), 0, NULL, NULL, 0), 0);
    cr_assert_eq(stage_close(&stage), 0);
}
