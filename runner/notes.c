#include "runner/notes.h"

#include <stdio.h>

static void note(uint64_t count, uint64_t runs, const char *sentence)
{
    if (count > 0) {
        fprintf(stderr, "pbft: in %llu of %llu run%s %s\n", (unsigned long long)count, (unsigned long long)runs,
                runs == 1 ? "" : "s", sentence);
    }
}

void notes_print(uint64_t runs, uint64_t overloaded, uint64_t empty, uint64_t primary_stopped)
{
    note(overloaded, runs,
         "this host was too slow: it, not the emulated network, set the latency. Fewer --nodes, a larger --time-scale "
         "or --clock virtual avoid that");
    note(empty, runs, "no misbehaviour took effect, although replicas were told to misbehave");
    note(primary_stopped, runs,
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
    return true;
}
