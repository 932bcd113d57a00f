// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_MESSAGES_H
#define CNFTABLES_MESSAGES_H

#include "cnftables_values.h"

/// Readers of the kernel's messages: pure functions of bytes, for any thread.
///
/// A `message` is one netlink message with its header; results point into it. Names are without their NUL. An
/// absent name or comment has a NULL `start`. Numbers are in host byte order; `family` is NFPROTO_*. All functions
/// return 0 or
/// - -EBADMSG when a length exceeds the buffer or a value has the wrong size;
/// - -ENOMSG for a message of another type;
/// - -ENOENT when a part is missing that identifies the object.

/// Takes the next message off a datagram; at the end of the datagram `message->length` is 0. Returns 0 or
/// -EBADMSG.
int cnftables_next_message(struct cnftables_bytes *datagram, struct cnftables_bytes *message);

struct cnftables_table {
    uint8_t family;
    /// 1 when the table belongs to a process (NFT_TABLE_F_OWNER).
    uint8_t has_owner;
    /// NFT_TABLE_F_*
    uint32_t flags;
    /// The netlink port of the process's socket.
    uint32_t owner;
    uint64_t handle;
    struct cnftables_bytes name;
    struct cnftables_bytes comment;
};
int cnftables_read_table(struct cnftables_bytes message, struct cnftables_table *table);

struct cnftables_chain {
    uint8_t family;
    /// 1 for a base chain; only such a chain has a hook, a priority, a policy and a type.
    uint8_t is_base;
    /// The number of the hook in its family: NF_INET_*, NF_NETDEV_*, NF_BR_* or NF_ARP_*.
    uint32_t hook;
    int32_t priority;
    /// CNFTABLES_DROP or CNFTABLES_ACCEPT.
    uint32_t policy;
    /// NFTA_CHAIN_USE: the number of the chain's rules, and of the rules and map elements that lead to it.
    uint32_t use;
    uint64_t handle;
    struct cnftables_bytes table;
    struct cnftables_bytes name;
    struct cnftables_bytes type;
    struct cnftables_bytes comment;
    /// The interfaces of a chain at hook ingress or egress, for `cnftables_next_device`.
    struct cnftables_bytes devices;
    /// The interface, if the kernel reports it without a list.
    struct cnftables_bytes device;
};
int cnftables_read_chain(struct cnftables_bytes message, struct cnftables_chain *chain);

/// Takes the next interface off the list of a chain; at the end of the list `device->start` is NULL. Returns
/// 0, -EOPNOTSUPP for a wildcard, or -EBADMSG.
int cnftables_next_device(struct cnftables_bytes *devices, struct cnftables_bytes *device);

enum {
    /// The maximum number of fields of a set's key (NFT_REG32_COUNT).
    CNFTABLES_FIELDS_MAX = 16,
};

struct cnftables_set {
    uint8_t family;
    /// NFT_SET_*
    uint32_t flags;
    /// nft's number of the key's data type.
    uint32_t key_type;
    /// The length of a key in bytes.
    uint32_t key_length;
    /// For a map, nft's number of the data type of its data; 0xffffff00 (NFT_DATA_VERDICT) for verdicts.
    uint32_t data_type;
    /// For a map, the length of a datum in bytes.
    uint32_t data_length;
    /// 1 when the kernel has reported the number of elements (Linux 6.17); an interval counts as two.
    uint8_t has_element_count;
    uint32_t element_count;
    /// The maximum number of elements; 0 for no limit.
    uint32_t size;
    /// The lengths, in bytes, of the fields of a concatenation with ranges; the count is 0 for other sets.
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
    /// The list of expressions, for `cnftables_next_expression`.
    struct cnftables_bytes expressions;
};
int cnftables_read_rule(struct cnftables_bytes message, struct cnftables_rule *rule);

/// Takes the next expression off the list of a rule; at the end of the list the kind is CNFTABLES_END.
/// Returns 0 or -EBADMSG.
int cnftables_next_expression(struct cnftables_bytes *expressions, struct cnftables_expression *expression);

/// Reads one expression that is not part of a list. Returns 0 or -EBADMSG.
int cnftables_read_expression(struct cnftables_bytes attributes, struct cnftables_expression *expression);

/// Finds the list of elements in a message, for `cnftables_next_element`; empty when the message has none.
int cnftables_read_elements(struct cnftables_bytes message, struct cnftables_bytes *elements);

/// Takes the next element off a list; at the end of the list `*found` is 0. Returns 0, -EBADMSG, or -ENOTSUP
/// for an element that `struct cnftables_element` cannot hold: one with another key or none, a range, or a datum.
int cnftables_next_element(struct cnftables_bytes *elements, struct cnftables_element *element, int *found);

/// Takes the next element of any type off a list; at the end of the list `*found` is 0. Returns 0 or
/// -EBADMSG.
int cnftables_next_entry(struct cnftables_bytes *elements, struct cnftables_entry *entry, int *found);

struct cnftables_object {
    uint8_t family;
    /// NFT_OBJECT_*
    uint32_t type;
    /// 1 when the limit or quota passes packets above its bound; for a spent quota, when it passes those below.
    uint8_t is_inverted;
    struct cnftables_bytes table;
    struct cnftables_bytes name;
};
int cnftables_read_object(struct cnftables_bytes message, struct cnftables_object *object);

struct cnftables_generation {
    uint32_t generation;
    /// The netlink port of the socket that made the commit.
    uint32_t port;
    /// The process ID of the author; 0 when the kernel does not report it.
    uint32_t process;
    struct cnftables_bytes process_name;
};
/// Reads an answer or an event.
int cnftables_read_generation(struct cnftables_bytes message, struct cnftables_generation *generation);

/// The kind of object that an event is about.
enum cnftables_subject {
    /// An unknown kind: anything may have changed.
    CNFTABLES_SUBJECT_OTHER,
    CNFTABLES_SUBJECT_TABLE,
    CNFTABLES_SUBJECT_CHAIN,
    CNFTABLES_SUBJECT_RULE,
    CNFTABLES_SUBJECT_SET,
    CNFTABLES_SUBJECT_ELEMENTS,
    CNFTABLES_SUBJECT_OBJECT,
    CNFTABLES_SUBJECT_FLOWTABLE,
    /// The end of a commit, whose changes are in the preceding messages; see `cnftables_read_generation`.
    CNFTABLES_SUBJECT_GENERATION,
};

/// The change of the rule of an event.
enum cnftables_rule_event {
    /// The rule was removed.
    CNFTABLES_RULE_REMOVED,
    /// The rule was added directly after the rule `previous`.
    CNFTABLES_RULE_AFTER,
    /// The rule was added as the first or the last of its chain.
    CNFTABLES_RULE_FIRST,
    CNFTABLES_RULE_LAST,
    /// The rule was added at a place that the kernel does not report (before Linux 5.15).
    CNFTABLES_RULE_SOMEWHERE,
};

/// An object that a commit added, changed or removed.
struct cnftables_change {
    enum cnftables_subject subject;
    uint8_t family;
    /// For a chain: 1 when its hook is reported, which may be missing for a removed chain.
    uint8_t is_base;
    /// The number of the hook in its family: NF_INET_*, NF_NETDEV_*, NF_BR_* or NF_ARP_*.
    uint32_t hook;
    /// The handle of a chain or rule; 0 for other objects.
    uint64_t handle;
    /// For a rule only.
    enum cnftables_rule_event rule_event;
    /// For CNFTABLES_RULE_AFTER, the handle of the rule that preceded this one when the kernel made the event. At that
    /// time the chain had every rule that the commit adds, and still had each rule that the commit removes in a later
    /// event.
    uint64_t previous;
    struct cnftables_bytes table;
    /// The name of the chain, set or object; for a rule, of its chain; for elements, of their set.
    struct cnftables_bytes name;
    /// The type of a base chain.
    struct cnftables_bytes type;
    /// For a rule, its expressions (see `cnftables_next_expression`); for elements, their list (see
    /// `cnftables_next_entry`).
    struct cnftables_bytes contents;
};
/// Reads an event. Never returns -ENOMSG.
int cnftables_read_change(struct cnftables_bytes message, struct cnftables_change *change);

/// The kind of a step of a traced packet.
enum cnftables_step {
    /// A rule that matched, whether or not it decided the packet's fate.
    CNFTABLES_STEP_RULE,
    /// The end of a chain, or a return.
    CNFTABLES_STEP_RETURN,
    /// The policy, at the end of a base chain.
    CNFTABLES_STEP_POLICY,
};

/// One step of a traced packet.
struct cnftables_trace {
    uint8_t family;
    /// The packet's ID, the same for all its steps.
    uint32_t packet;
    enum cnftables_step step;
    /// The verdict of the rule or policy, NF_* or NFT_*; the number of a queue is in the upper 16 bits.
    int32_t verdict;
    /// The handle of the rule; 0 for a policy and at the end of a chain.
    uint64_t handle;
    struct cnftables_bytes table;
    struct cnftables_bytes chain;
    /// The chain of a jump or goto.
    struct cnftables_bytes target;
};
int cnftables_read_trace(struct cnftables_bytes message, struct cnftables_trace *trace);

#endif
