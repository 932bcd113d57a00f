// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <dlfcn.h>

void clinux_pin_code(void)
{
    Dl_info found;
    // Find the file by an address in it, since the library may have been loaded under any name. The handle is
    // never closed.
    if (dladdr((const void *)(uintptr_t)&clinux_pin_code, &found) != 0 && found.dli_fname)
        (void)dlopen(found.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}
