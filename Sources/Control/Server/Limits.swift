// SPDX-License-Identifier: GPL-2.0-or-later

/// What clients of the control socket may cost altogether.
///
/// What gives way: at the limit of connections the newcomer is refused; of buffered bytes, the client with the
/// most; a subscriber that falls behind is disconnected. Calls beyond `concurrentCalls` wait their turn, and
/// so do the requests of a user who asks too fast.
struct Limits: Sendable {
    /// The longest request.
    var frame = 64 << 10
    /// The longest backlog of a client that does not read, beyond what the kernel holds for it: of an answer,
    /// and of the messages of a subscription.
    var unsentAnswer = 1 << 20
    var unsentChanges = 64 << 10
    /// What all clients together may have half sent or unread.
    var buffered = 2 << 20
    var clients = 1_024
    /// Of these, how many are kept for root: a crowd of others must not lock the administrator out.
    var reservedForRoot = 16
    /// Descriptors that the rest of the daemon needs.
    var otherDescriptors = 128
    /// The requests of one user, other than root, that are answered without delay, and how many come for each second
    /// gone by. As many again may wait for their turn.
    var requestsAtOnce = 40
    var requestsPerSecond = 20
    /// In each lane of the ``CallQueue``.
    var concurrentCalls = 8
}
