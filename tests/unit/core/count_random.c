/* Random messages, right ones and all kinds of wrong ones, up to stable checkpoints and through a view change: whether a
 * replica counts votes or steps through them is the same (tests/support/trial.h), and what a plain model says. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/fetch.h"
#include "core/quorum.h"
#include "tests/support/stage_views.h"
#include "tests/support/trial.h"

#define ERAS 3u
#define CLIENTS 64u
#define MOST_SEQUENCES 64u

struct play {
    struct trial trial;
    uint64_t random;
    struct payload *contents[MOST_SEQUENCES]; /* what the primary orders there, or NULL: the null request */
    sequence_number lacking;                  /* ordered by the NEW-VIEW, and not here; or 0 */
    struct digest stable;                     /* of the state at the next, or the last, stable checkpoint */
    sequence_number requested;                /* at a primary: requests that are on their way */
};

/* --- draws --- */

static uint64_t draw(struct play *play)
{
    uint64_t z = play->random += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static uint32_t below(struct play *play, uint32_t bound)
{
    return (uint32_t)(draw(play) % bound);
}

static struct digest digest_at(const struct play *play, sequence_number sequence)
{
    const struct payload *contents = sequence < MOST_SEQUENCES ? play->contents[sequence] : play->trial.ballast;
    return contents == NULL ? digest_null() : payload_digest(contents);
}

/* Neither the replica itself nor a primary of the views that it is in. */
static node_id draw_liar(struct play *play)
{
    return 2 + below(play, quorum_faults(play->trial.replicas));
}

static node_id primary(const struct play *play)
{
    return primary_of(play->trial.model->view, play->trial.replicas);
}

static node_id request_client(const struct play *play, sequence_number sequence)
{
    return stage_client(&play->trial.stepped, sequence % CLIENTS);
}

/* --- what may come --- */

/* The right one of this sender at this sequence number, in the view that the replica is in or asks for. */
static struct message vote(const struct play *play, enum message_type type, sequence_number sequence, node_id sender)
{
    struct message message = {.type = (uint8_t)type, .sender = sender};
    message.view = play->trial.model->view;
    message.sequence = sequence;
    message.digest = digest_at(play, sequence);
    if (type == MESSAGE_PRE_PREPARE) {
        message.payload = play->contents[sequence];
    }
    return message;
}

static sequence_number draw_sequence(struct play *play)
{
    const struct vote_model *model = play->trial.model;
    sequence_number sequence = model->low + 1 + below(play, below(play, 4) > 0 ? play->trial.interval : model->window);
    return sequence < MOST_SEQUENCES ? sequence : MOST_SEQUENCES - 1;
}

static void push_pre_prepare(struct play *play, sequence_number sequence)
{
    struct vote_model *model = play->trial.model;
    bool open = model->slots[sequence].opened && model->slots[sequence].view == model->view;
    struct message message = vote(play, MESSAGE_PRE_PREPARE, sequence, primary(play));
    uint32_t kind = below(play, 8);
    if (kind == 0) {
        message.sender = draw_liar(play);
    } else if (kind == 1 && open) {
        message.digest = payload_digest(play->trial.ballast);
        message.payload = play->trial.ballast;
    }
    trial_push(&play->trial, message.sender, message);
}

/* A client's, at the primary, where it is ordered at once. */
static void push_request(struct play *play)
{
    sequence_number next = play->requested + 1;
    if (next > play->trial.model->low + play->trial.model->window || next >= MOST_SEQUENCES) {
        return;
    }
    play->requested = next;
    struct message message = {.type = MESSAGE_REQUEST, .sender = request_client(play, next)};
    message.client = message.sender;
    message.timestamp = next;
    message.payload = play->contents[next];
    message.digest = payload_digest(message.payload);
    trial_push(&play->trial, message.sender, message);
}

/* --- what may be wrong with a vote --- */

struct draft {
    struct message message;
    node_id from;
};

typedef void variation(struct play *play, struct draft *draft);

/* In a third of the slots, so that in the others only one digest is named. */
static void of_another_digest(struct play *play, struct draft *draft)
{
    if (draft->message.sequence % 3 == 0) {
        draft->from = draft->message.sender = draw_liar(play);
        draft->message.digest = below(play, 2) ? payload_digest(play->trial.ballast) : digest_at(play, below(play, 7));
    }
}

static void of_another_view(struct play *play, struct draft *draft)
{
    const view_number view = play->trial.model->view;
    const view_number views[] = {view + 1, view == 0 ? 2 : view - 1, view + play->trial.replicas};
    draft->from = draft->message.sender = draw_liar(play); /* for others it would be the first vote there */
    draft->message.view = views[below(play, 3)];
}

/* Also where a slot of the window would be found if nobody looked at the bounds. */
static void outside_the_window(struct play *play, struct draft *draft)
{
    const struct vote_model *model = play->trial.model;
    const sequence_number sequence = draft->message.sequence;
    const sequence_number choices[] = {0,
                                       model->low,
                                       model->low + model->window + 1,
                                       sequence + 16,
                                       sequence + 64,
                                       sequence + 1024,
                                       sequence - 16,
                                       UINT64_MAX - 63 + sequence % 64};
    draft->from = draft->message.sender = draw_liar(play);
    draft->message.sequence = choices[below(play, 8)];
}

static void of_another_sender(struct play *play, struct draft *draft)
{
    draft->message.sender = below(play, play->trial.replicas);
}

static void of_a_client(struct play *play, struct draft *draft)
{
    draft->from = draft->message.sender = stage_client(&play->trial.stepped, below(play, CLIENTS));
}

static void sent_again(struct play *play, struct draft *draft)
{
    draft->message.attempt = (uint16_t)(1 + below(play, 3));
}

static void with_a_payload(struct play *play, struct draft *draft)
{
    draft->message.payload = play->trial.ballast;
}

/* Whatever its sender may write there means nothing. */
static void with_flags(struct play *play, struct draft *draft)
{
    draft->message.flags = (uint8_t)below(play, 256);
}

/* Something else in the clothes of a vote. CHECKPOINTs are the test's to deal out. */
static void of_another_type(struct play *play, struct draft *draft)
{
    static const uint8_t types[] = {
        MESSAGE_NONE,  MESSAGE_VIEW_CHANGE, MESSAGE_NEW_VIEW, MESSAGE_FETCH, MESSAGE_BATCH, MESSAGE_DECISION,
        MESSAGE_STATE, MESSAGE_REQUEST,     MESSAGE_REPLY,    MESSAGE_TYPES, 255,           MESSAGE_CHECKPOINT};
    draft->message.type = types[below(play, sizeof types)];
    if (draft->message.type == MESSAGE_CHECKPOINT && draft->message.sequence % play->trial.interval == 0) {
        draft->message.type = MESSAGE_FETCH;
    }
}

/* A vote that somebody may send; two of three are right. */
static void push_vote(struct play *play)
{
    static variation *const variations[] = {of_another_digest, of_another_digest, of_another_view, outside_the_window,
                                            of_another_sender, of_a_client,       sent_again,      with_a_payload,
                                            with_flags,        of_another_type};
    enum message_type type = below(play, 2) ? MESSAGE_PREPARE : MESSAGE_COMMIT;
    node_id from = below(play, play->trial.replicas);
    struct draft draft = {vote(play, type, draw_sequence(play), from), from};
    if (below(play, 3) == 0) {
        variations[below(play, sizeof variations / sizeof *variations)](play, &draft);
    }
    trial_push(&play->trial, draft.from, draft.message);
}

static void push_batch(struct play *play)
{
    struct message message = vote(play, MESSAGE_BATCH, play->lacking, below(play, play->trial.replicas));
    message.view = 0;
    message.payload = play->contents[play->lacking];
    trial_push(&play->trial, message.sender, message);
}

static void push_anything(struct play *play)
{
    play->trial.now_ns += below(play, 5000);
    bool orders = primary(play) == play->trial.model->id && play->trial.model->active;
    if (below(play, 12) > 0) {
        push_vote(play);
    } else if (play->lacking != 0 && below(play, 8) == 0) {
        push_batch(play);
    } else if (orders) {
        push_request(play);
    } else {
        push_pre_prepare(play, draw_sequence(play));
    }
}

/* --- a run --- */

/* Everything right that anybody has to say about these sequence numbers, in any order. */
static void push_all(struct play *play, sequence_number first, sequence_number last)
{
    bool orders = primary(play) == play->trial.model->id;
    uint32_t each = 2 * play->trial.replicas + 1, count = (uint32_t)(last - first + 1) * each;
    uint32_t *order = malloc(count * sizeof *order);
    for (uint32_t index = 0; index < count; index++) { /* inside out */
        uint32_t place = below(play, index + 1);
        order[index] = order[place];
        order[place] = index;
    }
    if (play->lacking != 0) {
        push_batch(play);
    }
    while (orders && play->requested < last) {
        push_request(play);
    }
    for (uint32_t index = 0; index < count; index++) {
        sequence_number sequence = first + order[index] / each;
        uint32_t which = order[index] % each;
        node_id sender = which / 2;
        if (which < each - 1) {
            trial_push(&play->trial, sender,
                       vote(play, which % 2 ? MESSAGE_PREPARE : MESSAGE_COMMIT, sequence, sender));
        } else if (!orders) {
            trial_push(&play->trial, primary(play), vote(play, MESSAGE_PRE_PREPARE, sequence, primary(play)));
        }
    }
    free(order);
}

/* The checkpoint becomes stable, while votes go on. */
static void push_checkpoints(struct play *play, sequence_number sequence)
{
    play->stable = play->trial.checkpoint;
    for (uint32_t times = 0; times < 2 * play->trial.replicas; times++) {
        for (uint32_t more = below(play, 3); more > 0; more--) {
            push_anything(play);
        }
        struct message message = {.type = MESSAGE_CHECKPOINT, .sender = times % play->trial.replicas};
        message.sequence = sequence;
        message.digest = play->stable;
        trial_push(&play->trial, message.sender, message);
    }
}

/* f+1 others ask for the view, and so does the replica then. */
static void leave(struct play *play, view_number view)
{
    for (uint32_t k = 0; k < quorum_weak(play->trial.replicas); k++) {
        struct message message = {.type = MESSAGE_VIEW_CHANGE, .sender = stage_other(&play->trial.stepped, k)};
        message.view = view;
        message.payload = stage_change_of(&play->trial.stepped,
                                          (struct stage_change){.author = message.sender, .view = view});
        message.digest = payload_digest(message.payload);
        message.tag = auth_tag(play->trial.stepped.keyring, message.sender, message.type, view, 0, message.digest);
        trial_step_all(&play->trial, &message);
    }
    model_leave(play->trial.model, view);
}

/* What the replica has prepared, and one of which it lacks the contents. From here on the others know what the new
 * view orders. */
static uint32_t draw_prepared(struct play *play, struct stage_prepared *prepared)
{
    struct vote_model *model = play->trial.model;
    uint32_t count = 0;
    for (sequence_number sequence = model->low + 1; sequence <= model->low + model->window; sequence++) {
        bool is_prepared = model->slots[sequence].prepared;
        bool lacking = !is_prepared && play->lacking == 0 && sequence > model->low + play->trial.interval / 2;
        if (lacking) {
            play->lacking = sequence;
            play->contents[sequence] = stage_request_of(&play->trial.stepped, 0, 1000, "elsewhere");
        }
        if (is_prepared || lacking) {
            prepared[count++] = (struct stage_prepared){.sequence = sequence, .batch = play->contents[sequence]};
        }
    }
    uint32_t at = 0;
    for (sequence_number sequence = model->low + 1; sequence < prepared[count - 1].sequence; sequence++) {
        if (prepared[at].sequence == sequence) {
            at++;
        } else {
            play->contents[sequence] = NULL; /* a gap */
        }
    }
    return count;
}

static struct payload *new_view_of(struct play *play, view_number view, const struct stage_prepared *prepared,
                                   uint32_t count)
{
    struct payload *changes[MODEL_REPLICAS];
    uint32_t quorum = play->trial.model->quorum;
    for (uint32_t k = 0; k < quorum; k++) {
        struct stage_change change = {.author = k,
                                      .view = view,
                                      .stable = play->trial.model->low,
                                      .state = play->stable,
                                      .count = k == 0 ? count : 0};
        change.prepared = prepared;
        changes[k] = stage_change_of(&play->trial.stepped, change);
    }
    return stage_new_view_of(&play->trial.stepped, view, changes, quorum);
}

static void enter(struct play *play, view_number view, const struct stage_prepared *prepared, uint32_t count)
{
    struct vote_model *model = play->trial.model;
    trial_finish(&play->trial);
    struct message message = {.type = MESSAGE_NEW_VIEW, .sender = primary_of(view, play->trial.replicas)};
    message.view = view;
    message.payload = new_view_of(play, view, prepared, count);
    message.digest = payload_digest(message.payload);
    trial_step_all(&play->trial, &message);
    model_enter(model, view);
    for (sequence_number sequence = model->low + 1; sequence <= prepared[count - 1].sequence; sequence++) {
        model_open(model, sequence, digest_at(play, sequence), sequence == play->lacking);
    }
    model_play_early(model);
    trial_finish(&play->trial);
}

static void change_view(struct play *play)
{
    struct stage_prepared prepared[MOST_SEQUENCES];
    bool leaves = below(play, 2) == 0;
    trial_finish(&play->trial);
    if (leaves) {
        leave(play, 1);
    }
    uint32_t count = draw_prepared(play, prepared);
    for (uint32_t times = leaves ? 3 * play->trial.replicas : 0; times > 0; times--) {
        push_anything(play);
    }
    enter(play, 1, prepared, count);
}

/* Its certificates, as it shows them to others, are genuine: with every vote that was counted, and no other. */
static void show_certificates(struct play *play)
{
    struct stage *stage = &play->trial.stepped;
    const struct vote_model *model = play->trial.model;
    struct view_rules rules = {proof_rules(stage->keyring, play->trial.replicas, model->quorum), model->window};
    trial_finish(&play->trial);
    struct message message = {.type = MESSAGE_FETCH, .sender = stage_other(stage, 0)};
    message.sequence = model->low + 1;
    trial_step_all(&play->trial, &message);
    leave(play, 5);
    uint32_t prepared = 0, decided = (uint32_t)(model->executed - model->low);
    for (uint32_t index = 0; index < stage->out.message_count; index++) {
        if (stage->out.messages[index].type == MESSAGE_DECISION) {
            cr_assert(decision_valid(stage->out.messages[index].payload, &rules.proofs), "%s", play->trial.name);
        }
    }
    for (sequence_number sequence = model->low + 1; sequence <= model->low + model->window; sequence++) {
        prepared += model->ever_prepared[sequence];
    }
    decided = decided < FETCH_DECISIONS ? decided : FETCH_DECISIONS;
    cr_assert_eq(stage_sent(stage, MESSAGE_DECISION), decided, "%s", play->trial.name);
    cr_assert_eq(stage_own_prepared_count(stage), prepared, "%s", play->trial.name);
    cr_assert(view_change_valid(stage_last(stage, MESSAGE_VIEW_CHANGE)->payload, &rules), "%s", play->trial.name);
    trial_finish(&play->trial);
}

/* --- the tests --- */

static struct play *open_play(uint32_t replicas, uint64_t seed)
{
    static const uint32_t shapes[][2] = {{8, 16}, {5, 12}, {4, 64}}; /* K, L */
    struct play *play = calloc(1, sizeof *play);
    cr_assert_not_null(play);
    play->random = seed * 1000003 + replicas;
    char name[sizeof play->trial.name];
    snprintf(name, sizeof name, "n = %u, seed %lu", replicas, (unsigned long)seed);
    const struct stage_options options = {.replicas = replicas,
                                          .id = below(play, 3) == 0 ? 0 : replicas - 1,
                                          .clients = CLIENTS,
                                          .checkpoint_interval = shapes[seed % 3][0],
                                          .window = shapes[seed % 3][1],
                                          .retransmit_ns = below(play, 2) ? 1000000 : 0};
    trial_open(&play->trial, options, name);
    for (sequence_number sequence = 1; sequence < MOST_SEQUENCES; sequence++) {
        if (options.id == 0 || sequence % 7 != 3) {
            play->contents[sequence] = stage_request_of(&play->trial.stepped, sequence % CLIENTS, sequence,
                                                        "operation");
        }
    }
    return play;
}

/* Three checkpoints; while the second is on its way the view changes, and a part is ordered again. */
static void run_play(struct play *play)
{
    const uint32_t replicas = play->trial.replicas, interval = play->trial.interval;
    for (uint32_t era = 0; era < ERAS; era++) {
        sequence_number last = play->trial.model->low + interval;
        for (uint32_t times = 3 * replicas * interval; times > 0; times--) {
            push_anything(play);
            if (era == 1 && times == replicas * interval) {
                change_view(play);
            }
        }
        push_all(play, play->trial.model->low + 1, last);
        trial_finish(&play->trial);
        cr_assert_geq(play->trial.model->executed, last, "%s: the right votes decide, whatever else there was",
                      play->trial.name);
        push_checkpoints(play, last);
        trial_finish(&play->trial);
        cr_assert_eq(play->trial.model->low, last, "%s", play->trial.name);
    }
    for (uint32_t times = 2 * replicas * interval; times > 0; times--) {
        push_anything(play);
    }
    show_certificates(play);
}

/* Of `plays` plays at least `share` percent of the messages only count. */
static void same_for(uint32_t replicas, uint64_t plays, uint32_t share)
{
    uint64_t delivered = 0, taken = 0, briefly = 0;
    for (uint64_t seed = 0; seed < plays; seed++) {
        struct play *play = open_play(replicas, seed);
        run_play(play);
        delivered += play->trial.delivered;
        taken += play->trial.taken;
        briefly += play->trial.briefly;
        trial_close(&play->trial);
        free(play);
    }
    cr_assert_geq(taken * 100, delivered * share, "%lu of %lu", (unsigned long)taken, (unsigned long)delivered);
    cr_assert_geq(briefly * 4, taken, "%lu in brief", (unsigned long)briefly);
}

Test(count, changes_what_steps_change_where_there_are_4_replicas)
{
    same_for(4, 150, 3);
}

Test(count, changes_what_steps_change_where_there_are_7_replicas)
{
    same_for(7, 80, 5);
}

Test(count, changes_what_steps_change_where_they_fill_one_word)
{
    same_for(64, 10, 20);
}

Test(count, changes_what_steps_change_where_they_are_one_too_many_for_a_word)
{
    same_for(65, 10, 20);
}

Test(count, changes_what_steps_change_where_they_take_three_words)
{
    same_for(130, 6, 20);
}
