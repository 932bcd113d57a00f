// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_SOCKET_H
#define CNFTABLES_SOCKET_H

#include "cnftables_batch.h"
#include "cnftables_values.h"

/// A netlink socket for commands. It belongs to the network namespace of the thread that opened it.
///
/// The functions below may block until the kernel has answered. They ignore messages that are not from the
/// kernel, and continue after signals.
struct cnftables_socket;

/// Opens a socket. Returns 0, or -errno of socket(2), bind(2), setsockopt(2) or malloc(3).
int cnftables_socket_open(struct cnftables_socket **socket);

/// Closes the socket; does nothing for NULL.
void cnftables_socket_close(struct cnftables_socket *socket);

/// The netlink port, by which the kernel identifies this socket to others.
uint32_t cnftables_socket_port(const struct cnftables_socket *socket);

/// The sequence number with which the next batch for `cnftables_commit` must begin.
uint32_t cnftables_next_sequence(const struct cnftables_socket *socket);

/// Sends a finished batch and reads all answers. Returns 0 when the kernel applied it, else
/// - -ERESTART: the ruleset is not at the requested generation;
/// - -EPERM: CAP_NET_ADMIN is missing;
/// - -EREMOTEIO: the kernel refused operations, see `cnftables_batch_failures`;
/// - -EMSGSIZE: the batch is larger than this process may send at once;
/// - -EINVAL: the batch is not finished, or begins with another sequence number;
/// - -ETIMEDOUT: the kernel did not answer within 5 s;
/// - -EPROTO: it answered, but did not acknowledge the batch;
/// - -EBADMSG or -ENOMEM: an answer could not be read or recorded;
/// - -errno of sendto(2) or recvmsg(2) (-ENOBUFS: answers were lost).
/// After -ERESTART, -EPERM, -EREMOTEIO, -EMSGSIZE and -EINVAL nothing was applied. After other errors it is unknown
/// whether the batch was applied.
int cnftables_commit(struct cnftables_socket *socket, struct cnftables_batch *batch);

/// The kinds of requests (NFT_MSG_GET*).
enum cnftables_request_kind {
    CNFTABLES_TABLES,
    /// All chains or, if `table` and `name` are given, one message about that chain.
    CNFTABLES_CHAINS,
    CNFTABLES_SETS,
    /// All rules, those of `table`, or those of chain `name` in `table`.
    CNFTABLES_RULES,
    /// The elements of set `name` in `table`.
    CNFTABLES_ELEMENTS,
    /// The named objects that rules may refer to (counters, limits, quotas).
    CNFTABLES_OBJECTS,
    /// One message for `cnftables_read_generation`.
    CNFTABLES_GENERATION,
};

/// Requests a listing from the kernel, and abandons an earlier one. `family` 0 means all families. `table`
/// and `name` may be NULL where the request permits it. Returns 0, -ENAMETOOLONG, or -errno of sendto(2).
int cnftables_request(
    struct cnftables_socket *socket, enum cnftables_request_kind request, uint8_t family, const char *table,
    const char *name);

/// Requests the one element of set `name` that has this key or whose interval contains it. The answer is a listing
/// of one message. Returns 0, -ENAMETOOLONG, -EINVAL when the key is empty or longer than 64 bytes, or -errno of
/// sendto(2).
int cnftables_request_element(
    struct cnftables_socket *socket, uint8_t family, const char *table, const char *name,
    struct cnftables_bytes key);

/// Reads the next message of the listing; it is valid until the next call. At the end `message->length` is 0.
/// Returns 0,
/// - -EINTR at the end of a listing during which the ruleset changed: it is inconsistent, request it again;
/// - the kernel's refusal (-ENOENT: no such set, chain or element);
/// - -EBADMSG, -ETIMEDOUT when no message arrived within 5 s, or -errno of recvmsg(2) (-ENOBUFS: messages were lost).
/// After a failure the listing is over.
int cnftables_next(struct cnftables_socket *socket, struct cnftables_bytes *message);

/// The messages that an event socket receives.
enum cnftables_events {
    /// One message for `cnftables_read_generation` per commit, and no others.
    CNFTABLES_EVENTS_GENERATIONS,
    /// Additionally, before it, messages for `cnftables_read_change` about everything that the commit
    /// changed.
    CNFTABLES_EVENTS_CHANGES,
};

/// Opens a socket that receives these events. It is non-blocking and close-on-exec, and the caller closes
/// `*descriptor`. Requests a receive buffer of `buffer` bytes and accepts a smaller one. Returns 0 or -errno
/// (-EPERM: CAP_NET_ADMIN is missing).
int cnftables_events_open(size_t buffer, enum cnftables_events events, int *descriptor);

/// Sets the filter of a socket of CNFTABLES_EVENTS_CHANGES. From now on, the kernel drops each datagram that consists
/// of one message about elements of a set that is not in `sets` and, with `drops_generations`, each that consists of
/// one message that ends a commit. `sets` is a list of: family (one byte), table name, set name, each name with its
/// NUL. Datagrams that are already in the receive buffer are kept.
///
/// If the sets are too many for a filter, the result depends on `drops_generations`: without it, the filter of the
/// socket is removed, so that the kernel drops nothing, and this returns 0; with it, this returns -E2BIG or -ENOMEM.
/// Otherwise it returns 0, -EINVAL for a malformed list, -ENOMEM, or -errno of setsockopt(2). After an error the
/// earlier filter remains.
int cnftables_events_filter(int descriptor, struct cnftables_bytes sets, uint8_t drops_generations);

/// Opens a socket that receives one message for `cnftables_read_trace` per step of every traced packet;
/// otherwise like `cnftables_events_open`.
int cnftables_traces_open(size_t buffer, int *descriptor);

/// Reads one datagram from the kernel into `buffer`. Returns 0, -EAGAIN (none has arrived), -ENOBUFS (earlier
/// ones were lost), -EMSGSIZE (it was larger than `capacity` and is discarded), or -errno of recvmsg(2).
int cnftables_receive(int descriptor, void *buffer, size_t capacity, size_t *length);

#endif
