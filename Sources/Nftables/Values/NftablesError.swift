// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

/// The error of a failed listing or transaction. A failed transaction changes nothing, except that after
/// ``system(_:)`` the kernel may have applied it.
public enum NftablesError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call failed.
    case system(SystemError)
    /// The ruleset has changed since the expected generation: read and plan again.
    case stale
    /// CAP_NET_ADMIN is missing: the kernel refused a transaction as a whole, the look-up of an element, or to report
    /// events.
    case notPermitted
    /// The kernel refused these operations, and therefore the whole transaction, or it refused a listing. Also for
    /// operations that cannot be encoded.
    case rejected([Rejection])
    /// A message of the kernel could not be read, or a request could not be written.
    case malformed(String)

    public var description: String {
        switch self {
        case .system(let error): error.description
        case .stale: "the ruleset has changed meanwhile"
        case .notPermitted: "nf_tables requires CAP_NET_ADMIN"
        case .rejected(let rejections): rejections.map(\.description).joined(separator: "; ")
        case .malformed(let reason): reason
        }
    }
}
