// SPDX-License-Identifier: GPL-2.0-or-later

/// Limits on what all clients of the control socket together may cost.
///
/// At the limit of connections a new one is refused; of buffered bytes, the client with the
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
    /// Connections kept for root, so that other users cannot lock the administrator out.
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
