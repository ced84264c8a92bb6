#include "core/quorum.h"

#include <assert.h>

uint32_t quorum_faults(uint32_t n)
{
    assert(n >= 1);
    return (n - 1) / 3;
}

uint32_t quorum_size(uint32_t n)
{
    return (n + quorum_faults(n) + 2) / 2; /* ceil((n+f+1)/2) */
}

uint32_t quorum_weak(uint32_t n)
{
    return quorum_faults(n) + 1;
}

uint32_t quorum_breaking(uint32_t n, uint32_t q)
{
    uint32_t least = 2 * q > n ? 2 * q - n : 0;
    return n >= 2 && least <= n - 2 ? least : UINT32_MAX;
}

uint32_t quorum_stalling(uint32_t n, uint32_t q)
{
    assert(q <= n);
    return n - q + 1;
}
