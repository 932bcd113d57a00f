// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
public import Planner

extension Plan {
    /// The transaction as nft text, one command a line; what firewalld would be asked for follows as comments.
    public func text(firewalld commands: [String]) -> String {
        nftText(of: operations) + commands.map { "# \($0)\n" }.joined()
    }
}
