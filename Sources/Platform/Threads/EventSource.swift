// SPDX-License-Identifier: Apache-2.0

/// An object with a descriptor that is readable while the source has news: events that have not been read.
public protocol EventSource: AnyObject, Sendable {
    /// The descriptor to poll, valid as long as the source.
    var descriptorNumber: CInt { get }
}
