// SPDX-License-Identifier: GPL-2.0-or-later
// conformance [--user UID] [GROUP…]: checks libteredoport against the documentation of Windows; without
// GROUP runs all groups of cases. Prints a line for each group. Needs root and a network namespace of its own.
// With --user, that user calls the library; the process that stands for the client (player.c) still runs as root.
#define _GNU_SOURCE
#include "suite.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    void (*run)(void);
} groups[] = {
    {"port", port_cases}, {"answer", answer_cases},   {"choice", choice_cases},
    {"poll", poll_cases}, {"cancel", cancel_cases},   {"crowd", crowd_cases},
    {"fork", fork_cases}, {"address", address_cases}, {"shortage", shortage_cases},
};

static int is_group(const char *name)
{
    for (size_t index = 0; index < sizeof groups / sizeof groups[0]; index++)
        if (strcmp(name, groups[index].name) == 0)
            return 1;
    return 0;
}

int main(int count, char **words)
{
    const struct passwd *client = getpwnam("miredo");
    int first_group = 1;
    if (!client) {
        fprintf(stderr, "there is no user miredo\n");
        return 2;
    }
    player_start(client->pw_uid);
    if (count > 2 && strcmp(words[1], "--user") == 0) {
        uid_t uid = (uid_t)atoi(words[2]);
        if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0) {
            perror("become another user");
            return 2;
        }
        first_group = 3;
    }
    for (int word = first_group; word < count; word++)
        if (!is_group(words[word])) {
            fprintf(stderr, "there is no group %s\n", words[word]);
            return 2;
        }
    for (size_t index = 0; index < sizeof groups / sizeof groups[0]; index++) {
        int wanted = first_group == count;
        for (int word = first_group; word < count; word++)
            wanted |= strcmp(words[word], groups[index].name) == 0;
        if (!wanted)
            continue;
        int before = failures;
        groups[index].run();
        printf("%s: %s\n", groups[index].name, failures == before ? "passed" : "FAILED");
        fflush(stdout);
    }
    return failures != 0;
}
