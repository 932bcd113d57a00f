// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "bpf.h"
#include "clinux_binds.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

_Static_assert(
    sizeof(struct clinux_instruction) == sizeof(struct bpf_insn), "passed to the kernel without conversion");
_Static_assert(CLINUX_BIND_IPV4 == AF_INET && CLINUX_BIND_IPV6 == AF_INET6, "address families");
_Static_assert(
    sizeof(struct clinux_bind) + BPF_RINGBUF_HDR_SZ == CLINUX_BIND_RECORD, "records are contiguous");

// Writes the program of `clinux_bind_program` instruction by instruction.

enum {
    // Registers that calls of the kernel's functions preserve.
    /// The address of the program's argument, a `struct bpf_sock`.
    CONTEXT = BPF_REG_6,
    /// The address of a `struct clinux_bind_choice`.
    CHOICE = BPF_REG_7,
    USER = BPF_REG_8,
    PORT = BPF_REG_9,

    /// The maximum number of jumps to one target: one for each port, and a few others.
    MAX_JUMPS = CLINUX_BIND_PORTS + 8,
};

/// The jumps to one target, which is not known yet.
struct jumps {
    /// The indices of the jump instructions in the code.
    size_t places[MAX_JUMPS];
    size_t count;
};

/// The program so far.
struct assembly {
    struct clinux_instruction *code;
    size_t count;
    /// The jumps to the code that writes the record.
    struct jumps to_record;
    /// The jumps to the end of the program.
    struct jumps to_end;
};

/// Appends one instruction.
static void
put(struct assembly *assembly, uint8_t code, uint8_t destination, uint8_t source, int16_t offset,
    int32_t immediate)
{
    // The two registers are bit fields of struct bpf_insn, whose order in the byte follows the machine's byte order.
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint8_t registers = (uint8_t)(source << 4 | destination);
#else
    uint8_t registers = (uint8_t)(destination << 4 | source);
#endif
    assembly->code[assembly->count++] = (struct clinux_instruction){
        .code = code, .registers = registers, .offset = offset, .immediate = immediate};
}

/// Loads `size` bytes (BPF_W: 4, BPF_H: 2) at this offset from the address in register `source`.
static void load(struct assembly *assembly, uint8_t size, uint8_t destination, uint8_t source, size_t offset)
{
    put(assembly, (uint8_t)(BPF_LDX | BPF_MEM | size), destination, source, (int16_t)offset, 0);
}

/// Stores 4 bytes at this offset from the address in register 0.
static void store(struct assembly *assembly, uint8_t source, size_t offset)
{
    put(assembly, BPF_STX | BPF_MEM | BPF_W, BPF_REG_0, source, (int16_t)offset, 0);
}

static void move(struct assembly *assembly, uint8_t destination, uint8_t source)
{
    put(assembly, BPF_ALU64 | BPF_MOV | BPF_X, destination, source, 0, 0);
}

static void set(struct assembly *assembly, uint8_t destination, int32_t value)
{
    put(assembly, BPF_ALU64 | BPF_MOV | BPF_K, destination, 0, 0, value);
}

/// Loads a 64-bit value, which takes two instructions. `kind` is its meaning. 0: a number. BPF_PSEUDO_MAP_FD: the
/// descriptor of a map; the kernel replaces it by the map's address. BPF_PSEUDO_MAP_VALUE: the descriptor of an array;
/// the kernel replaces it by the address of the first element.
static void set_wide(struct assembly *assembly, uint8_t destination, uint8_t kind, uint64_t value)
{
    put(assembly, BPF_LD | BPF_IMM | BPF_DW, destination, kind, 0, (int32_t)(uint32_t)value);
    put(assembly, 0, 0, 0, 0, (int32_t)(uint32_t)(value >> 32));
}

static void call(struct assembly *assembly, int32_t function)
{
    put(assembly, BPF_JMP | BPF_CALL, 0, 0, 0, function);
}

/// Adds a jump that is taken when the comparison `code` holds, of register `left` with register `right` (BPF_X) or
/// with `value` (BPF_K). Its target is not known before `land`.
static void
jump(struct assembly *assembly, struct jumps *jumps, uint8_t code, uint8_t left, uint8_t right, int32_t value)
{
    jumps->places[jumps->count++] = assembly->count;
    put(assembly, (uint8_t)(BPF_JMP | code), left, right, 0, value);
}

/// Makes the next instruction the target of the jumps.
static void land(struct assembly *assembly, const struct jumps *jumps)
{
    for (size_t index = 0; index < jumps->count; index++) {
        size_t place = jumps->places[index];
        assembly->code[place].offset = (int16_t)(assembly->count - place - 1);
    }
}

/// Adds the code that decides about a bind: it jumps to `to_record` if the bind is to be reported,
/// otherwise to `to_end`.
static void put_choice(struct assembly *assembly, const struct clinux_bind_settings *settings)
{
    load(assembly, BPF_W, BPF_REG_1, CONTEXT, offsetof(struct bpf_sock, protocol));
    jump(assembly, &assembly->to_end, BPF_JNE | BPF_K, BPF_REG_1, 0, IPPROTO_UDP);
    if (settings->namespace_cookie != 0) {
        move(assembly, BPF_REG_1, CONTEXT);
        call(assembly, BPF_FUNC_get_netns_cookie);
        set_wide(assembly, BPF_REG_1, 0, settings->namespace_cookie);
        jump(assembly, &assembly->to_end, BPF_JNE | BPF_X, BPF_REG_0, BPF_REG_1, 0);
    }
    call(assembly, BPF_FUNC_get_current_uid_gid);
    // The group is in the upper half, which a 32-bit move clears.
    put(assembly, BPF_ALU | BPF_MOV | BPF_X, USER, BPF_REG_0, 0, 0);
    set_wide(assembly, CHOICE, BPF_PSEUDO_MAP_VALUE, (uint32_t)settings->choice);
    load(assembly, BPF_W, PORT, CONTEXT, offsetof(struct bpf_sock, src_port));
    load(assembly, BPF_W, BPF_REG_1, CHOICE, offsetof(struct clinux_bind_choice, user));
    jump(assembly, &assembly->to_record, BPF_JEQ | BPF_X, BPF_REG_1, USER, 0);
    // The ports are the client's. Binds to them by any user count, because a socket of another user that shares a port
    // may receive the client's packets.
    for (size_t index = 0; index < CLINUX_BIND_PORTS; index++) {
        load(assembly, BPF_H, BPF_REG_1, CHOICE, offsetof(struct clinux_bind_choice, ports) + index * 2);
        jump(assembly, &assembly->to_record, BPF_JEQ | BPF_X, BPF_REG_1, PORT, 0);
    }
    jump(assembly, &assembly->to_end, BPF_JA, 0, 0, 0);
}

/// Adds the code that writes a record to the ring buffer.
static void put_record(struct assembly *assembly, const struct clinux_bind_settings *settings)
{
    bool is_ipv4 = settings->family == CLINUX_BIND_IPV4;
    set_wide(assembly, BPF_REG_1, BPF_PSEUDO_MAP_FD, (uint32_t)settings->ring);
    set(assembly, BPF_REG_2, sizeof(struct clinux_bind));
    set(assembly, BPF_REG_3, 0); // no flags
    call(assembly, BPF_FUNC_ringbuf_reserve);
    jump(assembly, &assembly->to_end, BPF_JEQ | BPF_K, BPF_REG_0, 0, 0); // the ring buffer is full

    // From here on register 0 has the address of the record, and register 2 a zero.
    size_t source = is_ipv4 ? offsetof(struct bpf_sock, src_ip4) : offsetof(struct bpf_sock, src_ip6);
    set(assembly, BPF_REG_2, 0);
    for (size_t offset = 0; offset < sizeof(struct in6_addr); offset += 4) {
        // An IPv4 address has only the first word; the others are set to zero.
        bool has_word = !is_ipv4 || offset == 0;
        if (has_word)
            load(assembly, BPF_W, BPF_REG_1, CONTEXT, source + offset);
        store(assembly, has_word ? BPF_REG_1 : BPF_REG_2, offsetof(struct clinux_bind, address) + offset);
    }
    store(assembly, USER, offsetof(struct clinux_bind, user));
    set(assembly, BPF_REG_1, (int32_t)settings->family);
    store(assembly, BPF_REG_1, offsetof(struct clinux_bind, family));
    store(assembly, PORT, offsetof(struct clinux_bind, port));
    store(assembly, BPF_REG_2, offsetof(struct clinux_bind, reserved));
    move(assembly, BPF_REG_1, BPF_REG_0);
    set(assembly, BPF_REG_2, 0); // no flags
    call(assembly, BPF_FUNC_ringbuf_submit);
}

int clinux_bind_program(
    const struct clinux_bind_settings *settings, struct clinux_instruction *instructions, size_t capacity,
    size_t *count)
{
    if (capacity < CLINUX_BIND_PROGRAM)
        return -ENOSPC;
    struct assembly assembly = {.code = instructions};
    move(&assembly, CONTEXT, BPF_REG_1);
    put_choice(&assembly, settings);
    land(&assembly, &assembly.to_record);
    put_record(&assembly, settings);
    land(&assembly, &assembly.to_end);
    // The result 1 permits the bind.
    set(&assembly, BPF_REG_0, 1);
    put(&assembly, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    *count = assembly.count;
    return 0;
}

static enum bpf_attach_type attach_type(uint32_t family)
{
    return family == CLINUX_BIND_IPV4 ? BPF_CGROUP_INET4_POST_BIND : BPF_CGROUP_INET6_POST_BIND;
}

int clinux_bind_program_open(const struct clinux_bind_settings *settings, int *descriptor)
{
    static const char license[] = "Apache-2.0";
    struct clinux_instruction instructions[CLINUX_BIND_PROGRAM];
    size_t count = 0;
    int status = clinux_bind_program(settings, instructions, CLINUX_BIND_PROGRAM, &count);
    if (status < 0)
        return status;
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_SOCK;
    attributes.expected_attach_type = attach_type(settings->family);
    attributes.insns = (uintptr_t)instructions;
    attributes.insn_cnt = (uint32_t)count;
    // Any licence is accepted, since no GPL-only helper function is called.
    attributes.license = (uintptr_t)license;
    memcpy(attributes.prog_name, "teredowall_bind", sizeof "teredowall_bind");
    status = clinux_bpf(BPF_PROG_LOAD, &attributes);
    if (status < 0)
        return status;
    *descriptor = status;
    return 0;
}

int clinux_bind_attach(int cgroup, int program, uint32_t family, int *link)
{
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.link_create.prog_fd = (uint32_t)program;
    attributes.link_create.target_fd = (uint32_t)cgroup;
    attributes.link_create.attach_type = attach_type(family);
    int status = clinux_bpf(BPF_LINK_CREATE, &attributes);
    if (status < 0)
        return status;
    *link = status;
    return 0;
}
