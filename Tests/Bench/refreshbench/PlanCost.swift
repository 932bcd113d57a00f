// SPDX-License-Identifier: GPL-2.0-or-later
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform
internal import TeredoProtocol

/// Measures planning for the ruleset of this network namespace, and reading it.
struct PlanCost {
    let openings: Openings

    /// Prints the nanoseconds of reading and of planning `times` times, and then the peak of the memory in
    /// kB.
    func measure(times: Int) throws {
        let (clock, reader) = (ContinuousClock(), RulesetReader(try RulesetConnection()))
        let address = IPv4Address(6, 6, 6, 2)
        let interface = Interface(
            name: "eth0", index: 2, addresses: [address], networks: [IPv4Network(address, prefixLength: 24)])
        for _ in 0..<times {
            var ruleset = Ruleset()
            let reading = try clock.measure { ruleset = try reader.read() }
            var plan = Plan()
            let planning = clock.measure {
                plan = Plan(
                    openings: openings, on: ruleset, policy: Policy(), interfaces: [interface],
                    now: WallTime(seconds: WallClock.now))
            }
            // In the table inet teredowall, and in one of the host.
            guard plan.attachments.count == 2 else { fatalError("the exceptions are in \(plan.attachments)") }
            print(Int(reading / .nanoseconds(1)), Int(planning / .nanoseconds(1)))
        }
        let status = String(decoding: try Files.contents(of: "/proc/self/status"), as: UTF8.self)
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        print("peak", peak?.split(separator: " ").dropFirst().first ?? "0")
    }
}
