#include "core/digest.h"

#include <assert.h>
#include <sodium/crypto_generichash.h>

struct digest digest_of(const void *bytes, size_t size)
{
    struct digest digest;
    int failed = crypto_generichash((unsigned char *)digest.words, sizeof digest.words, bytes, size, NULL, 0);
    assert(failed == 0);
    (void)failed;
    if (digest_is_null(digest)) {
        digest.words[0] = 1;
    }
    return digest;
}

/* The finalizer of MurmurHash3 by Austin Appleby (public domain constants). */
static uint64_t scramble(uint64_t word)
{
    word = (word ^ (word >> 33)) * 0xff51afd7ed558ccdULL;
    word = (word ^ (word >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return word ^ (word >> 33);
}

uint64_t history_extend(uint64_t history, uint64_t content)
{
    return scramble(history * 0x9e3779b97f4a7c15ULL + content);
}

void digest_text(struct digest digest, char text[DIGEST_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *out = text;
    for (size_t word = 0; word < 2; word++) {
        for (int shift = 60; shift >= 0; shift -= 4) {
            *out++ = digits[(digest.words[word] >> shift) & 15];
        }
    }
    *out = '\0';
}
