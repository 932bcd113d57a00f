// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <sys/mman.h>

int clinux_fork_word_open(uint64_t **word)
{
    // The kernel empties such a page in the child, however it was forked: no handler to register, and nothing that
    // a process number that comes again could confuse.
    void *page = mmap(NULL, sizeof **word, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return -errno;
    if (madvise(page, sizeof **word, MADV_WIPEONFORK) < 0) {
        int status = -errno;
        (void)munmap(page, sizeof **word);
        return status;
    }
    *word = page;
    return 0;
}

uint64_t clinux_fork_word_load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

uint64_t clinux_fork_word_settle(uint64_t *word, uint64_t value)
{
    uint64_t expected = 0;
    if (__atomic_compare_exchange_n(word, &expected, value, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return value;
    return expected;
}
