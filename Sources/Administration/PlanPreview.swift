// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
public import Control
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform
internal import TeredoPort

/// The changes that a daemon would make now; nothing is changed.
public enum PlanPreview {
    /// Reads the configuration, the client's sockets, and the ruleset of the calling thread's network
    /// namespace. Needs CAP_NET_ADMIN.
    ///
    /// - Throws: ``ConfigurationError`` for the configuration; the error of reading the sockets, interfaces or ruleset.
    public static func now(configurationPath: String?) throws -> PlanText {
        let configuration = try Configuration.load(path: configurationPath)
        let client = try TeredoClient(user: configuration.clientUser, unit: configuration.clientUnit)
        let openings = Openings(
            service: try Teredo.exposure(of: client).open.map { Opening($0.port, at: $0.address) },
            clientUser: try? Users.uid(named: configuration.clientUser), multicast: configuration.multicast,
            igmp: configuration.igmp,
            guardedInterfaces: configuration.innerGuard == .off ? [] : try InnerInterfaces.names())
        let (policy, interfaces) = (configuration.policy, try UsableInterfaces().list().map { Interface($0) })
        let ruleset = try RulesetReader(RulesetConnection(), interfaces: interfaces).read()
        let plan = Plan(
            openings: openings, on: ruleset, policy: policy,
            interfaces: interfaces, now: WallTime(seconds: WallClock.now))
        let firewalld = FirewalldFirewall().preview(openings, policy: policy, ruleset: ruleset)
        return PlanText(
            text: plan.text(firewalld: firewalld.commands),
            rows: plan.fates.withFirewalld(
                isServed: firewalld.isServed, acceptsAll: firewalld.acceptsAll, leftAlone: firewalld.leftAlone
            ).byInterface.map(RowStatus.init),
            leftAlone: (plan.leftAlone + firewalld.leftAlone).map(LeftAloneStatus.init))
    }
}
