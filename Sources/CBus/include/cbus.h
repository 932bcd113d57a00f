// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CBUS_H
#define CBUS_H

#include <stddef.h>
#include <stdint.h>

/// A client's connection to a D-Bus message bus, over libsystemd's sd-bus.
///
/// For one thread at a time. libsystemd is loaded with dlopen when the first connection is opened, and stays
/// loaded: a process without a connection neither needs it installed nor uses memory for it (about 1 MB
/// resident).
struct cbus;

/// A message from the bus, with a cursor over its values.
struct cbus_message;

enum {
    /// The longest name that the D-Bus specification permits, with its zero byte.
    CBUS_NAME_SIZE = 256,
};

/// Connects to the bus at `address` ("unix:path=…"), or to the system bus if NULL. Each call on the
/// connection waits at most `timeout` microseconds for its answer, or libsystemd's default of 25 s if `timeout`
/// is 0. Returns 0; -ELIBACC without libsystemd; -ENOENT, -ECONNREFUSED and the like without a bus.
int cbus_open(const char *address, uint64_t timeout, struct cbus **bus);

/// Closes the connection and frees it; does nothing for NULL.
void cbus_close(struct cbus *bus);

/// A method and its arguments: `count` strings and then, if `number` is not NULL, one int32.
struct cbus_call {
    const char *service;
    const char *path;
    const char *interface;
    const char *method;
    const char *const *strings;
    size_t count;
    const int32_t *number;
};

/// The name and text of an error answer, cut to size.
struct cbus_error {
    char name[128];
    char text[512];
};

/// Calls a method and waits for the answer. Does not start a service that is not running. Returns 0, and the
/// caller frees `answer`; or -errno:
/// - -ETIMEDOUT: no answer in time, or the service ended before it answered; the call may have been, or still be,
///   carried out.
/// - -ENOTCONN, -ECONNRESET, -ECONNABORTED, -EPIPE, -ESHUTDOWN: the connection is lost.
/// - Others: the service, or the bus in its place, answered with an error, or libsystemd could not make the call.
///
/// `error` has the name and text of the error answer, or libsystemd's own ("System.Error.ENOBUFS"). Its name is empty
/// after the first two kinds of errors, and if the call could not be encoded.
int cbus_call(
    struct cbus *bus, const struct cbus_call *call, struct cbus_message **answer, struct cbus_error *error);

/// Sends a method call without waiting for the answer, for which ``cbus_message_answers`` will return `cookie`.
/// Returns 0 or -errno.
int cbus_send(struct cbus *bus, const struct cbus_call *call, uint64_t *cookie);

/// Requests the signals that match `rule` (in the syntax of D-Bus match rules), and waits for the bus to
/// confirm. Returns 0 or -errno.
int cbus_watch(struct cbus *bus, const char *rule);

/// Makes ``cbus_next`` return only signals of the connection with this unique name (":1.42") and of the bus
/// itself. This is needed because any process may send any signal to this connection; the bus guarantees the
/// sender's name. With an empty name, as at first, only the bus's signals are returned. Returns 0, or
/// -ENAMETOOLONG.
int cbus_listen_to(struct cbus *bus, const char *sender);

/// A descriptor that is readable when ``cbus_next`` has something to do. It belongs to the connection.
/// Returns 0 or -errno.
int cbus_descriptor(struct cbus *bus, int *descriptor);

/// Takes the next message that has arrived, or NULL when there is none. Never blocks. Discards signals of
/// senders that ``cbus_listen_to`` does not admit. The caller frees the message. Returns 0 or -errno; after
/// -errno the connection is lost.
int cbus_next(struct cbus *bus, struct cbus_message **message);

/// Frees a message with the texts of its values; does nothing for NULL.
void cbus_message_free(struct cbus_message *message);

/// The name of the signal, or NULL when the message is not a signal. Valid as long as the message.
const char *cbus_message_signal(const struct cbus_message *message);

/// The sender, object and interface of a signal; NULL where the message has none. Valid as long as the
/// message.
struct cbus_origin {
    const char *sender;
    const char *path;
    const char *interface;
};
struct cbus_origin cbus_message_origin(const struct cbus_message *message);

/// The cookie of the call that this message answers, with a result or an error; 0 when it is not an answer.
uint64_t cbus_message_answers(const struct cbus_message *message);

enum cbus_kind {
    /// The end of the message.
    CBUS_END = 0,
    /// A string, object path or signature.
    CBUS_STRING = 1,
    /// A boolean or an integer of any width.
    CBUS_NUMBER = 2,
    /// The beginning of an array, struct, dictionary entry or variant; `number` is its D-Bus type ('a', 'r',
    /// 'e', 'v').
    CBUS_OPEN = 3,
    /// The end of the container that began last.
    CBUS_CLOSE = 4,
};

struct cbus_value {
    /// An `enum cbus_kind`.
    int32_t kind;
    /// The text of a string, valid as long as the message; else NULL.
    const char *text;
    /// The number, or the type of the container that begins; else 0.
    int64_t number;
};

/// Reads the next value of a message. Returns 0; -EBADMSG for a malformed message; -EOPNOTSUPP for a type
/// that is neither text, number nor container, or for containers nested deeper than 16.
int cbus_message_read(struct cbus_message *message, struct cbus_value *value);

#endif
