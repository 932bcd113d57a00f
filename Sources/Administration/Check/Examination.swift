// SPDX-License-Identifier: GPL-2.0-or-later
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform
internal import TeredoProtocol

/// Examines the rows, with test packets where the kernel permits it, otherwise by reading the ruleset.
struct Examination {
    typealias Row = CheckReport.Row
    typealias Finding = CheckReport.Finding

    private let route: ProbeRoute
    private let openings: Openings
    private let rulesetFindings: RulesetFindings
    private let prober: Prober?
    private let isServed: Bool
    private let legacyTables: [String]
    private(set) var findings: [Finding] = []
    /// True after the kernel has refused to inject packets.
    private var cannotInject = false
    /// The chains that the test packets passed, for each direction in which all of them passed.
    private var passed: [Direction: Set<ChainName>] = [.input: [], .output: []]

    /// The remote port of the test packets: a typical ephemeral port.
    private static let remotePort: UInt16 = 50_000

    /// `isServed` is true when the daemon runs and the port is one of the client's.
    init(
        _ route: ProbeRoute, openings: Openings, rulesetFindings: RulesetFindings, legacyTables: [String],
        isServed: Bool
    ) {
        self.legacyTables = legacyTables
        self.isServed = isServed
        self.route = route
        self.openings = openings
        self.rulesetFindings = rulesetFindings
        do throws(NftablesError) {
            prober = try Prober(interface: route.interface)
        } catch {
            prober = nil
            findings.append(
                Finding(
                    .warning, "proof",
                    "packets cannot be followed (\(error)): the verdicts are from reading the rules"))
        }
        if prober?.tracesIngress == false {
            findings.append(
                Finding(.note, "proof", "this kernel does not trace packets at the hook ingress"))
        }
    }

    /// True when test packets have passed the chain with this name, and none of their direction was stopped in
    /// any chain.
    func hasPassed(_ name: String) -> Bool {
        passed.values.contains { chains in chains.contains { $0.description == name } }
    }

    mutating func rows() -> [Row] {
        var rows: [Row] = []
        for port in openings.ports {
            rows.append(
                row(
                    "I1", "UDP to port \(port), from \(route.peer) on \(route.interface.name)",
                    incoming(to: route.address, port: port)))
        }
        if openings.multicast {
            let probe = Probe(
                .in, from: route.neighbour, port: Self.remotePort, to: RFC4380.discoveryGroup,
                port: RFC4380.wellKnownPort)
            rows.append(
                row("I2", "local discovery, \(RFC4380.discoveryGroup) port \(RFC4380.wellKnownPort)", probe))
        }
        for port in openings.ports {
            let probe = Probe(
                .out(user: openings.clientUser), from: route.address, port: port, to: route.peer,
                port: Self.remotePort)
            rows.append(row("O1", "UDP from port \(port), to \(route.peer)", probe))
        }
        if let user = openings.clientUser {
            let probe = Probe(
                .out(user: user), from: route.address, port: Self.remotePort, to: route.peer,
                port: RFC4380.wellKnownPort)
            rows.append(row("O2", "UDP to port \(RFC4380.wellKnownPort), sent by user \(user)", probe))
        }
        return rows
    }

    /// A port next to the client's to which packets are let in too, although no exception is for it; nil when
    /// there is none.
    mutating func openAdjacentPort(of rows: [Row]) -> UInt16? {
        guard let prober, let port = openings.ports.first, !cannotInject,
            rows.contains(where: { $0.name == "I1" && $0.verdict == .passes })
        else { return nil }
        // The port directly before or after.
        let adjacent = port ^ 1
        guard !openings.ports.contains(adjacent), adjacent != RFC4380.wellKnownPort,
            rulesetFindings.traps.first(.input, port: adjacent) == nil,
            case .passes? = try? prober.outcome(of: incoming(to: route.address, port: adjacent))
        else { return nil }
        return adjacent
    }

    private func incoming(to address: IPv4Address, port: UInt16) -> Probe {
        Probe(.in, from: route.peer, port: Self.remotePort, to: address, port: port)
    }

    private mutating func row(_ name: String, _ packet: String, _ probe: Probe) -> Row {
        let direction = probe.path == .in ? Direction.input : .output
        if let trap = rulesetFindings.traps.first(direction, port: probe.destinationPort) {
            let rule = describe(TracedRule(trap.rule.chain, rule: trap.rule.handle), trap).text
            return unprovenRow(
                name, packet, direction, because: "not tried, because \(rule) records addresses")
        }
        guard let prober else {
            return unprovenRow(name, packet, direction, because: "packets cannot be followed")
        }
        if cannotInject, probe.path == .in {
            return unprovenRow(name, packet, direction, because: "no incoming packet can be injected")
        }
        do throws(NftablesError) {
            let outcome = try prober.outcome(of: probe)
            return provenRow(name, packet, direction, outcome, prober)
        } catch {
            if probe.path == .in {
                cannotInject = true
                findings.append(
                    Finding(
                        .warning, "proof",
                        "no incoming packet can be injected (\(error); needs Linux 5.18, and no container): the "
                            + "verdicts of incoming packets are from reading the rules"))
            }
            return unprovenRow(name, packet, direction, because: "\(error)")
        }
    }

    /// The result for a row without a test packet, from reading the ruleset.
    private mutating func unprovenRow(
        _ name: String, _ packet: String, _ direction: Direction, because reason: String
    ) -> Row {
        passed[direction] = nil
        var row = Row(
            name: name, direction: direction.rowWord, packet: packet, verdict: .unknown, isProven: false,
            text: reason)
        let found = rulesetFindings.row(name, direction, on: route.interface.name)
        row.remedy = found.remedy(for: name, isServed: isServed, isByDefault: true)
        switch found {
        case .passes where legacyTables.isEmpty:
            row.verdict = .passes
            row.text = "no rule denies it, or an exception is in force (\(reason))"
        case .passes: row.text = "iptables-legacy is in use, and is not read (\(reason))"
        case .unknown(let obscurity): row.text = "\(obscurity) (\(reason))"
        case .awaitsException:
            row.verdict = .blocked
            row.text = "denied by default, and no exception is in force (\(reason))"
        case .notServed(nil, let obstacle):
            row.verdict = .blocked
            row.text = "denied by default (\(reason)); \(obstacle)"
        case .denied(let rule), .notServed(let rule?, _):
            row.verdict = .blocked
            row.decision = describe(rule)
            row.text = "denied by \(rule.description) (\(reason))"
        }
        return row
    }

    private func describe(_ rule: DecidingRule) -> CheckReport.ReportedRule {
        CheckReport.ReportedRule(
            table: rule.chain.table.description, chain: rule.chain.name, position: rule.position,
            handle: rule.handle, rule: rule.text ?? Self.policy)
    }

    /// The result for a row from the outcome of its test packet.
    private mutating func provenRow(
        _ name: String, _ packet: String, _ direction: Direction, _ outcome: ProbeOutcome, _ prober: Prober
    ) -> Row {
        var row = Row(
            name: name, direction: direction.rowWord, packet: packet, verdict: .lost, isProven: true, text: ""
        )
        if case .passes(_, let chains) = outcome {
            passed[direction]?.formUnion(chains)
        } else if outcome != .lost(.routing) {
            // Unless routing refused the packet, a chain of this direction may have stopped it.
            passed[direction] = nil
        }
        switch outcome {
        case .passes where direction == .output && isDeniedAtEgress(&row): break
        case .passes(let decisions, _):
            row.verdict = .passes
            row.acceptedBy = decisions.filter { rulesetFindings.canAccept($0.chain) }
                .map { describe($0, try? prober.rule(of: $0)) }
            row.text = Self.text(acceptedBy: row.acceptedBy)
        case .blocked(let decision):
            row.verdict = .blocked
            let found = try? prober.rule(of: decision)
            let described = describe(decision, found)
            row.decision = described
            row.text = "dropped by \(described.text)"
            let isByPolicy = decision.handle == nil
            row.remedy = rulesetFindings.row(name, direction, on: route.interface.name)
                .remedy(
                    for: name, isServed: isServed,
                    isByDefault: isByPolicy || found?.rule.deniesByDefault == true, isByPolicy: isByPolicy)
        case .redirected(let decision, _):
            let described = describe(decision, try? prober.rule(of: decision))
            row.decision = described
            row.text = "sent to another address or port by \(described.text)"
            row.remedy = "exclude such packets from this rule"
        case .forwarded: row.text = "sent on to another host"
        case .queued(let number, let decision):
            row.decision = describe(decision, try? prober.rule(of: decision))
            row.text = "held by the program that listens to queue \(number)"
        case .lost(.routing) where name == "I2":
            row.verdict = .unused
            row.text =
                "harmless: no program has joined this multicast group on \(route.interface.name)"
        case .lost(let location): row.text = text(location)
        }
        return row
    }

    /// Returns true when a rule denies the row at hook egress, which test packets do not reach, and then sets
    /// the verdict of the row.
    private func isDeniedAtEgress(_ row: inout Row) -> Bool {
        let interface = route.interface.name
        guard let rule = rulesetFindings.denialAtEgress(of: row.name, on: interface) else { return false }
        row.verdict = .blocked
        row.isProven = false
        row.decision = describe(rule)
        row.text = "denied by \(rule.description)"
        row.remedy = rulesetFindings.row(row.name, .output, on: interface).remedy(
            for: row.name, isServed: isServed, isByDefault: true)
        return true
    }

    /// `found` is the rule with its position; nil for a policy, and for a rule that was deleted meanwhile.
    private func describe(
        _ decision: TracedRule, _ found: (rule: Rule, position: Int)?
    ) -> CheckReport.ReportedRule {
        CheckReport.ReportedRule(
            table: decision.chain.table.description, chain: decision.chain.name, position: found?.position,
            handle: decision.handle,
            rule: found?.rule.summary(with: rulesetFindings.sets)
                ?? (decision.handle == nil ? Self.policy : "a rule that no longer exists"))
    }

    private static let policy = "policy drop"

    /// The reason for passing, in a few words: our rules in tables of others, if they accepted the packet; else
    /// the last rule that accepted it.
    private static func text(acceptedBy decisions: [CheckReport.ReportedRule]) -> String {
        let own = TableName.teredowall.description
        let others = decisions.filter { $0.table != own }
        let ours = others.filter { $0.rule.contains(Mark.prefix) }
        guard let shown = ours.isEmpty ? others.last.map({ [$0] }) : ours else { return "no rule denies it" }
        return "accepted by " + shown.map(\.text).joined(separator: " and ")
    }

    private func text(_ location: ProbeOutcome.Whereabouts) -> String {
        let suspects =
            legacyTables.isEmpty
            ? "another part of the kernel" : "iptables-legacy (table \(legacyTables.joined(separator: ", ")))"
        switch location {
        case .nowhere: return "did not reach nf_tables: dropped at the interface by XDP or tc"
        case .interface: return "lost between the interface and prerouting, not by a rule of nf_tables"
        case .prerouting: return "lost in prerouting, not by a rule of nf_tables but by \(suspects)"
        case .routing: return "refused by the routing: rp_filter, or no such address here"
        case .input: return "lost in input, not by a rule of nf_tables but by \(suspects)"
        case .forward: return "lost on the way to another host"
        case .output: return "lost in output, not by a rule of nf_tables but by \(suspects)"
        case .postrouting: return "lost after output, not by a rule of nf_tables but by \(suspects)"
        }
    }
}

extension CheckReport.ReportedRule {
    /// "inet filter input, rule 3, handle 12: udp dport 41234 drop"; our own rules by their comment only.
    var text: String {
        // The part of the comment after the prefix, with the closing quotation mark.
        if let comment = rule.split(separator: "comment \"\(Mark.prefix)").dropFirst().first {
            return "\(table) \(chain) (\(comment.dropLast()))"
        }
        let numbers = (position.map { ", rule \($0)" } ?? "") + (handle.map { ", handle \($0)" } ?? "")
        return "\(table) \(chain)\(numbers): \(rule)"
    }
}

extension Direction {
    fileprivate var rowWord: String { self == .input ? "in" : "out" }
}
