// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_SOCKET_H
#define CNFTABLES_SOCKET_H

#include "cnftables_batch.h"
#include "cnftables_values.h"

/// A netlink socket for commands. It belongs to the network namespace of the thread that opened it.
///
/// All functions below may block for as long as the kernel works. They take messages from the kernel only,
/// and go on after signals.
struct cnftables_socket;

/// Returns 0, or -errno of socket(2), bind(2), setsockopt(2) or malloc(3).
int cnftables_socket_open(struct cnftables_socket **socket);

/// Closes the socket; NULL is nothing.
void cnftables_socket_close(struct cnftables_socket *socket);

/// The netlink port, by which the kernel names this socket to others.
uint32_t cnftables_socket_port(const struct cnftables_socket *socket);

/// The sequence number that `cnftables_commit` expects a batch to begin with.
uint32_t cnftables_next_sequence(const struct cnftables_socket *socket);

/// Sends a finished batch and reads every answer. Returns 0 when the kernel applied it, else
/// - -ERESTART: the ruleset is not that of the generation asked for;
/// - -EPERM: no CAP_NET_ADMIN;
/// - -EREMOTEIO: the kernel refused it, see `cnftables_batch_failures`;
/// - -EMSGSIZE: larger than this process may send at once;
/// - -EINVAL: not finished, or begins with another sequence number;
/// - -errno of sendmsg(2) or recvmsg(2).
/// After -ERESTART, -EPERM, -EREMOTEIO, -EMSGSIZE and -EINVAL nothing was applied. After others (the answer
/// could not be read, ENOBUFS) that is not known.
int cnftables_commit(struct cnftables_socket *socket, struct cnftables_batch *batch);

/// What can be asked for (NFT_MSG_GET*).
enum cnftables_request {
    CNFTABLES_TABLES,
    /// All chains, or one message about chain `name` of `table` when these are given.
    CNFTABLES_CHAINS,
    CNFTABLES_SETS,
    /// Rules, of `table` and chain `name` when these are given.
    CNFTABLES_RULES,
    /// Elements of set `name` of `table`.
    CNFTABLES_ELEMENTS,
    /// The named objects that rules refer to (counters, limits, quotas).
    CNFTABLES_OBJECTS,
    /// One message for `cnftables_read_generation`.
    CNFTABLES_GENERATION,
};

/// Asks the kernel for a listing; an earlier one is given up. `family` 0 is all. `table` and `name` may be
/// NULL where the request says so. Returns 0, or -errno of sendmsg(2) and recvmsg(2), -ENAMETOOLONG.
int cnftables_request(
    struct cnftables_socket *socket, enum cnftables_request request, uint8_t family, const char *table,
    const char *name);

/// The next message of the listing, valid until the next call; at its end `message->length` is 0. Returns 0,
/// - -EINTR at the end of a listing during which the ruleset changed: it is not of one piece, ask again;
/// - the kernel's refusal (-ENOENT: no such set, no such chain);
/// - -EBADMSG, -errno of recvmsg(2) (-ENOBUFS: messages were lost).
/// After a failure the listing is over.
int cnftables_next(struct cnftables_socket *socket, struct cnftables_bytes *message);

/// What a socket of events receives.
enum cnftables_events {
    /// One message for `cnftables_read_generation` per commit, and nothing else.
    CNFTABLES_EVENTS_GENERATIONS,
    /// Before it, messages for `cnftables_read_change`: all that the commit changed.
    CNFTABLES_EVENTS_CHANGES,
};

/// Opens a socket that receives these events. It is non-blocking and close-on-exec, and `*descriptor` is the
/// caller's to close. Asks for `buffer` bytes of receive buffer and takes what it may have. Returns 0 or -errno
/// (-EPERM: no CAP_NET_ADMIN).
int cnftables_events_open(size_t buffer, enum cnftables_events events, int *descriptor);

/// From now on a socket of CNFTABLES_EVENTS_CHANGES does not receive a datagram that is one message about elements of
/// another set than these; when they are too many to tell apart, it does. `sets` is a list of a family, a table's name, a
/// set's name, both with their NUL. What is in the receive buffer stays there. Returns 0, -EINVAL for a malformed list,
/// -ENOMEM, or -errno of setsockopt(2); then nothing has changed.
int cnftables_events_want_elements(int descriptor, struct cnftables_bytes sets);

/// Opens a socket that receives one message for `cnftables_read_trace` per step of every traced packet, otherwise
/// as `cnftables_events_open`.
int cnftables_traces_open(size_t buffer, int *descriptor);

/// Reads one datagram from the kernel into `buffer`. Returns 0, -EAGAIN (nothing there), -ENOBUFS (some were
/// lost before), -EMSGSIZE (larger than `capacity`, and gone), -errno of recvmsg(2).
int cnftables_receive(int descriptor, void *buffer, size_t capacity, size_t *length);

#endif
