// SPDX-License-Identifier: GPL-2.0-or-later
public import Planner

/// The rules and counters of one attachment, and the rest of its lease, read from the kernel.
public struct AttachmentObservation: Sendable {
    public var attachment: Attachment
    /// Our rules there, each with its row and counts.
    public var rows: [ExceptionRow]
    /// The remaining lifetime of the openings without renewal; nil where nothing is open or nothing expires.
    public var leaseRemaining: Duration?
}
