// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner
internal import TeredoProtocol

/// The fate of a row, found by reading the ruleset only.
enum RowReading: Hashable, Sendable {
    /// Nothing denies the row, or an exception of ours is in force.
    case passes
    /// Denied by default; an exception is planned but not in force.
    case awaitsException
    /// Denied by a rule of the administrator.
    case denied(by: DecidingRule)
    /// Denied by default, and no exception is made, for this reason.
    case notServed(by: DecidingRule?, reason: String)
    /// Unknown, for this reason.
    case unknown(String)

    /// The worst of the plan's fates of a row. `isInForce` is true when the plan has no changes.
    init(_ fates: [RowFate], isInForce: Bool) {
        let all = fates.map { Self($0.outcome, isInForce: isInForce) }
        self = all.max { $0.rank < $1.rank } ?? .unknown("nothing is known of this interface")
    }

    private init(_ outcome: RowFate.Outcome, isInForce: Bool) {
        self =
            switch outcome {
            case .open: .passes
            case .openByUs: isInForce ? .passes : .awaitsException
            case .firewalld: .unknown("firewalld decides")
            case .explicitlyDenied(let rule): .denied(by: rule)
            case .notServed(let rule, let reason): .notServed(by: rule, reason: reason)
            case .unknown(let rule?, let reason): .unknown("\(rule.description): \(reason)")
            case .unknown(nil, let reason): .unknown(reason)
            }
    }

    /// A worse fate has a higher rank.
    private var rank: Int {
        switch self {
        case .passes: 0
        case .unknown: 1
        case .awaitsException: 2
        case .notServed: 3
        case .denied: 4
        }
    }

    /// Advice to the administrator about a row that is stopped; nil for none. `isServed` is true when the
    /// daemon runs and the port is one of the client's; `isByDefault` when a policy stopped the packet, or a rule that
    /// denies everything that is not allowed; `isByPolicy` when a policy did. It is nil without a test packet.
    func remedy(for row: String, isServed: Bool, isByDefault: Bool, isByPolicy: Bool? = nil) -> String? {
        switch self {
        // Without a daemon, a finding about that has the advice; a port that is not the client's gets no exception.
        case .awaitsException where isByDefault:
            isServed ? "the exception is missing: run teredowall rescan" : nil
        case .notServed(_, let reason): "no exception is made there: \(reason)"
        case .denied(let rule):
            isByPolicy ?? (rule.handle == nil) ? Self.remedyForPolicy(row) : Self.remedyForDenial
        // Reading the rules has found no explicit denial of the row, or has not decided. If nevertheless a rule other
        // than a default stopped the packet, that rule is an explicit denial.
        case .awaitsException, .passes, .unknown: isByDefault ? nil : Self.remedyForDenial
        }
    }

    private static let remedyForDenial =
        "an explicit denial takes precedence over exceptions: remove or narrow that rule to let Teredo pass"

    /// The advice where a policy is no default, because the rules of its chain accept all packets but some.
    private static func remedyForPolicy(_ row: String) -> String {
        let rule =
            switch row {
            case "I2":
                "add a rule that accepts UDP to \(RFC4380.discoveryGroup) port \(RFC4380.wellKnownPort)"
            case "O2": "add a rule that accepts UDP to port \(RFC4380.wellKnownPort)"
            // The client's port changes, so that no fixed rule accepts it.
            case "O1": "add a jump to a chain teredowall-output of your own, see teredowalld(8)"
            default: "add a jump to a chain teredowall-input of your own, see teredowalld(8)"
            }
        return "the chain accepts other packets, and its policy denies these, which counts as intended: "
            + rule
    }
}
