// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Rule {
    /// True when the rule denies UDP over IPv4 as a default does: from any host, on any port and of any user.
    public var deniesByDefault: Bool {
        let evaluator = Evaluator(
            packets: PacketClass(.service(port: nil), .input, on: nil), index: RulesetIndex(Ruleset()))
        var state = PacketState(hook: .input)
        let meaning = evaluator.meaning(of: self, &state)
        // A rule with conditions on these properties is an explicit denial. A reject may have one on the protocol
        // (`transport`): a default often consists of a reject for each protocol.
        let selective: Facets = meaning.ending == .reject ? [.port, .user] : [.port, .user, .transport]
        return meaning.ending.denies && meaning.match.forStranger
            && meaning.passed.isDisjoint(with: selective)
    }
}
