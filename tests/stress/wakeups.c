/* Counts lost wake-ups: two threads hand a ball to each other through rings. Who has none announces that it sleeps, looks
 * again, and - instead of sleeping - waits until the other has served and rung. If it then still counts as asleep, nobody
 * would ever have woken it.
 *
 *   stress.wakeups SECONDS     until one is lost, or for so long */
#include <pthread.h>
#include <sched.h>

#include "net/clock.h"
#include "net/park.h"
#include "net/ring.h"
#include "tests/stress/harness.h"

struct side {
    struct ring_spsc inbox;
    struct parker parker;
    _Alignas(CACHE_LINE) _Atomic uint64_t served; /* balls that went to the other, its bell rung */
    _Alignas(CACHE_LINE) struct side *other;
    uint64_t received, announced, lost, jitter, until_ns;
};

static atomic_bool over;
/* Written by both, so that a thread's stores have to wait for the cache line and its loads can overtake them. */
static _Alignas(CACHE_LINE) _Atomic uint64_t contended;

static void spend_time(struct side *side)
{
    side->jitter = side->jitter * UINT64_C(6364136223846793005) + 1442695040888963407;
    for (volatile uint64_t i = (side->jitter >> 40) % 200; i > 0; i--) {
    }
    atomic_store_explicit(&contended, side->jitter, memory_order_relaxed);
}

static void serve(struct side *side)
{
    spend_time(side);
    inbox_fill_sp(&side->other->inbox, (struct reference){1, 1});
    ring_publish_sp(&side->other->inbox);
    parker_fence();
    parker_wake(&side->other->parker, true);
    atomic_fetch_add_explicit(&side->served, 1, memory_order_release);
}

static bool has_ball(struct side *side)
{
    return ring_readable_sc(&side->inbox) > 0;
}

static void wait_for_ball(struct side *side)
{
    spend_time(side);
    parker_announce(&side->parker, PARKER_SLEEPING);
    if (has_ball(side)) {
        parker_cancel(&side->parker);
        return;
    }
    side->announced++;
    /* less: the ball before may have been seen before its server was done with ringing */
    for (uint32_t spins = 1; atomic_load_explicit(&side->other->served, memory_order_acquire) <= side->received;
         spins++) {
        if (spins % 1000 == 0) {
            sched_yield();
            if (atomic_load(&over)) {
                return;
            }
        }
    }
    side->lost += atomic_load(&side->parker.state) != PARKER_AWAKE;
    parker_cancel(&side->parker);
}

static void *play(void *argument)
{
    struct side *side = argument;
    for (uint64_t turn = 0; !atomic_load(&over); turn++) {
        if (has_ball(side)) {
            ring_release_sc(&side->inbox, 1);
            side->received++;
            serve(side);
        } else {
            wait_for_ball(side);
        }
        if (side->lost > 0 || (turn % 1024 == 0 && host_now_ns() > side->until_ns)) {
            atomic_store(&over, true);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static struct side sides[2];
    const uint64_t until_ns = host_now_ns() + argument(argc, argv, 1, 2) * UINT64_C(1000000000);
    for (int i = 0; i < 2; i++) {
        CHECK(ring_init(&sides[i].inbox, 8, sizeof(struct reference)), "memory");
        parker_init(&sides[i].parker);
        sides[i].other = &sides[1 - i];
        sides[i].until_ns = until_ns;
        sides[i].jitter = (uint64_t)i;
    }
    serve(&sides[0]);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, play, &sides[i]) == 0, "thread");
    }
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    ring_destroy(&sides[0].inbox);
    ring_destroy(&sides[1].inbox);
    printf("%" PRIu64 " balls, %" PRIu64 " times announced without seeing one\n", sides[0].received,
           sides[0].announced + sides[1].announced);
    CHECK(sides[0].lost + sides[1].lost == 0, "%" PRIu64 " wake-ups were lost", sides[0].lost + sides[1].lost);
    return 0;
}
