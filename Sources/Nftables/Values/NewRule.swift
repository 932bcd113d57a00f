// SPDX-License-Identifier: GPL-2.0-or-later

/// A rule to be written.
public struct NewRule: Hashable, Sendable {
    public var statements: [Statement]
    /// The comment, at most 127 bytes of UTF-8.
    public var comment: String?

    public init(_ statements: [Statement], comment: String? = nil) {
        self.statements = statements
        self.comment = comment
    }
}
