// SPDX-License-Identifier: GPL-2.0-or-later
public import Control

/// The result of an examination of this host; the JSON of `teredowall check --json`.
public struct CheckReport: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, Hashable, Sendable {
        /// Every packet passes, and no finding is a problem.
        case passes
        case fails
        /// Nothing is known to fail but that no client runs, whose port could be examined.
        case noClient
        /// Nothing is known to fail, but whether some packet passes cannot be told.
        case unknown
    }

    /// Whether Teredo would work, as far as this host is concerned.
    public var outcome: Outcome
    /// Whether ``outcome`` is that it would; nil while it is unknown.
    public var passes: Bool?
    public var client: Client
    /// The client's tunnel; nil while it is not qualified.
    public var tunnel: TunnelStatus?
    /// The process of the daemon that serves this network namespace.
    public var daemonProcess: Int32?
    /// The interface of the packets, this host's address and the remote one.
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

    /// Whether a client runs: the port that was examined may be another.
    public var hasClient: Bool { !findings.contains { $0.subject == Finding.client } }

    /// A kind of packet that Teredo needs to pass.
    public struct Row: Codable, Hashable, Sendable {
        public enum Verdict: String, Codable, Hashable, Sendable {
            case passes
            /// `decision` says by what.
            case blocked
            /// It did not arrive, and nf_tables did not stop it.
            case lost
            /// It would pass, but no program listens.
            case unheard
            /// No packet could be sent, or none may be, and reading does not tell.
            case unknown
        }

        /// "I1", as the exceptions are numbered.
        public var name: String
        /// "in" or "out".
        public var direction: String
        /// "UDP to port 41234 from 192.0.2.1"
        public var packet: String
        public var verdict: Verdict
        /// Whether a packet was sent; otherwise the verdict is from reading the ruleset.
        public var isProven: Bool
        /// The rule or policy that stopped the packet.
        public var decision: DecidingRule?
        /// The rules that accepted it.
        public var acceptedBy: [DecidingRule] = []
        /// The verdict and its reason for people: "dropped by inet filter input: policy drop".
        public var text: String
        public var remedy: String?
    }

    /// A rule or policy that decided.
    public struct DecidingRule: Codable, Hashable, Sendable {
        /// "inet filter"
        public var table: String
        public var chain: String
        /// The rule's handle; nil for the policy.
        public var handle: UInt64?
        /// "ip saddr @blocked drop", "policy drop"
        public var rule: String
    }

    /// Something that an administrator should know.
    public struct Finding: Codable, Hashable, Sendable {
        public enum Severity: String, Codable, Hashable, Sendable, CaseIterable {
            /// Teredo does not work like this.
            case problem
            case warning
            case note
        }

        /// The subject of findings about the client itself.
        static let client = "client"

        public var severity: Severity
        /// The subject: "inner IPv6"
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
