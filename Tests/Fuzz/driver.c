// SPDX-License-Identifier: GPL-2.0-or-later
// Passes the inputs of libFuzzer to the function FUZZ of Tests/Fuzz/Fuzzers.
#include <stddef.h>
#include <stdint.h>

int FUZZ(const uint8_t *bytes, intptr_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    return FUZZ(bytes, (intptr_t)count);
}
