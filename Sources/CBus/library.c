// SPDX-License-Identifier: GPL-2.0-or-later
#include "library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int cbus_library_load(struct cbus_library *library)
{
    // Never unloaded: libsystemd has per-thread caches, whose destructors run when a thread ends.
    void *handle = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == NULL)
        return -ELIBACC;

    struct cbus_library found;
    void *symbol;
// memcpy, because ISO C has no conversion from object to function pointers.
#define CBUS_FIND(name)                                                                                      \
    symbol = dlsym(handle, #name);                                                                           \
    if (symbol == NULL)                                                                                      \
        return -ELIBACC;                                                                                     \
    memcpy(&found.name, &symbol, sizeof symbol);
    CBUS_FUNCTIONS(CBUS_FIND)
    *library = found;
    return 0;
}
