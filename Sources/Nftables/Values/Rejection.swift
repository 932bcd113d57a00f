// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// The refusal of one operation, of a transaction as a whole, or of a listing.
public struct Rejection: Hashable, Sendable, CustomStringConvertible {
    /// The index of the operation; nil when a listing or the transaction as a whole was refused.
    public var operation: Int?
    /// The refused action: "add rule to chain input of table inet filter"
    public var subject: String
    /// The errno value, positive.
    public var code: CInt
    /// The offset of the refused attribute in the operation's netlink message; nil if the kernel does not
    /// report one.
    public var attributeOffset: Int?

    public init(operation: Int?, subject: String, code: CInt, attributeOffset: Int? = nil) {
        self.operation = operation
        self.subject = subject
        self.code = code
        self.attributeOffset = attributeOffset
    }

    /// The refusal as an error message: "add rule to chain input of table inet filter: No such file or directory".
    public var description: String { "\(subject): \(SystemError.text(of: code))" }
}
