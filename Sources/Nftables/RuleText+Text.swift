// SPDX-License-Identifier: GPL-2.0-or-later

extension RuleText {
    /// The rule in nft's language, for a table of this family. nft cannot say a comment that contains a
    /// double quote.
    public func nftText(in family: Family) -> String {
        var words = statements.compactMap { $0.nftText(in: family) }
        if let comment { words.append("comment \"\(comment)\"") }
        return words.joined(separator: " ")
    }
}

extension Statement {
    /// nil for what goes without saying in this family.
    fileprivate func nftText(in family: Family) -> String? {
        switch self {
        case .isIPv4: family == .ip ? nil : "meta nfproto ipv4"
        case .ipDestination(let address): "ip daddr \(address)"
        case .isIGMP: "meta l4proto igmp"
        case .udpDestinationPort(let set): "udp dport @\(set)"
        case .udpSourcePort(let set): "udp sport @\(set)"
        case .socketUser(let user): "meta skuid \(user)"
        case .counter: "counter"
        case .accept: "accept"
        case .jump(let chain): "jump \(chain)"
        }
    }
}
