// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "attributes.h"
#include "cnftables_socket.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

enum {
    /// The longest program, in instructions of 8 bytes: by default the kernel allows a socket 20 kB of
    /// options.
    PROGRAM_MAX = 2048,
    FAMILY_OFFSET = NLMSG_HDRLEN,
    ATTRIBUTES_OFFSET = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg)),
    /// The size of the longest name, with its NUL.
    NAME_SIZE_MAX = NFT_NAME_MAXLEN,
};

/// A classic BPF program that returns UINT32_MAX to accept a datagram (all its bytes) or 0 to drop it.
struct program {
    struct sock_filter code[PROGRAM_MAX];
    /// The number of instructions.
    size_t count;
    /// True if an instruction did not fit.
    bool is_full;
};

/// Appends an instruction.
static void emit(struct program *program, struct sock_filter instruction)
{
    if (program->count == PROGRAM_MAX) {
        program->is_full = true;
        return;
    }
    program->code[program->count++] = instruction;
}

static void emit_accept(struct program *program)
{
    emit(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX));
}

/// Accepts the datagram when the test of the accumulator fails, else continues.
static void accept_unless(struct program *program, uint16_t test, uint32_t value)
{
    emit(program, (struct sock_filter)BPF_JUMP(BPF_JMP | test, value, 1, 0));
    emit_accept(program);
}

/// Accepts a datagram that is not exactly one message, else continues: compares the length of the datagram with
/// the length in the message's header.
static void accept_several(struct program *program)
{
    emit(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0));
    accept_unless(program, BPF_JGE | BPF_K, NLMSG_HDRLEN);
    // Accept datagrams of 64 KiB or more too, so that the length has 16 bits below.
    emit(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 1 << 16, 0, 1));
    emit_accept(program);
    // Programs load in network byte order, but the length in the header is in host byte order. On a little-endian
    // machine, swap the bytes of the datagram's length, which has 16 bits by now: move the low byte to the top and
    // store it, move the second byte below it, and join both.
    if (htonl(1) != 1) {
        emit(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
        emit(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff));
        emit(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 24));
        emit(program, (struct sock_filter)BPF_STMT(BPF_ST, 0));
        emit(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0));
        emit(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff00));
        emit(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 8));
        emit(program, (struct sock_filter)BPF_STMT(BPF_LDX | BPF_MEM, 0));
        emit(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0));
    }
    emit(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
    emit(
        program,
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_len)));
    accept_unless(program, BPF_JEQ | BPF_X, 0);
}

/// Accepts messages that are not about set elements, except that with `drops_generations` it drops those that end a
/// commit. Continues for messages about set elements.
static void accept_other_types(struct program *program, bool drops_generations)
{
    const uint16_t generation = htons(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN);
    const uint16_t added = htons(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM);
    const uint16_t removed = htons(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELSETELEM);
    emit(
        program,
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)));
    if (drops_generations) {
        emit(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, generation, 0, 1));
        emit(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0));
    }
    // For `added`, skip the two instructions of `accept_unless`.
    emit(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, added, 2, 0));
    accept_unless(program, BPF_JEQ | BPF_K, removed);
}

/// Writes the two attributes that follow the nfgenmsg in a message about elements: the names of the table and the
/// set. Returns their length in bytes.
static size_t write_names(const char *table, const char *set, uint8_t *out)
{
    const char *names[] = {table, set};
    const uint16_t types[] = {NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET};
    size_t length = 0;
    for (int i = 0; i < 2; i++) {
        size_t size = strlen(names[i]) + 1;
        struct nlattr header = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = types[i]};
        memcpy(out + length, &header, sizeof header);
        memcpy(out + length + NLA_HDRLEN, names[i], size);
        length += NLA_ALIGN(NLA_HDRLEN + size);
    }
    return length;
}

/// Continues when the test of the accumulator holds, else jumps to the end of the block of `accept_elements`, which
/// fills in the target when its length is known.
static void leave_unless(struct program *program, uint16_t test, uint32_t value)
{
    emit(program, (struct sock_filter)BPF_JUMP(BPF_JMP | test, value, 1, 0));
    emit(program, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX));
}

/// Accepts messages about the elements of this set, else continues.
static void accept_elements(struct program *program, uint8_t family, const char *table, const char *set)
{
    uint8_t names[2 * (NLA_HDRLEN + NAME_SIZE_MAX + NLA_ALIGNTO)] = {0};
    size_t length = write_names(table, set, names), start = program->count;
    // Check the length first: a load beyond the end drops the datagram.
    emit(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0));
    leave_unless(program, BPF_JGE | BPF_K, (uint32_t)(ATTRIBUTES_OFFSET + length));
    emit(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FAMILY_OFFSET));
    leave_unless(program, BPF_JEQ | BPF_K, family);
    for (size_t i = 0; i < length; i += sizeof(uint32_t)) {
        uint32_t word;
        memcpy(&word, names + i, sizeof word);
        emit(
            program,
            (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(ATTRIBUTES_OFFSET + i)));
        leave_unless(program, BPF_JEQ | BPF_K, ntohl(word));
    }
    emit_accept(program);
    // The end of the block is known now: fill in the targets of `leave_unless`.
    for (size_t i = start; i < program->count; i++) {
        if (program->code[i].code == (BPF_JMP | BPF_JA))
            program->code[i].k = (uint32_t)(program->count - i - 1);
    }
}

/// Takes a NUL-terminated name off a list. Returns NULL when there is none.
static const char *take_name(struct cnftables_bytes *list)
{
    struct cnftables_bytes name;
    const char *start = (const char *)list->start;
    if (read_string(*list, &name) < 0 || name.length >= NAME_SIZE_MAX)
        return NULL;
    list->start += name.length + 1;
    list->length -= name.length + 1;
    return start;
}

/// Writes the whole filter. Returns 0, -EINVAL for a malformed list of sets, or -E2BIG when it does not fit.
static int write_program(struct cnftables_bytes sets, bool drops_generations, struct program *program)
{
    accept_several(program);
    accept_other_types(program, drops_generations);
    while (sets.length != 0 && !program->is_full) {
        uint8_t family = *sets.start++;
        sets.length--;
        const char *table = take_name(&sets);
        const char *set = table == NULL ? NULL : take_name(&sets);
        if (set == NULL)
            return -EINVAL;
        accept_elements(program, family, table, set);
    }
    emit(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0));
    return program->is_full ? -E2BIG : 0;
}

/// Removes the filter of a socket, if it has one. Returns 0 or -errno.
static int accept_everything(int descriptor)
{
    int unused = 0;
    if (setsockopt(descriptor, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) == 0 || errno == ENOENT)
        return 0;
    return -errno;
}

int cnftables_events_filter(int descriptor, struct cnftables_bytes sets, uint8_t drops_generations)
{
    struct program *program = calloc(1, sizeof *program);
    if (program == NULL)
        return -ENOMEM;
    int status = write_program(sets, drops_generations, program);
    struct sock_fprog filter = {.len = (unsigned short)program->count, .filter = program->code};
    if (status == 0 && setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0)
        status = -errno;
    // -ENOMEM: the program needs more memory than the kernel grants a socket.
    if (!drops_generations && (status == -E2BIG || status == -ENOMEM))
        status = accept_everything(descriptor);
    free(program);
    return status;
}
