// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A file descriptor with one owner, closed when the owner lets go of it.
public struct Descriptor: ~Copyable, Sendable {
    /// The number, valid as long as this value lives.
    public let rawValue: CInt

    public init(owning rawValue: CInt) { self.rawValue = rawValue }

    /// Linux frees the number even when close reports an error, so there is nothing to retry.
    deinit { close(rawValue) }
}
