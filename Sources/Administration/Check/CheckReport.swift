// SPDX-License-Identifier: GPL-2.0-or-later
public import Control

/// The result of a check of this host; with `--json`, its JSON is printed.
public struct CheckReport: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, Hashable, Sendable {
        /// Every packet passes or is `unused`, and no finding is a problem.
        case passes
        case fails
        /// No failure is known, except that no client is running, so that its port could not be examined.
        case noClient
        /// No failure is known, but for some packet the verdict is unknown.
        case unknown
    }

    /// The overall result: Teredo works, as far as this host is concerned, or not.
    public var outcome: Outcome
    /// True when ``outcome`` is `passes`; nil when it is `unknown`.
    public var passes: Bool?
    public var client: Client
    /// The client's tunnel; nil while the client is not qualified.
    public var tunnel: TunnelStatus?
    /// The process ID of the daemon of this network namespace; nil when none is running.
    public var daemonProcess: Int32?
    /// The interface of the test packets, this host's address and the remote address.
    public var interface: String?
    public var address: String?
    public var peer: String?
    public var rows: [Row] = []
    public var findings: [Finding] = []

    public struct Client: Codable, Hashable, Sendable {
        public var user: String
        public var uid: UInt32?
        public var ports: [UInt16]
    }

    /// True when a client is running, though another port may have been examined.
    public var hasClient: Bool { !findings.contains { $0.subject == Finding.client } }

    /// The result for one kind of packet that Teredo needs.
    public struct Row: Codable, Hashable, Sendable {
        public enum Verdict: String, Codable, Hashable, Sendable {
            case passes
            /// The packet was stopped; `decision` names the rule or policy.
            case blocked
            /// The packet did not arrive, but nf_tables did not stop it.
            case lost
            /// The kernel discards the packet before the firewall, because no program has joined the multicast group.
            /// Harmless. JSON has the older word, with which programs may compare.
            case unused = "unheard"
            /// No packet could or may be sent, and reading the ruleset does not tell.
            case unknown
        }

        /// The row's name: "I1".
        public var name: String
        /// "in" or "out".
        public var direction: String
        /// "UDP to port 41234 from 192.0.2.1"
        public var packet: String
        public var verdict: Verdict
        /// True when the verdict is that of a test packet; false when it is from reading the ruleset.
        public var isProven: Bool
        /// The rule or policy that stopped the packet.
        public var decision: ReportedRule?
        /// The rules that accepted the packet.
        public var acceptedBy: [ReportedRule] = []
        /// The verdict and its reason for display: "dropped by inet filter input: policy drop".
        public var text: String
        public var remedy: String?
    }

    /// A rule or policy that decided about a packet.
    public struct ReportedRule: Codable, Hashable, Sendable {
        /// "inet filter"
        public var table: String
        public var chain: String
        /// The position of the rule in its chain, counted from 1; nil for a policy.
        public var position: Int?
        /// The handle of the rule; nil for a policy.
        public var handle: UInt64?
        /// "ip saddr @blocked drop", "policy drop"
        public var rule: String
    }

    /// A fact that the administrator should know.
    public struct Finding: Codable, Hashable, Sendable {
        public enum Severity: String, Codable, Hashable, Sendable, CaseIterable {
            /// Teredo does not work in this state.
            case problem
            case warning
            case note
        }

        /// The subject of findings about the client.
        static let client = "client"

        public var severity: Severity
        /// The subject: "inner IPv6".
        public var subject: String
        public var text: String
        public var remedy: String?

        public init(_ severity: Severity, _ subject: String, _ text: String, remedy: String? = nil) {
            self.severity = severity
            self.subject = subject
            self.text = text
            self.remedy = remedy
        }
    }
}
