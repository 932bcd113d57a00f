// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

/// A failed dump or transaction. Nothing of a failed transaction is applied.
public enum NftablesError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The socket gave trouble.
    case system(SystemError)
    /// The ruleset is no longer the one of that generation: look again, plan again.
    case stale
    /// The whole transaction was refused for want of CAP_NET_ADMIN.
    case notPermitted
    /// The kernel refused these operations, and therefore all of them.
    case rejected([Rejection])
    /// A message of the kernel could not be read, or one to it could not be written.
    case malformed(String)

    public var description: String {
        switch self {
        case .system(let error): error.description
        case .stale: "the ruleset has changed meanwhile"
        case .notPermitted: "changing the ruleset needs CAP_NET_ADMIN"
        case .rejected(let rejections): rejections.map(\.description).joined(separator: "; ")
        case .malformed(let reason): reason
        }
    }
}

/// One operation that the kernel refused.
public struct Rejection: Hashable, Sendable, CustomStringConvertible {
    /// The index of the operation; nil when it is the transaction as a whole.
    public var operation: Int?
    /// "add rule to chain input of table inet filter"
    public var subject: String
    /// The errno value, positive.
    public var code: CInt
    /// Offset of the refused attribute in the operation's netlink message, if the kernel named it.
    public var attributeOffset: Int?

    public init(operation: Int?, subject: String, code: CInt, attributeOffset: Int? = nil) {
        self.operation = operation
        self.subject = subject
        self.code = code
        self.attributeOffset = attributeOffset
    }

    /// "add rule to chain input of table inet filter: No such file or directory"
    public var description: String { "\(subject): \(SystemError.text(of: code))" }
}
