// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CBUS_H
#define CBUS_H

#include <stddef.h>
#include <stdint.h>

/// A client's connection to a D-Bus message bus, over libsystemd's sd-bus.
///
/// One thread at a time. libsystemd is loaded when the first connection is opened and stays loaded: a
/// process that never opens one neither needs it installed nor pays for it (about 1 MB resident).
struct cbus;

/// A message that came from the bus, with a cursor over its values.
struct cbus_message;

enum {
    /// The D-Bus specification's longest name, and the zero byte.
    CBUS_NAME_SIZE = 256,
};

/// Connects to the bus at `address` ("unix:path=…"), or to the system bus when it is NULL. Every call on the
/// connection waits at most `timeout` microseconds for its answer.
/// Returns 0; -ELIBACC without libsystemd; -ENOENT, -ECONNREFUSED and the like without a bus.
int cbus_open(const char *address, uint64_t timeout, struct cbus **bus);

/// Closes the connection and frees it; NULL is allowed.
void cbus_close(struct cbus *bus);

/// Which method is called, and with what: `count` strings, then, if `number` is not NULL, one int32.
struct cbus_call {
    const char *service;
    const char *path;
    const char *interface;
    const char *method;
    const char *const *strings;
    size_t count;
    const int32_t *number;
};

/// An answer that is an error, in the service's words, cut to size.
struct cbus_error {
    char name[128];
    char text[512];
};

/// Calls a method and waits for the answer. A service that is not running is not started for it.
/// Returns 0, and `answer` is the caller's to free; or -errno. When the service (or the bus in its place)
/// answered with an error, `error` holds it; otherwise its name is empty.
/// -ETIMEDOUT: no answer in time, though the call may still be carried out.
/// -ENOTCONN, -ECONNRESET: the connection is lost for good.
int cbus_call(
    struct cbus *bus, const struct cbus_call *call, struct cbus_message **answer, struct cbus_error *error);

/// Sends a method call and does not wait; `cookie` is what ``cbus_message_answers`` of the answer will say.
/// Returns 0 or -errno.
int cbus_send(struct cbus *bus, const struct cbus_call *call, uint64_t *cookie);

/// Asks the bus for the signals that match `rule` (the D-Bus match rule syntax). Waits for the bus.
/// Returns 0 or -errno.
int cbus_watch(struct cbus *bus, const char *rule);

/// Lets the signals of the connection that has this unique name (":1.42") through to ``cbus_next``, besides those of the
/// bus itself, and no others: anybody may send a signal to anybody, whatever is watched for. The bus vouches for the
/// sender. An empty name lets none through, as at the beginning.
/// Returns 0, or -ENAMETOOLONG for what is no name.
int cbus_listen_to(struct cbus *bus, const char *sender);

/// A descriptor, readable when ``cbus_next`` has something to do. It belongs to the connection.
/// Returns 0 or -errno.
int cbus_descriptor(struct cbus *bus, int *descriptor);

/// Takes the next message that has arrived and is not a signal of somebody who is not listened to, or NULL when there is none; never waits. The message is the
/// caller's to free. Returns 0 or -errno, and after -errno the connection is lost.
int cbus_next(struct cbus *bus, struct cbus_message **message);

/// Frees a message; NULL is allowed. Its values' texts go with it.
void cbus_message_free(struct cbus_message *message);

/// The name of the signal, or NULL when the message is none. Valid as long as the message.
const char *cbus_message_signal(const struct cbus_message *message);

/// The sender of a signal: NULL where the message does not say. Valid as long as the message.
struct cbus_origin {
    const char *sender;
    const char *path;
    const char *interface;
};
struct cbus_origin cbus_message_origin(const struct cbus_message *message);

/// The cookie of the call that this message answers, with a result or an error; 0 when it answers none.
uint64_t cbus_message_answers(const struct cbus_message *message);

enum cbus_kind {
    /// No more values.
    CBUS_END = 0,
    /// A string, object path or signature.
    CBUS_STRING = 1,
    /// A boolean or an integer of any width.
    CBUS_NUMBER = 2,
    /// An array, struct, dictionary entry or variant begins; `number` is its D-Bus type ('a', 'r', 'e', 'v').
    CBUS_OPEN = 3,
    /// The one that began last ends.
    CBUS_CLOSE = 4,
};

struct cbus_value {
    int32_t kind;
    /// NULL unless it is a string; valid as long as the message.
    const char *text;
    int64_t number;
};

/// Reads the next value of a message. Returns 0; -EBADMSG for a malformed message; -EOPNOTSUPP for a type
/// that is neither text, number nor container, or for more than 16 containers in each other.
int cbus_message_read(struct cbus_message *message, struct cbus_value *value);

#endif
