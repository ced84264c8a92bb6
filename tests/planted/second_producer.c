/* Two threads put messages into one outbox ring, which is for one. */
#include <pthread.h>
#include <sched.h>

#include "net/ring.h"
#include "tests/stress/harness.h"

static struct outbox_ring outbox;

static void *produce(void *argument)
{
    for (uint64_t i = 0; i < 10000; i++) {
        while (ring_room_sp(&outbox.ring, 1) == 0) {
            sched_yield();
        }
        outbox_fill_sp(&outbox, &(struct message){.sequence = i}, *(const node_id *)argument);
        ring_publish_sp(&outbox.ring);
    }
    return NULL;
}

int main(void)
{
    node_id ids[2] = {0, 1};
    pthread_t threads[2];
    CHECK(outbox_ring_init(&outbox, 64, true, 0), "memory");
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, produce, &ids[i]) == 0, "thread");
    }
    for (uint64_t taken = 0; taken < 20000;) {
        const uint32_t count = ring_readable_sc(&outbox.ring);
        taken += count;
        if (count > 0) {
            ring_release_sc(&outbox.ring, count);
        }
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    outbox_ring_destroy(&outbox);
    printf("nothing was found\n");
    return 0;
}
