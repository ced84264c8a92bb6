/* Digests of contents and histories. */
#include <criterion/criterion.h>

#include "core/digest.h"

Test(digest, equal_contents_have_equal_digests)
{
    unsigned char one[100], other[100];
    memset(one, 7, sizeof one);
    memset(other, 7, sizeof other);
    cr_assert(digest_equal(digest_of(one, 100), digest_of(other, 100)));
}

Test(digest, every_bit_and_the_length_count)
{
    unsigned char bytes[32] = {0};
    struct digest plain = digest_of(bytes, sizeof bytes);
    for (uint32_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
        cr_assert_not(digest_equal(plain, digest_of(bytes, sizeof bytes)), "bit %u", bit);
        bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
    }
    for (uint32_t size = 0; size < sizeof bytes; size++) {
        cr_assert_not(digest_equal(plain, digest_of(bytes, size)), "size %u", size);
    }
}

/* BLAKE2b-128 of "abc" (computed with `b2sum -l 128`), in the machine's order of bytes. */
Test(digest, is_blake2b_128)
{
    static const unsigned char expected[16] = {0xcf, 0x4a, 0xb7, 0x91, 0xc6, 0x2b, 0x8d, 0x2b,
                                               0x21, 0x09, 0xc9, 0x02, 0x75, 0x28, 0x78, 0x16};
    struct digest digest = digest_of("abc", 3);
    cr_assert_eq(memcmp(digest.words, expected, sizeof expected), 0);
}

Test(digest, null_is_equal_to_itself_only)
{
    cr_assert(digest_is_null(digest_null()));
    cr_assert(digest_equal(digest_null(), digest_null()));
    cr_assert_not(digest_is_null(digest_of("", 0)));
    for (uint32_t bit = 0; bit < 128; bit++) {
        struct digest digest = digest_null();
        digest.words[bit / 64] = 1ULL << (bit % 64);
        cr_assert_not(digest_is_null(digest));
        cr_assert_not(digest_equal(digest, digest_null()));
    }
}

Test(digest, text_is_both_words_in_hexadecimal)
{
    char text[DIGEST_TEXT_SIZE];
    digest_text((struct digest){{0x0123456789abcdefULL, 0xfedcba9876543210ULL}}, text);
    cr_assert_str_eq(text, "0123456789abcdeffedcba9876543210");
    digest_text(digest_null(), text);
    cr_assert_str_eq(text, "00000000000000000000000000000000");
}

Test(digest, a_history_depends_on_contents_and_their_order)
{
    uint64_t ab = history_extend(history_extend(0, 1), 2);
    uint64_t ba = history_extend(history_extend(0, 2), 1);
    cr_assert_neq(ab, ba);
    cr_assert_neq(history_extend(0, 1), history_extend(0, 2));
    cr_assert_eq(ab, history_extend(history_extend(0, 1), 2));
}

/* Short histories over a few contents do not collide. */
Test(digest, histories_are_distinct)
{
    uint64_t seen[1 + 4 + 16 + 64 + 256];
    uint32_t count = 0, begin = 0;
    seen[count++] = 0;
    for (uint32_t length = 1; length <= 4; length++) {
        uint32_t end = count;
        for (uint32_t parent = begin; parent < end; parent++) {
            for (uint64_t content = 1; content <= 4; content++) {
                seen[count++] = history_extend(seen[parent], content);
            }
        }
        begin = end;
    }
    cr_assert_eq(count, sizeof seen / sizeof *seen);
    for (uint32_t one = 0; one < count; one++) {
        for (uint32_t other = 0; other < one; other++) {
            cr_assert_neq(seen[one], seen[other]);
        }
    }
}
