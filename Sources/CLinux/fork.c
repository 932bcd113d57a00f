// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>

enum { MAX_WORDS = 8 };

/// For systems without MADV_WIPEONFORK: words that a handler clears at fork(). clone(2), when called
/// directly, does not run the handler.
static uint64_t words[MAX_WORDS];
static size_t words_taken;
static bool is_handler_missing = true;
static pthread_mutex_t words_lock = PTHREAD_MUTEX_INITIALIZER;

static void clear_words(void)
{
    // The lock may be held by another thread at the moment of the fork; the child needs a new one.
    words_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    for (size_t index = 0; index < MAX_WORDS; index++)
        __atomic_store_n(&words[index], 0, __ATOMIC_RELEASE);
}

static int take_word(uint64_t **word)
{
    int status = 0;
    pthread_mutex_lock(&words_lock);
    if (is_handler_missing)
        is_handler_missing = pthread_atfork(NULL, NULL, clear_words) != 0;
    if (is_handler_missing)
        status = -ENOMEM;
    else if (words_taken == MAX_WORDS)
        status = -ENOSPC;
    else
        *word = &words[words_taken++];
    pthread_mutex_unlock(&words_lock);
    return status;
}

int clinux_fork_word_open(uint64_t **word)
{
    // The kernel clears a page with MADV_WIPEONFORK in the child, with fork(2) and clone(2) alike. So
    // neither a handler nor a comparison of process IDs, which may be reused, is needed. Kernels before
    // 4.14 and some sandboxes refuse MADV_WIPEONFORK.
    void *page = mmap(NULL, sizeof **word, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return take_word(word);
    if (madvise(page, sizeof **word, MADV_WIPEONFORK) < 0) {
        (void)munmap(page, sizeof **word);
        return take_word(word);
    }
    *word = page;
    return 0;
}

uint64_t clinux_fork_word_load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

uint64_t clinux_fork_word_set_once(uint64_t *word, uint64_t value)
{
    uint64_t expected = 0;
    if (__atomic_compare_exchange_n(word, &expected, value, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return value;
    return expected;
}
