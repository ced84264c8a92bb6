#include "net/recording_format.h"

#include <sodium/crypto_generichash.h>

void recording_checksum(const unsigned char *key, uint64_t offset, const unsigned char *bytes, size_t size,
                        const unsigned char *more, size_t more_size, unsigned char checksum[RECORDING_CHECKSUM])
{
    unsigned char place[8];
    put_u64(place, offset);
    crypto_generichash_state state;
    crypto_generichash_init(&state, key, key == NULL ? 0 : RECORDING_CHECKSUM, RECORDING_CHECKSUM);
    crypto_generichash_update(&state, place, sizeof place);
    crypto_generichash_update(&state, bytes, size);
    if (more_size > 0) {
        crypto_generichash_update(&state, more, more_size);
    }
    crypto_generichash_final(&state, checksum, RECORDING_CHECKSUM);
}
