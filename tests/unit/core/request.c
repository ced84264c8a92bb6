/* Requests and batches: what is well formed and genuine, and that nothing malformed is ever read past its end. Linked
 * with AddressSanitizer, a byte read too many ends the test. */
#include <criterion/criterion.h>

#include "core/request.h"

#define FIRST_CLIENT 4
#define CLIENTS 3

static struct keyring *keyring;

static void open_keyring(void)
{
    keyring = keyring_create(FIRST_CLIENT + CLIENTS, 1);
}

static void close_keyring(void)
{
    keyring_destroy(keyring);
}

TestSuite(request, .init = open_keyring, .fini = close_keyring);

static void reclaim(struct payload *payload)
{
    free(payload);
}

/* A payload whose memory ends exactly where its contents end. */
static struct payload *payload_of(const void *bytes, size_t size)
{
    struct payload *payload = malloc(sizeof *payload + size);
    *payload = (struct payload){.size = (uint32_t)size, .reclaim = reclaim};
    atomic_init(&payload->references, 1);
    memcpy(payload->bytes, bytes, size);
    payload_seal(payload);
    return payload;
}

static bool valid(const void *bytes, size_t size)
{
    struct payload *payload = payload_of(bytes, size);
    bool first = batch_valid(payload, keyring, FIRST_CLIENT, CLIENTS);
    bool again = batch_valid(payload, keyring, FIRST_CLIENT, CLIENTS);
    cr_assert_eq(first, again, "the verdict is remembered");
    payload_drop(payload);
    return first;
}

/* Three requests back to back, with operations of 5, 0 and 16 bytes. Returns the size. */
static size_t three_requests(unsigned char *bytes)
{
    size_t size = request_write(bytes, keyring, 4, 1, "abcde", 5);
    size += request_write(bytes + size, keyring, 5, 2, NULL, 0);
    size += request_write(bytes + size, keyring, 6, 3, "0123456789abcdef", 16);
    return size;
}

Test(request, what_is_written_is_valid_and_reads_back)
{
    _Alignas(16) unsigned char bytes[256];
    size_t size = three_requests(bytes);
    cr_assert_eq(size, 3 * sizeof(struct request) + 8 + 0 + 16);
    cr_assert(valid(bytes, size));
    struct payload *batch = payload_of(bytes, size);
    cr_assert_eq(batch_count(batch), 3);
    static const uint32_t sizes[] = {5, 0, 16};
    uint32_t index = 0;
    for (const struct request *request = NULL; (request = batch_next(batch, request)) != NULL; index++) {
        cr_assert_eq(request->client, 4 + index);
        cr_assert_eq(request->timestamp, 1 + index);
        cr_assert_eq(request->size, sizes[index]);
    }
    cr_assert_eq(memcmp(request_operation(batch_next(batch, NULL)), "abcde", 5), 0);
    payload_drop(batch);
}

Test(request, padding_is_zero_so_that_equal_requests_have_equal_digests)
{
    _Alignas(16) unsigned char one[64], other[64];
    memset(one, 0x11, sizeof one);
    memset(other, 0x22, sizeof other);
    size_t size = request_write(one, keyring, 4, 1, "abc", 3);
    request_write(other, keyring, 4, 1, "abc", 3);
    cr_assert(digest_equal(digest_of(one, size), digest_of(other, size)));
}

Test(request, the_footprint_is_the_header_and_the_operation_padded_to_eight)
{
    for (uint32_t size = 0; size < 100; size++) {
        size_t footprint = request_footprint(size);
        cr_assert_eq(footprint % 8, 0);
        cr_assert_geq(footprint, sizeof(struct request) + size);
        cr_assert_lt(footprint, sizeof(struct request) + size + 8);
    }
    cr_assert_gt(request_footprint(UINT32_MAX), (size_t)UINT32_MAX, "no wrap-around");
}

Test(request, an_empty_batch_is_not_valid)
{
    cr_assert_not(valid("", 0));
}

/* A cut between two requests leaves a valid, shorter batch; any other cut does not. */
Test(request, every_truncation_is_found)
{
    _Alignas(16) unsigned char bytes[256];
    size_t size = three_requests(bytes);
    size_t first = request_footprint(5), second = first + request_footprint(0);
    for (size_t cut = 0; cut < size; cut++) {
        cr_assert_eq(valid(bytes, cut), cut == first || cut == second, "cut to %zu bytes", cut);
    }
}

Test(request, trailing_bytes_are_found)
{
    _Alignas(16) unsigned char bytes[512] = {0};
    size_t size = three_requests(bytes);
    for (size_t more = 1; more < 100; more++) {
        cr_assert_not(valid(bytes, size + more), "%zu bytes more", more);
    }
}

Test(request, a_size_that_points_beyond_the_end_is_found)
{
    const uint32_t sizes[] = {17, 24, 25, 1000, INT32_MAX, UINT32_MAX - 40, UINT32_MAX - 7, UINT32_MAX};
    for (uint32_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
        _Alignas(16) unsigned char bytes[64];
        size_t size = request_write(bytes, keyring, 4, 1, "0123456789abcdef", 16);
        memcpy(bytes + offsetof(struct request, size), &sizes[index], sizeof sizes[index]);
        cr_assert_not(valid(bytes, size), "size %u", sizes[index]);
    }
}

/* Every bit of header and operation matters: changed, the tag does not fit any more. Padding is under no tag. */
Test(request, every_flipped_bit_is_found)
{
    _Alignas(16) unsigned char bytes[64];
    size_t size = request_write(bytes, keyring, 4, 1, "abcde", 5);
    for (size_t bit = 0; bit < 8 * (sizeof(struct request) + 5); bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
        cr_assert_not(valid(bytes, size), "bit %zu", bit);
        bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
    }
    cr_assert(valid(bytes, size));
}

Test(request, only_known_clients_are_genuine)
{
    struct keyring *everybody = keyring_create(100, 1);
    for (node_id author = 0; author < 100; author++) {
        _Alignas(16) unsigned char bytes[64];
        size_t size = request_write(bytes, everybody, author, 1, "abc", 3);
        cr_assert_eq(valid(bytes, size), author >= FIRST_CLIENT && author < FIRST_CLIENT + CLIENTS, "%u", author);
    }
    keyring_destroy(everybody);
}

Test(request, timestamps_begin_with_one)
{
    _Alignas(16) unsigned char bytes[64];
    cr_assert_not(valid(bytes, request_write(bytes, keyring, 4, 0, "abc", 3)));
    cr_assert(valid(bytes, request_write(bytes, keyring, 4, 1, "abc", 3)));
    cr_assert(valid(bytes, request_write(bytes, keyring, 4, UINT64_MAX, "abc", 3)));
}

Test(request, nobody_makes_anothers_request)
{
    struct keyring *foreign = keyring_create(FIRST_CLIENT + CLIENTS, 2);
    _Alignas(16) unsigned char bytes[64];
    cr_assert_not(valid(bytes, request_write(bytes, foreign, 4, 1, "abc", 3)), "keys of another run");
    size_t size = request_write(bytes, keyring, 4, 1, "abc", 3);
    const node_id other = 5;
    memcpy(bytes + offsetof(struct request, client), &other, sizeof other);
    cr_assert_not(valid(bytes, size), "signed by 4, said to be of 5");
    keyring_destroy(foreign);
}

Test(request, one_bad_request_spoils_its_batch)
{
    for (uint32_t bad = 0; bad < 3; bad++) {
        _Alignas(16) unsigned char bytes[256];
        size_t size = three_requests(bytes);
        const size_t starts[] = {0, request_footprint(5), request_footprint(5) + request_footprint(0)};
        bytes[starts[bad] + offsetof(struct request, tag)] ^= 1;
        cr_assert_not(valid(bytes, size), "request %u", bad);
    }
}

/* Arbitrary bytes: never valid, never read past the end. Half of them begin like a request. */
Test(request, random_bytes_are_never_valid)
{
    uint64_t state = 88172645463325252ULL;
    for (uint32_t attempt = 0; attempt < 200000; attempt++) {
        _Alignas(16) unsigned char bytes[96];
        for (size_t offset = 0; offset < sizeof bytes; offset += 8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17; /* xorshift64 */
            memcpy(bytes + offset, &state, 8);
        }
        if (attempt % 2 == 0) {
            const uint32_t header[2] = {FIRST_CLIENT + (uint32_t)(state % CLIENTS), (uint32_t)(state >> 8) % 80};
            memcpy(bytes, header, sizeof header);
        }
        cr_assert_not(valid(bytes, (state >> 32) % (sizeof bytes + 1)));
    }
}
