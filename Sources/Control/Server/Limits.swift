// SPDX-License-Identifier: GPL-2.0-or-later

/// Limits of the control socket: for one client, for one user, and for all clients together.
///
/// At the limit of connections a new one is refused. At the limit of buffered bytes the client with the most of them is
/// disconnected. A client that reads too slowly, so that it exceeds its own limit of unsent bytes, is always
/// disconnected. Calls beyond `concurrentCalls` wait, and so do requests of users that send too many.
struct Limits: Sendable {
    /// The maximum length of a request in bytes.
    var frame = 64 << 10
    /// The maximum number of unsent bytes of a client that does not read, besides those in the kernel, unless the
    /// client has a subscription.
    var unsentAnswer = 1 << 20
    /// The same for a client with a subscription.
    var unsentChanges = 64 << 10
    /// The maximum number of bytes buffered for all clients together.
    var buffered = 2 << 20
    /// The maximum number of connections; fewer if the process may not have enough descriptors for so many.
    var clients = 1_024
    /// The connections kept for root, so that other users cannot lock out the administrator.
    var reservedForRoot = 16
    /// The number of descriptors that the rest of the daemon needs.
    var otherDescriptors = 128
    /// The number of requests of one user, other than root, that are answered without delay. New connections of a user
    /// are refused while more than this number of requests of the user are delayed.
    var requestsAtOnce = 40
    /// The number of further requests of the user that are answered each second.
    var requestsPerSecond = 20
    /// The maximum number of concurrent calls in each lane of the ``CallQueue``.
    var concurrentCalls = 8
}
