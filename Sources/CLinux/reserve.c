// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <dlfcn.h>
#include <stdlib.h>

void clinux_pin_code(void)
{
    Dl_info found;
    // By its address, for a program may have loaded the library under any name. The handle is never closed.
    if (dladdr((const void *)(uintptr_t)&clinux_pin_code, &found) != 0 && found.dli_fname)
        (void)dlopen(found.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

int clinux_has_reserve(void)
{
    // Below the size from which each block is a mapping of its own: what is given back then stays with the C library.
    enum { RESERVE = 96 * 1024 };
    // Volatile, for a compiler may leave out a block that nobody uses.
    void *volatile block = malloc(RESERVE);
    int has = block != NULL;
    free(block);
    return has;
}
