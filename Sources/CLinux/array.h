// SPDX-License-Identifier: Apache-2.0
// Growing arrays, for this module only, not for Swift.
#ifndef CLINUX_ARRAY_H
#define CLINUX_ARRAY_H

#include <errno.h>
#include <stdlib.h>

/// Makes room for one more element of `size` bytes in an array, by doubling it; `*elements` may move. Returns
/// 0 or -ENOMEM.
static inline int clinux_grow(void **elements, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return 0;
    size_t larger = *capacity != 0 ? *capacity * 2 : 8;
    void *moved = realloc(*elements, larger * size);
    if (moved == NULL)
        return -ENOMEM;
    *elements = moved;
    *capacity = larger;
    return 0;
}

#endif
