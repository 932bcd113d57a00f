// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

/// The maximum number of strings: the name of the program and its arguments. An arbitrary limit; no caller needs more
/// than ten.
enum { MAX_WORDS = 31 };

extern char **environ;

/// Fills the list with pointers to the strings. Returns 0 or -EINVAL.
static int split(const char *words, size_t length, char *list[MAX_WORDS + 1])
{
    size_t count = 0;
    if (length == 0 || words[length - 1] != '\0')
        return -EINVAL;
    const char *word = words;
    do {
        if (count == MAX_WORDS)
            return -EINVAL;
        // posix_spawn has no const in its declaration but does not change the strings.
        list[count++] = (char *)word;
        word += strlen(word) + 1;
    } while (word < words + length);
    list[count] = NULL;
    return 0;
}

int clinux_pipe_open(int *reading_end, int *writing_end)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    *reading_end = ends[0];
    *writing_end = ends[1];
    return 0;
}

int clinux_spawn(const char *words, size_t length, int output, int32_t *process)
{
    char *list[MAX_WORDS + 1];
    posix_spawn_file_actions_t actions;
    pid_t started;
    int status = split(words, length, list);
    if (status < 0)
        return status;
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0)
        return -code;
    code = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    if (code == 0)
        code = posix_spawnp(&started, list[0], &actions, NULL, list, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code == 0)
        *process = started;
    return -code;
}
