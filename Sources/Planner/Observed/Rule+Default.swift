// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Rule {
    /// True when the rule denies UDP over IPv4 as a default does: from any host and on any port.
    public var deniesByDefault: Bool {
        let evaluator = Evaluator(
            packets: PacketClass(.service(port: nil), .input, on: nil), index: RulesetIndex(Ruleset()))
        var state = PacketState(hook: .input)
        let meaning = evaluator.meaning(of: self, &state)
        // A reject of UDP alone may still be the default of UDP.
        let narrow: Facets = meaning.ending == .reject ? [.port, .user] : [.port, .user, .transport]
        return meaning.ending.denies && meaning.match.forStranger && meaning.passed.isDisjoint(with: narrow)
    }
}
