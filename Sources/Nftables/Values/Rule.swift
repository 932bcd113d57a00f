// SPDX-License-Identifier: GPL-2.0-or-later

/// A rule as listed by the kernel.
public struct Rule: Hashable, Sendable {
    public var chain: ChainName
    /// The kernel's number of the rule in its table.
    public var handle: UInt64
    public var expressions: [Expression]
    /// The text that nft prints as `comment "…"`.
    public var comment: String?

    public init(chain: ChainName, handle: UInt64 = 0, expressions: [Expression], comment: String? = nil) {
        self.chain = chain
        self.handle = handle
        self.expressions = expressions
        self.comment = comment
    }
}
