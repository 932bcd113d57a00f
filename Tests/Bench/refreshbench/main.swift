// SPDX-License-Identifier: GPL-2.0-or-later
// refreshbench COUNT MICROSECONDS port|lease|plan: adds the exceptions to the firewall of this network
// namespace, changes the port or renews the lease COUNT times at intervals of MICROSECONDS, prints the
// nanoseconds of each, and removes everything. "plan" instead measures reading the ruleset and planning COUNT
// times, and changes nothing.

internal import Firewalls
internal import Nftables
internal import Planner

let words = Array(CommandLine.arguments.dropFirst())
guard words.count == 3, let count = Int(words[0]), let pause = Int(words[1]),
    ["port", "lease", "plan"].contains(words[2])
else { fatalError("usage: refreshbench COUNT MICROSECONDS port|lease|plan") }
let movesPort = words[2] == "port"

let firewall = NftablesFirewall(connection: try RulesetConnection())
let policy = Policy()
/// One port: 41000 always or, with "port", 41000 and 41001 in turn; and the ID of any user.
func openings(_ index: Int) -> Openings {
    Openings(ports: [UInt16(41000 + (movesPort ? index % 2 : 0))], clientUser: 1)
}
if words[2] == "plan" {
    try PlanCost(openings: openings(0)).measure(times: count)
} else {
    let attachments = try firewall.reconcile(openings(0), policy: policy).plan.attachments
    // In the table inet teredowall, and in one of the host.
    guard attachments.count == 2 else { fatalError("the exceptions are in \(attachments)") }

    let clock = ContinuousClock()
    for index in 1...count {
        try await clock.sleep(for: .microseconds(pause))
        let time = try clock.measure { _ = try firewall.refresh(openings(index), policy: policy) }
        print(Int(time / .nanoseconds(1)))
    }
    _ = try firewall.reconcile(nil, policy: policy)
}
