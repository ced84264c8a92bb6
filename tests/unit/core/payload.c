#include "core/payload.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 1000, THREADS = 4, ROUNDS = 200 };

static void reclaim(struct payload *payload)
{
    free(payload);
}

static struct payload *filled(unsigned char with)
{
    struct payload *payload = calloc(1, sizeof *payload + SIZE);
    atomic_init(&payload->references, 1);
    payload->size = SIZE;
    payload->reclaim = reclaim;
    memset(payload->bytes, with, SIZE);
    payload_seal(payload);
    return payload;
}

Test(payload, the_digest_is_of_the_contents_whoever_asks_and_how_often)
{
    struct payload *one = filled(1), *other = filled(2);
    cr_assert_eq(atomic_load(&one->digested), DIGEST_UNKNOWN, "nobody has asked");
    const struct digest digest = payload_digest(one);
    cr_assert(digest_equal(digest, digest_of(one->bytes, SIZE)));
    cr_assert_eq(atomic_load(&one->digested), DIGEST_KNOWN);
    cr_assert(digest_equal(digest, payload_digest(one)));
    cr_assert(!digest_equal(digest, payload_digest(other)));
    other->bytes[SIZE - 1] = 1;
    payload_seal(other); /* other contents: another digest */
    cr_assert(digest_equal(payload_digest(other), digest_of(other->bytes, SIZE)));
    payload_drop(one);
    payload_drop(other);
}

static struct payload *shared[ROUNDS];
static pthread_barrier_t start;

static void *ask(void *context)
{
    struct digest *digests = context;
    pthread_barrier_wait(&start);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        digests[i] = payload_digest(shared[i]);
    }
    return NULL;
}

Test(payload, the_digest_is_the_same_for_all_who_ask_at_once, .timeout = 60)
{
    static struct digest digests[THREADS][ROUNDS];
    pthread_t threads[THREADS];
    for (uint32_t i = 0; i < ROUNDS; i++) {
        shared[i] = filled((unsigned char)i);
    }
    pthread_barrier_init(&start, NULL, THREADS);
    for (uint32_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, ask, digests[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (uint32_t i = 0; i < ROUNDS; i++) {
        const struct digest right = digest_of(shared[i]->bytes, SIZE);
        cr_assert(digest_equal(payload_digest(shared[i]), right));
        for (uint32_t k = 0; k < THREADS; k++) {
            cr_assert(digest_equal(digests[k][i], right));
        }
        payload_drop(shared[i]);
    }
}
