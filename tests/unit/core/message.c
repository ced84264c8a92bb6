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
