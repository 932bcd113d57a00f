// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

/// Evaluates the expressions of rules on one class of packets.
struct Evaluator {
    let packets: PacketClass
    let index: RulesetIndex

    /// The effect of a rule on packets in `state`. Updates `state` with what the rule changes in the packet.
    func meaning(of rule: Rule, _ state: inout PacketState) -> RuleMeaning {
        var run = RuleEvaluation(table: rule.chain.table, state: state)
        for expression in rule.expressions {
            if run.meaning.isOfOtherProtocol {
                // The rule does not match this class: look for its effect on other packets only.
                if let ending = endingForOthers(of: expression, run.table) { run.meaning.ending = ending }
                continue
            }
            if evaluate(expression, &run) { break }
        }
        if run.meaning.match.forStranger {
            if run.meaning.changes || run.meaning.addsToSet { state = run.state }
        } else if run.meaning.changes, run.meaning.isUndecidable {
            state.forgetDifferences(from: run.state)
        }
        return run.meaning
    }

    /// The state of the evaluation of one rule.
    struct RuleEvaluation {
        /// The table of the rule, in which its sets are.
        let table: TableName
        var state: PacketState
        var registers = Registers()
        var meaning = RuleMeaning()

        /// Adds a condition on a value. A likely match of a value with a part that is neither known nor assumed cannot be
        /// evaluated.
        mutating func require(_ truth: Truth, of bits: Bits) {
            let isUndecidable = truth == .likely && bits.facets.contains(.other) && !bits.isAssumed
            require(isUndecidable ? .unlikely : truth, isUndecidable ? .other : bits.facets)
        }

        /// Adds a condition that depends on these properties.
        mutating func require(_ truth: Truth, _ facets: Facets) {
            if truth.forStranger {
                meaning.passed.formUnion(facets)
            } else {
                meaning.failed.formUnion(facets)
            }
            meaning.match = meaning.match.and(truth)
        }
    }

    /// Evaluates one expression; returns true when it ends the rule.
    private func evaluate(_ expression: Expression, _ run: inout RuleEvaluation) -> Bool {
        switch expression {
        case .meta(let key): load(meta(key.rawValue, run.state), to: 0, &run)
        case .payload(let base, let offset, let length):
            load(header(base.rawValue, offset, length, run.state), to: 0, &run)
        case .compare(let comparison, let bytes): compare(comparison, 0, bytes, &run)
        case .lookup(let set, let inverted): lookUp(set, inverted, 0, &run)
        case .verdictMap(let map): return followVerdictMap(map, 0, &run)
        case .trace, .counter, .log, .verdict(.continue): break
        case .verdict(let verdict):
            run.meaning.ending = .init(verdict)
            return true
        case .reject:
            run.meaning.ending = .reject
            return true
        case .limit: run.require(.likely, .rate)
        case .match(let name, let revision, let data):
            let found = xtables(name, revision, data, run.state)
            let isUnknown = found.truth == .likely && found.facets.contains(.other)
            run.require(isUnknown ? .unlikely : found.truth, isUnknown ? .other : found.facets)
            if name == "recent" { run.meaning.addsToSet = true }
            if name == "connlabel", XtablesBytes(data).short(2) & 2 != 0 {  // XT_CONNLABEL_OP_SET
                run.meaning.changes = true
                run.state.connectionLabels = Bits(unknown: 16, .other)
            }
        case .target(let name, let revision, let data): return target(name, revision, data, &run)
        case .instruction(let instruction): return evaluate(instruction, &run)
        case .other(let name): return evaluate(other: name, &run)
        }
        return false
    }

    /// Stores a value in a register; if there is no value, the rule does not match.
    private func load(_ bits: Bits?, to register: UInt8, _ run: inout RuleEvaluation) {
        guard let bits else {
            run.registers.put(Bits(unknown: 16, .other), at: register)
            return run.require(.no, .other)
        }
        run.registers.put(bits, at: register)
    }

    /// Adds a condition on the value in a register.
    private func compare(
        _ comparison: Comparison, _ from: UInt8, _ bytes: [UInt8], _ run: inout RuleEvaluation
    ) {
        let bits = run.registers.get(from, bytes.count)
        if bits.isSample, comparison != .equal, comparison != .notEqual { return requireUnknown(&run) }
        require(bits.compares(comparison, bytes), of: bits, fulfilledBy: PortSet(comparison, bytes), &run)
    }

    /// Adds a condition on a value. If the value is a port, `ports` are those that fulfil the condition; nil if that is not
    /// known.
    private func require(
        _ truth: Truth, of bits: Bits, fulfilledBy ports: PortSet?, _ run: inout RuleEvaluation
    ) {
        guard let ports, bits.facets == .port, truth.forStranger, !bits.isReduced else {
            return run.require(truth, of: bits)
        }
        run.require(truth, ports.facets)
    }

    /// Evaluates an expression of which only the name was read.
    private func evaluate(other name: String, _ run: inout RuleEvaluation) -> Bool {
        switch name {
        case "limit over", "quota over", "connlimit over": run.require(.unlikely, .rate)
        case "quota", "connlimit": run.require(.likely, .rate)
        case "quota, spent", "connlimit, 0": run.require(.no, .rate)
        case "quota over, spent", "connlimit over, 0": break
        case "last", "bitwise", "byteorder", "immediate", "ct", "fib", "meta", "payload", "rt", "socket":
            break
        case "notrack":
            run.state.exemptFromTracking()
            run.meaning.changes = true
        case "queue":
            run.meaning.ending = .queue
            return true
        case "payload set", "exthdr set":
            run.state.isRewritten = true
            run.meaning.changes = true
        case "synproxy" where packets.transport != IPProtocol.tcp: run.require(.no, .transport)
        case "tproxy":
            // Continues only if there is a socket of a transparent proxy.
            requireUnknown(&run)
            run.meaning.changes = true
        case "nat", "masq", "redir", "dup", "flow_offload", "synproxy":
            run.meaning.changes = true
            if name == "nat" || name == "masq" || name == "redir" {
                run.meaning.ending = .accept
                return true
            }
        case "fwd":
            run.meaning.ending = .drop
            return true
        default: run.require(.unlikely, .other)
        }
        return false
    }

    private func evaluate(_ instruction: Instruction, _ run: inout RuleEvaluation) -> Bool {
        switch instruction {
        case .meta(let key, let to): load(meta(key, run.state), to: to, &run)
        case .payload(let base, let offset, let length, let to):
            load(header(base, offset, length, run.state), to: to, &run)
        case .connection(let key, let isReply, let to):
            load(connection(isReply ? keyOfOriginal(replyKey: key) : key, run.state), to: to, &run)
        case .route(let result, let flags, let to): load(route(result, flags, run.state), to: to, &run)
        case .load(let name, let to): if let to { load(name, to: to, &run) }
        case .mask(let from, let to, let mask, let xor):
            run.registers.put(run.registers.get(from, mask.count).masked(mask, xor: xor), at: to)
        case .shift(let isLeft, let count, let length, let from, let to):
            let bits = run.registers.get(from, Int(clamping: min(length, 64)))
            run.registers.put(bits.shifted(isLeft, by: Int(clamping: count)), at: to)
        case .byteOrder(let unit, let length, let from, let to):
            let bits = run.registers.get(from, Int(clamping: min(length, 64)))
            run.registers.put(bits.swapped(unit: Int(clamping: unit)), at: to)
        case .compare(let comparison, let from, let bytes): compare(comparison, from, bytes, &run)
        case .range(let isInverted, let from, let low, let high):
            let bits = run.registers.get(from, low.count)
            if bits.isSample {
                requireUnknown(&run)
                return false
            }
            let inside = bits.isWithin(low, high)
            let truth = isInverted ? inside.inverted : inside
            let ports = PortSet(from: low, to: high)
            require(truth, of: bits, fulfilledBy: isInverted ? ports?.complement : ports, &run)
        case .lookup(let set, let inverted, let from): lookUp(set, inverted, from, &run)
        case .verdictMap(let map, let from): return followVerdictMap(map, from, &run)
        case .map(let map, let from, let to): mapDatum(map, from, to, &run)
        case .immediate(let bytes, let to): run.registers.put(Bits(known: bytes, .other), at: to)
        case .setMeta(let key, let from): setMeta(key, from, &run)
        case .setConnection(let key, let from): setConnection(key, from, &run)
        case .setPayload(let base, let offset, let length, let from):
            return write(base, offset, length, from, &run)
        case .object(let type, let name): object(type, name, &run)
        case .objectMap(let map, let from): objectMap(map, from, &run)
        case .dynamicSet(let set, let operation, let isInverted, _, let inner):
            let isRemoval = operation == 2  // NFT_DYNSET_OP_DELETE
            run.meaning.addsToSet = run.meaning.addsToSet || !isRemoval
            let name = SetName(run.table, set)
            if index.setsAddedToDifferently.contains(name) {
                requireUnknown(&run)
                return false
            }
            requireInner(isInverted, inner, &run)
            if !isRemoval, run.meaning.match.forStranger {
                run.state.setsAddedTo.insert(name)
            }
        }
        return false
    }

    /// Adds a condition whose result cannot be evaluated.
    func requireUnknown(_ run: inout RuleEvaluation) { run.require(.unlikely, .other) }

    /// Evaluates a named limit or quota; every other object lets all packets pass.
    private func object(_ type: UInt32, _ name: String, _ run: inout RuleEvaluation) {
        let (quota, limit): (UInt32, UInt32) = (2, 4)  // NFT_OBJECT_QUOTA, NFT_OBJECT_LIMIT
        guard type == limit || type == quota else { return }
        let isOver = index.ruleset.invertedObjects.contains(SetName(run.table, name))
        run.require(isOver ? .unlikely : .likely, .rate)
    }

    /// Adds the condition of the expressions inside a dynamic set, which are limits, quotas or counters.
    private func requireInner(_ isInverted: Bool, _ inner: [Expression], _ run: inout RuleEvaluation) {
        var truth = Truth.yes
        // Without a limit or quota, the expression selects no packets: it adds the key of every packet to the set.
        var facets: Facets = []
        for expression in inner {
            switch expression {
            case .counter, .other("last"): continue
            default: facets = .rate
            }
            switch expression {
            case .limit, .other("quota"), .other("connlimit"): truth = truth.and(.likely)
            case .other("quota over, spent"), .other("connlimit over, 0"): break
            case .other("quota, spent"), .other("connlimit, 0"): truth = .no
            case .other("limit over"), .other("quota over"), .other("connlimit over"):
                truth = truth.and(.unlikely)
            default: truth = .unlikely
            }
        }
        run.require(isInverted ? truth.inverted : truth, facets)
    }

    /// The effect of an expression on packets of other classes; nil if the expression does not end the rule.
    private func endingForOthers(of expression: Expression, _ table: TableName) -> RuleMeaning.Ending? {
        switch expression {
        case .verdict(.continue): nil
        case .verdict(let verdict): .init(verdict)
        case .reject: .reject
        case .target(let name, _, _):
            switch name {
            case "REJECT": .reject
            case "NFQUEUE": .queue
            default: RuleMeaning.targetsWithoutVerdict.contains(name) ? nil : .unknown
            }
        case .verdictMap(let map), .instruction(.verdictMap(let map, _)): ending(ofAll: map, table)
        case .other("queue"): .queue
        default: nil
        }
    }
}

extension RuleMeaning {
    /// The xtables targets after which evaluation continues with the next rule.
    static let targetsWithoutVerdict: Set<String> = [
        "LOG", "NFLOG", "MARK", "CONNMARK", "CT", "NOTRACK", "TCPMSS", "CLASSIFY", "DSCP", "TOS", "SET",
        "TTL",
        "ULOG", "AUDIT", "CHECKSUM", "SECMARK", "CONNSECMARK", "TCPOPTSTRIP", "TRACE", "ECN", "HL", "TEE",
        "LED", "IDLETIMER", "RATEEST",
    ]
}

extension RuleMeaning.Ending {
    init(_ verdict: Verdict) {
        switch verdict {
        case .accept: self = .accept
        case .drop: self = .drop
        case .return: self = .return
        case .jump(let chain): self = .jump(chain)
        case .goto(let chain): self = .goto(chain)
        case .continue: self = .none
        }
    }
}

extension Bits {
    /// True for a choice at random or in turn, of which the number of choices is unknown.
    fileprivate var isSample: Bool { facets == .rate && isReduced }

    /// The bits with these properties added, or in place of ``Facets/other``.
    func with(_ facets: Facets) -> Bits {
        var copy = self
        copy.facets = self.facets == .other ? facets : self.facets.union(facets)
        return copy
    }

    /// The value of a register of at most 4 bytes, shifted by `shift` bits; unknown unless every bit is known.
    func shifted(_ isLeft: Bool, by shift: Int) -> Bits {
        var result = Bits(unknown: count, facets.union(.other))
        if isKnown, count <= 4, (0..<32).contains(shift) {
            // The kernel shifts words of 4 bytes in host byte order.
            let number = UInt32(hostOrder: bytes + Array(repeating: 0, count: 4 - count))
            let shifted = isLeft ? number << UInt32(shift) : number >> UInt32(shift)
            result = Bits(known: Array(shifted.hostOrderBytes.prefix(count)), facets)
        }
        result.isReduced = true
        return result
    }
}
