/* A journal entry is copied whole, though field by field; and says which payload comes with it. */
#include <criterion/criterion.h>

#include "core/journal.h"

Test(journal, an_entry_is_copied_to_the_last_byte)
{
    unsigned char bytes[sizeof(struct journal_entry)];
    for (size_t index = 0; index < sizeof bytes; index++) {
        bytes[index] = (unsigned char)(index + 1); /* no two alike: a field in another's place would show */
    }
    struct journal_entry from, to;
    memcpy(&from, bytes, sizeof from);
    memset(&to, 0xff, sizeof to);
    journal_put(&to, &from);
    cr_assert_arr_eq(&to, bytes, sizeof to);
    cr_assert_arr_eq(&from, bytes, sizeof from);
}

/* Elsewhere its place holds a time or a result, which nobody may take for a pointer. */
Test(journal, two_kinds_of_entry_hand_over_a_payload)
{
    struct journal_entry entry = {.committed_ns = 12345};
    for (uint32_t kind = 0; kind < 256; kind++) {
        entry.kind = (uint8_t)kind;
        bool carries = kind == JOURNAL_PROPOSED || kind == JOURNAL_NEW_VIEW_SENT;
        cr_assert_eq(journal_payload(&entry), carries ? entry.batch : NULL, "kind %u", kind);
    }
}
