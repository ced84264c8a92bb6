/* A message is copied whole, though field by field. */
#include <criterion/criterion.h>

#include "core/message.h"

Test(message, is_copied_to_the_last_byte)
{
    unsigned char bytes[sizeof(struct message)];
    for (size_t index = 0; index < sizeof bytes; index++) {
        bytes[index] = (unsigned char)(index + 1); /* no two alike: a field in another's place would show */
    }
    struct message from, to;
    memcpy(&from, bytes, sizeof from);
    memset(&to, 0xff, sizeof to);
    message_put(&to, &from);
    cr_assert_arr_eq(&to, bytes, sizeof to);
    cr_assert_arr_eq(&from, bytes, sizeof from);
}

Test(message, the_last_attempt_is_followed_by_the_first_resend)
{
    cr_assert_eq(message_next_attempt(0), 1);
    cr_assert_eq(message_next_attempt(UINT16_MAX - 1), UINT16_MAX);
    cr_assert_eq(message_next_attempt(UINT16_MAX), 1, "0 would be a first sending");
}
