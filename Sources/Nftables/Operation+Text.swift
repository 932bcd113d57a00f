// SPDX-License-Identifier: GPL-2.0-or-later

/// The transaction in nft's language, one command a line, as `nft -f` loads it.
public func nftText(of operations: [Operation]) -> String {
    operations.map { $0.nftText + "\n" }.joined()
}

extension Operation {
    /// The operation as a command of nft.
    public var nftText: String { "" }
}
