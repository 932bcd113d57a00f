// SPDX-License-Identifier: Apache-2.0
#include "clinux.h"

#include <stdlib.h>

int clinux_memory_available(void)
{
    // Smaller than the blocks that the C library gets from the kernel by mmap and returns when they are
    // freed, so that the C library keeps the freed block.
    enum { RESERVE = 96 * 1024 };
    // Volatile, so that the compiler does not remove the unused allocation.
    void *volatile block = malloc(RESERVE);
    int is_available = block != NULL;
    free(block);
    return is_available;
}
