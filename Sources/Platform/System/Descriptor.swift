// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A file descriptor with one owner; closed with this value.
public struct Descriptor: ~Copyable, Sendable {
    /// The number, valid as long as this value.
    public let rawValue: CInt

    public init(owning rawValue: CInt) { self.rawValue = rawValue }

    /// Linux frees the number even if close reports an error, so that a second attempt would be wrong.
    deinit { close(rawValue) }
}
