// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import Testing

private let table = TableName(.ip, "filter")
private let input = ChainName(table, "INPUT")
/// An anchor, or the chain that an older version made: both have this name.
private let teredowallInput = ChainName(table, "teredowall-input")
private let host = Ruleset(
    table, .init("INPUT", .inputDrop, Sample.established, Sample.ssh),
    .init("FORWARD", BaseChain(hook: .forward)),
    .init("OUTPUT", BaseChain(hook: .output)))

private func plan(
    _ ruleset: Ruleset, _ openings: Openings? = .usual, lease: Duration = .seconds(180), now: WallTime = .test
) -> Plan { Plan(openings: openings, on: ruleset, policy: Policy(lease: lease), now: now) }

private func reconciled(_ ruleset: Ruleset, _ openings: Openings? = .usual, now: WallTime = .test) -> Ruleset
{
    var copy = ruleset
    copy.apply(plan(ruleset, openings, now: now).operations)
    return copy
}

/// The rules in a chain that teredowalld made.
private func ours(_ ruleset: Ruleset, in chain: ChainName = input) -> [Rule] {
    (ruleset.rules[chain] ?? []).filter { $0.expressions.contains { $0.xtablesComment != nil } }
}

private func after(_ seconds: Int64) -> WallTime { WallTime(seconds: WallTime.test.seconds + seconds) }

/// The ruleset after iptables-save and iptables-restore: chains have no comments, rules have other handles, and the
/// matches on a UDP port became native expressions (with port 41234 in all of them: only their form is tested).
private func restored(_ ruleset: Ruleset) -> Ruleset {
    var copy = ruleset
    for index in copy.chains.indices where copy.chains[index].name.table == table {
        copy.chains[index].comment = nil
    }
    copy.rules = copy.rules.mapValues { rules in
        RuleList(
            rules.map { rule in
                var rule = rule
                rule.handle += 1000  // above all handles in use
                rule.expressions = rule.expressions.flatMap { expression -> [Expression] in
                    guard case .match("udp", _, _) = expression else { return [expression] }
                    return Sample.port(41234)
                }
                return rule
            })
    }
    return copy
}

@Suite struct IptablesTests {
    @Test func `tables of iptables get rules with our mark, and no chain, set or native expression`() {
        let operations = plan(host).operations
        var comments: [String] = []
        for case .addRule(let rule, let chain, _) in operations where chain.table == table {
            #expect(rule.comment == nil)
            comments += rule.expressions(in: .ip).compactMap(\.xtablesComment)
            for case .lookup in rule.expressions(in: .ip) { Issue.record("a set in \(rule)") }
            for case .payload(.transport, _, _) in rule.expressions(in: .ip) {
                Issue.record("a native expression in \(rule)")
            }
        }
        #expect(
            comments == [
                "teredowall: Teredo service port, in", "teredowall: Teredo local discovery, in",
            ])
        for case .addChain(let chain) in operations where chain.name.table == table {
            Issue.record("a chain \(chain)")
        }
        // The plan also fills teredowalld's own table, the only one with sets; its attachment is the first.
        let sets = operations.compactMap { if case .addSet(let set) = $0 { set.name.table } else { nil } }
        #expect(sets == [.teredowall, .teredowall, .teredowall])
        let attachment = plan(host).attachments.last
        #expect(attachment?.kind == .iptables)
        #expect(attachment?.chains == [input])
        #expect(attachment?.chainsOfOurs == [input])
    }

    @Test func `every rule expires with the lease, and each port has one rule`() {
        let openings = Openings(ports: [1, 2, 3], clientUser: nil)
        let rules = ours(reconciled(host, openings))
        #expect(rules.count == 4)  // three ports and local discovery
        #expect(rules.allSatisfy { $0.leaseEnd == after(180) })
    }

    @Test func `a second plan changes nothing until half of the lease is over`() {
        let ruleset = reconciled(host)
        #expect(plan(ruleset).operations == [])
        #expect(plan(ruleset, now: after(90)).operations.filter { $0.table == table } == [])
        // True if the plan replaces both rules, that of the port and that of local discovery.
        func isRenewed(_ plan: Plan) -> Bool {
            plan.operations.count { if case .deleteRule(input, _) = $0 { true } else { false } } == 2
        }
        #expect(isRenewed(plan(ruleset, now: after(91))))
        // A clock that was put back makes a lease longer by 2 s at most.
        #expect(isRenewed(plan(ruleset, now: after(-3))))
        #expect(isRenewed(plan(ruleset, lease: .seconds(20))))
    }

    @Test(
        // 86 400 is the earliest beginning: nft east of UTC would read an earlier one as a time before 1970.
        // 2 147 483 646 is the latest end: one second more means "no end" in iptables.
        arguments: [
            (now: -5, span: 86_400...86_400), (now: 1_000_000, span: 999_940...1_000_180),
            (now: 2_147_483_600, span: 2_147_483_540...2_147_483_646),
            (now: 5_000_000_000, span: 2_147_483_646...2_147_483_646),
        ] as [(now: Int64, span: ClosedRange<UInt32>)])
    func `a lease begins a minute ago, and both its ends are times that every nft can read`(
        lease: (now: Int64, span: ClosedRange<UInt32>)
    ) {
        let ruleset = reconciled(host, now: WallTime(seconds: lease.now))
        let spans = ours(ruleset).flatMap { $0.expressions.compactMap(\.xtablesTime) }
        #expect(spans == [lease.span, lease.span])
    }

    @Test func `an exception stays before rules that accept, and moves behind a later denial`() {
        var ruleset = reconciled(host)
        ruleset.append(Sample.ssh, to: input)
        #expect(plan(ruleset).operations == [])
        ruleset.append(Sample.blocklist, to: input)
        let moved = reconciled(ruleset)
        #expect(moved.rules[input]?.suffix(2).map(\.iptablesComment) == ours(moved).map(\.iptablesComment))
        #expect(
            moved.rules[input]?.dropLast(2).map(\.expressions)
                == ruleset.rules[input]?
                .filter { rule in !ours(ruleset).contains(rule) }.map(\.expressions))
        #expect(plan(moved).operations == [])
    }

    @Test(arguments: [false, true])
    func `the chain and the jump that an older version made are replaced`(isRestored: Bool) {
        func comment(_ text: String) -> Nftables.Expression {
            .match(name: "comment", revision: 0, data: Array("\(text)\0".utf8))
        }
        var ruleset = host
        ruleset.apply(.addChain(Chain(teredowallInput, comment: "teredowall: exceptions for Teredo, in")))
        // struct xt_time_info with no start (0) and an end in 100 s; then the times of day from 0 to 86 399 s,
        // and all days of the month and of the week.
        var time: [UInt8] = [0, 0, 0, 0]
        withUnsafeBytes(of: UInt32(WallTime.test.seconds + 100)) { time += $0 }
        time += [0, 0, 0, 0, 0x7F, 0x51, 1, 0, 0xFE, 255, 255, 255, 0xFE, 0, 0, 0]
        ruleset.append(
            Sample.udp + Sample.port(41234) + [
                .match(name: "time", revision: 0, data: time), comment("teredowall: Teredo service port, in"),
                .counter(packets: 1, bytes: 1), .verdict(.accept),
            ], to: teredowallInput)
        ruleset.append(
            [comment("teredowall: exceptions for Teredo, in"), .counter(packets: 1, bytes: 1)]
                + Sample.jump(teredowallInput.name), to: input)
        if isRestored { ruleset = restored(ruleset) }
        let result = reconciled(ruleset)
        #expect(!result.chains.contains { $0.name == teredowallInput })
        #expect(result.rules[input]?.map(\.expressions) == reconciled(host).rules[input]?.map(\.expressions))
        #expect(reconciled(result, nil).essence == host.essence)
        #expect(reconciled(ruleset, nil).essence == host.essence)
    }

    @Test func `a teardown leaves no trace`() {
        #expect(reconciled(reconciled(host), nil).essence == host.essence)
    }

    @Test func `a restored copy is recognised as ours`() {
        let copy = restored(reconciled(host))
        let repaired = reconciled(copy)
        #expect(
            repaired.rules[input]?.map(\.expressions) == reconciled(host).rules[input]?.map(\.expressions))
        #expect(reconciled(copy, nil).essence == host.essence)
    }

    @Test func `an anchor is filled and gets no jump besides the administrator's`() {
        var ruleset = host
        ruleset.apply(.addChain(Chain(teredowallInput)))
        ruleset.append(Sample.jump(teredowallInput.name), to: input, at: 1)
        let result = reconciled(ruleset)
        #expect(result.rules[input] == ruleset.rules[input])
        #expect(result.rules[teredowallInput]?.count == 2)
        #expect(plan(result).operations == [])
        #expect(reconciled(result, nil).essence == ruleset.essence)
        #expect(reconciled(restored(result), nil).rules[teredowallInput] == [])
    }

    /// Not directly before the default, because ufw's commands leave a rule at this place.
    @Test func `with ufw the exceptions stand directly after the jump to ufw-before-input`() {
        let ufw = Ruleset(
            table,
            .init(
                "INPUT", .inputDrop, Sample.jump("ufw-before-logging-input"), Sample.jump("ufw-before-input"),
                Sample.jump("ufw-after-input"), Sample.jump("ufw-reject-input")),
            .init("ufw-before-logging-input"),
            .init(
                "ufw-before-input", Sample.invalid, Sample.jump("ufw-not-local"),
                Sample.jump("ufw-user-input")),
            .init("ufw-not-local", Sample.returnLocal, Sample.limitedLog, Sample.drop),
            .init("ufw-user-input", Sample.ssh, Sample.blocklist),
            .init("ufw-after-input", Sample.port(137) + Sample.drop), .init("ufw-reject-input", Sample.reject)
        )
        let result = reconciled(ufw)
        #expect(result.rules[input]?.firstIndex { ours(result).contains($0) } == 2)
        #expect(plan(result).operations == [])
    }

    @Test func `a comment of iptables is no condition`() {
        let comment = Expression.match(name: "comment", revision: 0, data: Array("why\0".utf8))
        let ruleset = Ruleset(table, .init("INPUT", .inputAccept, Sample.ssh, [comment] + Sample.countedDrop))
        let comments = (reconciled(ruleset).rules[input] ?? []).map { $0.iptablesComment }
        #expect(
            comments == [
                nil, "teredowall: Teredo service port, in", "teredowall: Teredo local discovery, in", "why",
            ])
    }

    @Test func `rules of iptables in a table that iptables does not manage are reported`() {
        let ruleset = Ruleset(
            .filter, .init("input", .inputDrop, [.match(name: "mac", revision: 0, data: [])] + Sample.accept))
        #expect(
            plan(ruleset).leftAlone == [
                LeftAlone(
                    name: "inet filter input",
                    reason: "contains rules of iptables, but is none of its tables")
            ])
    }

    @Test func `a refill replaces our rules and no others`() throws {
        var ruleset = reconciled(host)
        ruleset.append(Sample.ssh, to: input)
        let attachment = try #require(plan(ruleset).attachments.last)
        #expect(attachment.refilledChains == [input])
        #expect(attachment.refresh(.usual, lease: .seconds(180)) == [])
        let openings = Openings(ports: [5], clientUser: 104)
        func refilled(_ ruleset: Ruleset) -> [Nftables.Operation]? {
            attachment.refill(openings, lease: .seconds(180), now: after(60), rules: ruleset.rules)
        }
        var result = ruleset
        result.apply(try #require(refilled(ruleset)))
        #expect(result.rules[input]?.count == 5)
        #expect(result.rules[input]?.firstIndex { ours(result).contains($0) } == 2)
        #expect(plan(result, openings, now: after(60)).operations.filter { $0.table == table } == [])
        // If foreign rules stand between ours, or if no rule is ours, the position of new rules is undefined.
        ruleset.append(Sample.blocklist, to: input, at: 3)
        #expect(refilled(ruleset) == nil)
        #expect(refilled(host) == nil)
    }

    @Test func `rules are displayed in the syntax of iptables`() {
        let ruleset = reconciled(host, Openings(ports: [41234], clientUser: 104, igmp: true))
        let openings = Openings(ports: [41234], clientUser: 104, igmp: true)
        let rows = ExceptionRow.rows(among: Array(ruleset.rules[input] ?? []), of: openings)
        #expect(rows.map(\.name) == ["I1", "I2", "IGMP"])
        #expect(
            rows.map(\.text) == [
                "-p udp -m udp --dport 41234", "-p udp -d 224.0.0.253/32 -m udp --dport 3544", "-p igmp",
            ])
    }
}

extension Rule {
    /// The comment of the rule in the form in which iptables stores it.
    fileprivate var iptablesComment: String? { expressions.lazy.compactMap(\.xtablesComment).first }
}
