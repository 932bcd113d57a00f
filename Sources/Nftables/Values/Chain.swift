// SPDX-License-Identifier: GPL-2.0-or-later

/// A chain as listed by the kernel or to be added.
public struct Chain: Hashable, Sendable {
    public var name: ChainName
    /// The kernel's number of the chain in its table, which a new name does not change; 0 in a chain to be added.
    public var handle: UInt64
    /// The properties of a base chain; nil for a regular chain.
    public var base: BaseChain?
    /// NFTA_CHAIN_USE as the kernel reports it: the number of the chain's own rules plus the rules and map
    /// elements that lead to it.
    public var use: UInt32
    public var comment: String?

    /// NFT_JUMP_STACK_SIZE: the kernel refuses rulesets with deeper nesting of jumps, or with loops.
    public static let deepestNesting = 16

    public init(
        _ name: ChainName, handle: UInt64 = 0, base: BaseChain? = nil, use: UInt32 = 0, comment: String? = nil
    ) {
        self.name = name
        self.handle = handle
        self.base = base
        self.use = use
        self.comment = comment
    }
}
