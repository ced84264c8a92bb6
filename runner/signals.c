#include "runner/signals.h"

#include <signal.h>
#include <stddef.h>

/* The one variable that a signal handler can reach: handlers get no context. */
static atomic_int interrupted;

static void interrupt(int number)
{
    atomic_store_explicit(&interrupted, number, memory_order_relaxed); /* nothing else is handed over with it */
}

const atomic_int *signals_catch(void)
{
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction before;
        /* nohup's wish is kept; SIGINT counts also where a shell started us in the background */
        if (numbers[i] == SIGHUP && sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler == SIG_IGN) {
            continue;
        }
        struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(numbers[i], &action, NULL);
    }
    return &interrupted;
}

void signals_ignore_broken_pipes(void)
{
    signal(SIGPIPE, SIG_IGN);
}
