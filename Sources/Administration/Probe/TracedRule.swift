// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// The rule that decided about a test packet, as the trace names it; with handle nil, the policy of a base chain.
public struct TracedRule: Hashable, Sendable {
    public var chain: ChainName
    public var handle: UInt64?

    public init(_ chain: ChainName, rule handle: UInt64?) {
        self.chain = chain
        self.handle = handle
    }
}
