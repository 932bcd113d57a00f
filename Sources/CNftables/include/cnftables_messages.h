// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_MESSAGES_H
#define CNFTABLES_MESSAGES_H

#include "cnftables_values.h"

/// Reading of the kernel's messages: pure functions of bytes, for any thread.
///
/// A `message` is one netlink message with its header. What is read points into it. Names come without their
/// NUL; an absent name or comment has a NULL `start`. All return 0, or
/// - -EBADMSG: a length leaves the buffer, or a value has the wrong size;
/// - -ENOMSG: a message of another type;
/// - -ENOENT: something is missing without which the object has no identity.

/// Takes the next message off a datagram; at its end `message->length` is 0.
/// Returns 0 or -EBADMSG.
int cnftables_next_message(struct cnftables_bytes *datagram, struct cnftables_bytes *message);

struct cnftables_table {
    uint8_t family;
    uint8_t has_owner;
    uint32_t flags;
    /// Netlink port of the owner.
    uint32_t owner;
    uint64_t handle;
    struct cnftables_bytes name;
    struct cnftables_bytes comment;
};
int cnftables_read_table(struct cnftables_bytes message, struct cnftables_table *table);

struct cnftables_chain {
    uint8_t family;
    /// Whether hook number, priority, policy and type are there.
    uint8_t is_base;
    uint32_t hook;
    int32_t priority;
    uint32_t policy;
    uint32_t use;
    uint64_t handle;
    struct cnftables_bytes table;
    struct cnftables_bytes name;
    struct cnftables_bytes type;
    struct cnftables_bytes comment;
    /// For `cnftables_next_device`: the interfaces that a chain at hook ingress or egress is at.
    struct cnftables_bytes devices;
    /// The one interface, where the kernel names just one.
    struct cnftables_bytes device;
};
int cnftables_read_chain(struct cnftables_bytes message, struct cnftables_chain *chain);

/// Takes the next interface off the list of a chain; at its end `device->start` is NULL.
/// Returns 0 or -EBADMSG.
int cnftables_next_device(struct cnftables_bytes *devices, struct cnftables_bytes *device);

enum {
    /// The most fields that the key of a set has (NFT_REG32_COUNT).
    CNFTABLES_FIELDS_MAX = 16,
};

struct cnftables_set {
    uint8_t family;
    uint32_t flags;
    uint32_t key_type;
    uint32_t key_length;
    /// Of the data of a map; 0xffffff00 for verdicts.
    uint32_t data_type;
    uint32_t data_length;
    /// The most elements it may have; 0 for no bound.
    uint32_t size;
    /// The lengths of the fields that a ranged concatenation consists of, in bytes; 0 for no such set.
    uint32_t field_count;
    uint32_t fields[CNFTABLES_FIELDS_MAX];
    uint64_t handle;
    struct cnftables_bytes table;
    struct cnftables_bytes name;
    struct cnftables_bytes comment;
};
int cnftables_read_set(struct cnftables_bytes message, struct cnftables_set *set);

struct cnftables_rule {
    uint8_t family;
    uint64_t handle;
    struct cnftables_bytes table;
    struct cnftables_bytes chain;
    struct cnftables_bytes comment;
    /// For `cnftables_next_expression`.
    struct cnftables_bytes expressions;
};
int cnftables_read_rule(struct cnftables_bytes message, struct cnftables_rule *rule);

/// Takes the next expression off a rule's list; at its end the kind is CNFTABLES_END.
/// Returns 0 or -EBADMSG.
int cnftables_next_expression(struct cnftables_bytes *expressions, struct cnftables_expression *expression);

/// Reads one expression that is in no list.
/// Returns 0 or -EBADMSG.
int cnftables_read_expression(struct cnftables_bytes attributes, struct cnftables_expression *expression);

/// The list of elements in a message, for `cnftables_next_element`; empty when it has none.
int cnftables_read_elements(struct cnftables_bytes message, struct cnftables_bytes *elements);

/// Takes the next element off the list; at its end `*found` is 0.
/// Returns 0, -EBADMSG, or -ENOTSUP for a key that is not one port.
int cnftables_next_element(struct cnftables_bytes *elements, struct cnftables_element *element, int *found);

/// Takes the next element of any kind of set off the list; at its end `*found` is 0.
/// Returns 0 or -EBADMSG.
int cnftables_next_entry(struct cnftables_bytes *elements, struct cnftables_entry *entry, int *found);

struct cnftables_object {
    uint8_t family;
    /// NFT_OBJECT_*
    uint32_t type;
    /// Whether a limit or quota passes what is above it.
    uint8_t is_inverted;
    struct cnftables_bytes table;
    struct cnftables_bytes name;
};
int cnftables_read_object(struct cnftables_bytes message, struct cnftables_object *object);

struct cnftables_generation {
    uint32_t generation;
    /// Netlink port of the socket that made it.
    uint32_t port;
    /// 0 when the kernel does not say.
    uint32_t process;
    struct cnftables_bytes process_name;
};
/// Of an answer or an event.
int cnftables_read_generation(struct cnftables_bytes message, struct cnftables_generation *generation);

/// What an event tells of.
enum cnftables_subject {
    /// Something that is not told apart: what it says about the ruleset is not known.
    CNFTABLES_SUBJECT_OTHER,
    CNFTABLES_SUBJECT_TABLE,
    CNFTABLES_SUBJECT_CHAIN,
    CNFTABLES_SUBJECT_RULE,
    CNFTABLES_SUBJECT_SET,
    CNFTABLES_SUBJECT_ELEMENTS,
    CNFTABLES_SUBJECT_OBJECT,
    CNFTABLES_SUBJECT_FLOWTABLE,
    /// For `cnftables_read_generation`: the commit that the messages before it are of is over.
    CNFTABLES_SUBJECT_GENERATION,
};

/// An object that a commit made, changed or removed.
struct cnftables_change {
    enum cnftables_subject subject;
    uint8_t family;
    /// Of a chain: whether its hook is told. That of a removed one need not be.
    uint8_t is_base;
    uint32_t hook;
    /// Of a chain.
    uint64_t handle;
    struct cnftables_bytes table;
    /// Of the chain (of a rule, the one it is in), set (of elements, the one they are in) or object.
    struct cnftables_bytes name;
    /// Of a base chain.
    struct cnftables_bytes type;
    /// Of a rule, for `cnftables_next_expression`; of elements, for `cnftables_next_entry`.
    struct cnftables_bytes contents;
};
/// Of an event; never -ENOMSG.
int cnftables_read_change(struct cnftables_bytes message, struct cnftables_change *change);

/// What a traced packet met.
enum cnftables_step {
    /// A rule that decided, or on the way of which the packet went on.
    CNFTABLES_STEP_RULE,
    /// The end of a chain that was jumped to, or a return.
    CNFTABLES_STEP_RETURN,
    /// The end of a base chain.
    CNFTABLES_STEP_POLICY,
};

/// One step of a traced packet.
struct cnftables_trace {
    uint8_t family;
    /// The same for all steps of one packet.
    uint32_t packet;
    enum cnftables_step step;
    /// NF_*, NFT_*: of the rule, or the policy. A queue's number is in its upper half.
    int32_t verdict;
    /// Of the rule.
    uint64_t handle;
    struct cnftables_bytes table;
    struct cnftables_bytes chain;
    /// The chain that the verdict leads to.
    struct cnftables_bytes target;
};
int cnftables_read_trace(struct cnftables_bytes message, struct cnftables_trace *trace);

#endif
