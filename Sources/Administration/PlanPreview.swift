// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform
internal import TeredoPort

/// What the daemon would commit now, without doing it.
public struct PlanPreview: Hashable, Sendable {
    /// The transaction as nft text, one command a line, and in comments what firewalld would be asked for; empty when
    /// everything is in place.
    public let text: String
    /// "inet filter input: owned by another process", one for each chain or table left alone.
    public let leftAlone: [String]

    /// Looks at the client and at the ruleset of the calling thread's network namespace. Needs CAP_NET_ADMIN.
    public static func now(configurationPath: String?) throws -> PlanPreview {
        let configuration = try Configuration.load(path: configurationPath)
        let openings = Openings(
            ports: try Teredo.ports(user: configuration.clientUser, unit: configuration.clientUnit),
            clientUser: try? Users.uid(named: configuration.clientUser), multicast: configuration.multicast,
            igmp: configuration.igmp)
        let (policy, ruleset) = (configuration.policy, try RulesetReader(RulesetConnection()).read())
        let plan = Plan(
            openings: openings, on: ruleset, policy: policy, now: WallTime(seconds: WallClock.now))
        let firewalld = FirewalldFirewall().preview(openings, policy: policy, ruleset: ruleset)
        return PlanPreview(
            text: plan.text(firewalld: firewalld.commands),
            leftAlone: (plan.leftAlone + firewalld.leftAlone).map { "\($0.name): \($0.reason)" })
    }
}
