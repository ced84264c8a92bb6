#include "runner/notes.h"

#include <stdio.h>

static void note(uint64_t count, uint64_t runs, const char *sentence)
{
    if (count > 0) {
        fprintf(stderr, "pbft: in %llu of %llu run%s %s\n", (unsigned long long)count, (unsigned long long)runs,
                runs == 1 ? "" : "s", sentence);
    }
}

struct notes notes_of(const struct summary *summary)
{
    return (struct notes){.runs = summary->runs,
                          .overloaded = summary->overloaded,
                          .empty = summary->empty,
                          .idle = summary->idle,
                          .primary_stopped = summary->primary_stopped};
}

void notes_add(struct notes *notes, const struct notes *more)
{
    notes->runs += more->runs;
    notes->overloaded += more->overloaded;
    notes->empty += more->empty;
    notes->idle += more->idle;
    notes->primary_stopped += more->primary_stopped;
}

void notes_print(const struct notes *notes)
{
    const uint64_t runs = notes->runs;
    note(notes->overloaded, runs,
         "this host was too slow: it, not the emulated network, set the latency. Fewer --nodes, a larger --time-scale "
         "or --clock virtual avoid that");
    note(notes->empty, runs, "no misbehaviour took effect, although replicas were told to misbehave");
    note(notes->idle, runs,
         "a partition or link rule of --schedule touched no message: it begins when the run has ended or the network "
         "is reliable, or is about messages that nobody sent");
    note(notes->primary_stopped, runs,
         "the primary of view 0 misbehaved and no view change replaced it: that costs liveness, not safety");
}

bool result_is_sound(const struct run_result *result, const char *command, struct error *error)
{
    const struct message_counts *messages = &result->messages;
    if (!result->books_balanced) {
        return error_set(error,
                         "an error of pbft itself: the books do not balance: %llu sent + %llu duplicated is not %llu "
                         "delivered + %llu dropped + %llu discarded; shown by: %.200s",
                         (unsigned long long)messages->sent, (unsigned long long)messages->duplicated,
                         (unsigned long long)messages->delivered, (unsigned long long)messages->dropped,
                         (unsigned long long)messages->discarded, command);
    }
    if (!result->log_bounded) {
        return error_set(
            error, "an error of pbft itself: a correct replica kept more than its window; shown by: %.300s", command);
    }
    if (result->unjudged.reason != NULL) {
        return error_set(error, "the run could not be judged: %s (sequence number %llu, replica %u); shown by: %.300s",
                         result->unjudged.reason, (unsigned long long)result->unjudged.sequence,
                         result->unjudged.replica, command);
    }
    return true;
}
