// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
public import Planner

extension Plan {
    /// The transaction as nft text, one command per line, followed by `commands` for firewalld as comments.
    public func text(firewalld commands: [String]) -> String {
        nftText(of: operations) + commands.map { "# \($0)\n" }.joined()
    }
}
