/* Tags: bound to author and content. */
#include <criterion/criterion.h>

#include "core/auth.h"
#include "core/message.h"

static struct keyring *keyring;

static void open_keyring(void)
{
    keyring = keyring_create(8, 42);
}

static void close_keyring(void)
{
    keyring_destroy(keyring);
}

TestSuite(auth, .init = open_keyring, .fini = close_keyring);

static const struct digest content = {{3, 4}};

Test(auth, a_tag_is_a_function_of_its_content)
{
    uint64_t tag = auth_tag(keyring, 1, MESSAGE_PREPARE, 2, 9, content);
    cr_assert_eq(tag, auth_tag(keyring, 1, MESSAGE_PREPARE, 2, 9, content));
}

Test(auth, a_tag_depends_on_each_field)
{
    uint64_t tag = auth_tag(keyring, 1, MESSAGE_PREPARE, 2, 9, content);
    cr_assert_neq(tag, auth_tag(keyring, 0, MESSAGE_PREPARE, 2, 9, content), "author");
    cr_assert_neq(tag, auth_tag(keyring, 1, MESSAGE_COMMIT, 2, 9, content), "type");
    cr_assert_neq(tag, auth_tag(keyring, 1, MESSAGE_PREPARE, 3, 9, content), "view");
    cr_assert_neq(tag, auth_tag(keyring, 1, MESSAGE_PREPARE, 2, 10, content), "sequence number");
    cr_assert_neq(tag, auth_tag(keyring, 1, MESSAGE_PREPARE, 2, 9, (struct digest){{2, 4}}), "first word");
    cr_assert_neq(tag, auth_tag(keyring, 1, MESSAGE_PREPARE, 2, 9, (struct digest){{3, 5}}), "second word");
}

/* Every single bit: nothing is cut off or folded. */
Test(auth, a_tag_depends_on_each_bit)
{
    uint64_t tag = auth_tag(keyring, 1, 2, 2, 9, content);
    for (uint32_t bit = 0; bit < 64; bit++) {
        uint64_t flip = 1ULL << bit;
        cr_assert_neq(tag, auth_tag(keyring, 1, 2, 2, 9 ^ flip, content), "sequence number, bit %u", bit);
        cr_assert_neq(tag, auth_tag(keyring, 1, 2, 2, 9, (struct digest){{3 ^ flip, 4}}));
        cr_assert_neq(tag, auth_tag(keyring, 1, 2, 2, 9, (struct digest){{3, 4 ^ flip}}));
        if (bit < 32) {
            cr_assert_neq(tag, auth_tag(keyring, 1, 2, 2 ^ (view_number)flip, 9, content), "view, bit %u", bit);
        }
        if (bit < 8) {
            cr_assert_neq(tag, auth_tag(keyring, 1, (uint8_t)(2 ^ flip), 2, 9, content), "type, bit %u", bit);
        }
    }
}

Test(auth, no_two_nodes_and_no_two_seeds_share_a_key)
{
    struct keyring *other = keyring_create(8, 43);
    for (node_id one = 0; one < 8; one++) {
        uint64_t tag = auth_tag(keyring, one, 2, 0, 1, content);
        cr_assert_neq(tag, auth_tag(other, one, 2, 0, 1, content), "another seed");
        for (node_id two = 0; two < one; two++) {
            cr_assert_neq(tag, auth_tag(keyring, two, 2, 0, 1, content), "nodes %u and %u", one, two);
        }
    }
    keyring_destroy(other);
}

Test(auth, the_same_seed_gives_the_same_keys_however_many_nodes_there_are)
{
    struct keyring *larger = keyring_create(100, 42);
    for (node_id node = 0; node < 8; node++) {
        cr_assert_eq(auth_tag(keyring, node, 2, 0, 1, content), auth_tag(larger, node, 2, 0, 1, content));
    }
    keyring_destroy(larger);
}

/* Long operations are tagged in two steps, short ones in one. */
Test(auth, a_request_tag_depends_on_each_field)
{
    static const uint32_t sizes[] = {1, 16, 47, 48, 49, 50, 1000};
    for (uint32_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
        const uint32_t size = sizes[index];
        unsigned char operation[1000] = "put key value";
        uint64_t tag = auth_request_tag(keyring, 5, 7, operation, size);
        cr_assert_eq(tag, auth_request_tag(keyring, 5, 7, operation, size));
        cr_assert_neq(tag, auth_request_tag(keyring, 6, 7, operation, size), "client, %u bytes", size);
        cr_assert_neq(tag, auth_request_tag(keyring, 5, 8, operation, size), "timestamp, %u bytes", size);
        cr_assert_neq(tag, auth_request_tag(keyring, 5, 7, operation, size - 1), "%u bytes or one less", size);
        for (uint32_t byte = 0; byte < size; byte++) {
            operation[byte] ^= 1;
            cr_assert_neq(tag, auth_request_tag(keyring, 5, 7, operation, size), "byte %u of %u", byte, size);
            operation[byte] ^= 1;
        }
    }
}

Test(auth, an_empty_operation_has_a_tag_too)
{
    uint64_t tag = auth_request_tag(keyring, 5, 7, NULL, 0);
    cr_assert_eq(tag, auth_request_tag(keyring, 5, 7, "", 0));
    cr_assert_neq(tag, auth_request_tag(keyring, 6, 7, NULL, 0));
}

Test(auth, destroying_no_keyring_is_fine)
{
    keyring_destroy(NULL);
}
