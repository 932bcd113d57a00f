// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform

/// Removes everything of teredowall from one network namespace.
public enum Cleanup {
    /// Ends a running daemon, which would put everything back, then removes what is left in the ruleset.
    /// Needs CAP_NET_ADMIN. Blocks until the daemon has ended.
    ///
    /// - Parameter leftoversOnly: If true, does nothing while a daemon is running.
    /// - Returns: A line for each thing that was removed or could not be; empty when there was nothing to
    ///   remove.
    /// - Throws: The error of ending the daemon, or of changing the ruleset or firewalld.
    public static func run(leftoversOnly: Bool = false) throws -> [String] {
        var done: [String] = []
        if let process = try RunningDaemon.process {
            if leftoversOnly { return [] }
            try Processes.terminate(process, within: .seconds(15))
            done.append("ended teredowalld (pid \(process)), which closed what it had opened")
        }
        let firewall = NftablesFirewall(connection: try RulesetConnection())
        let result = try firewall.reconcile(nil, policy: Policy())
        done += result.operations.compactMap(\.removal)
        let firewalld = FirewalldFirewall()
        let state = try firewalld.apply(nil, policy: Policy(), ruleset: firewall.ruleset)
        done += firewalld.removals.map { "removed a \($0)" }
        // List what is left, since no output means that nothing is left.
        let left = result.plan.leftAlone + state.leftAlone
        return done
            + (left + (try firewalld.leftovers(in: firewall.ruleset))).map {
                "left: \($0.name): \($0.reason)"
            }
    }
}

extension Operation {
    /// The object that the operation removes, as a phrase; nil for other operations.
    fileprivate var removal: String? {
        switch self {
        case .deleteTable(let name): "removed table \(name)"
        case .deleteChain(let name): "removed chain \(name)"
        case .deleteSet(let name): "removed set \(name)"
        case .deleteRule(let chain, let handle): "removed a rule of chain \(chain) (handle \(handle))"
        default: nil
        }
    }
}
