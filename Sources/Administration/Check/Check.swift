// SPDX-License-Identifier: GPL-2.0-or-later
public import Configuration
internal import Control
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform
internal import TeredoPort
public import TeredoProtocol

/// `teredowall check`: finds out whether Teredo's packets pass the firewalls of the calling thread's network
/// namespace, and what stops them, by sending test packets and by reading the ruleset. Needs no daemon.
public struct Check: Sendable {
    /// The options of a check; nil stands for what the host itself would use.
    public struct Options: Sendable {
        /// The running daemon's configuration; nil to read the files.
        public var configuration: Configuration?
        public var configurationPath: String?
        /// A port to examine instead of the client's ports, in host byte order.
        public var port: UInt16?
        public var interface: String?
        /// The remote address of the test packets.
        public var peer: IPv4Address?
        /// The directory in which a running daemon must answer; nil to call none.
        public var runtimeDirectory: String?

        public init(
            configuration: Configuration? = nil, configurationPath: String? = nil, port: UInt16? = nil,
            interface: String? = nil, peer: IPv4Address? = nil, runtimeDirectory: String? = nil
        ) {
            self.configuration = configuration
            self.configurationPath = configurationPath
            self.port = port
            self.interface = interface
            self.peer = peer
            self.runtimeDirectory = runtimeDirectory
        }
    }

    /// Examines the host. Blocks; not for the cooperative pool. Without CAP_NET_ADMIN firewalls cannot be
    /// examined, and the report has no rows.
    ///
    /// - Throws: ``ConfigurationError`` for the configuration; ``SystemError``, also when `interface` does not exist;
    ///   ``NftablesError`` when the ruleset cannot be read.
    public static func run(_ options: Options = Options()) throws -> CheckReport {
        let configuration = try options.configuration ?? Configuration.load(path: options.configurationPath)
        let uid = try Users.uid(named: configuration.clientUser)
        // After an error, treat the client as one without a port: `readSystem` finds out that IPv6 is missing.
        let ports =
            (try? Teredo.ports(user: configuration.clientUser, unit: configuration.clientUnit)) ?? []
        var facts = HostFacts(
            user: configuration.clientUser, userExists: uid != nil, ports: ports,
            needsClient: options.port == nil)
        try facts.readSystem()
        facts.callDaemon(runtimeDirectory: options.runtimeDirectory)
        let openings = Openings(
            ports: ports, clientUser: uid, multicast: configuration.multicast, igmp: configuration.igmp)
        var examined = openings
        if let port = options.port { examined.service = [Opening(port)] }
        let route = try ProbeRoute.find(interface: options.interface, peer: options.peer)
        var report = CheckReport(
            outcome: .unknown, client: .init(user: configuration.clientUser, uid: uid, ports: examined.ports),
            tunnel: facts.tunnel.map(TunnelStatus.init), daemonProcess: facts.daemonProcess,
            interface: route?.interface.name,
            address: route?.address.description, peer: route?.peer.description)
        if Capabilities.includeNetworkAdministration {
            let rulesetFindings = try RulesetFindings(
                openings: openings, examined: examined, policy: configuration.policy, facts: &facts)
            if let route {
                var examination = Examination(
                    route, openings: examined, rulesetFindings: rulesetFindings,
                    legacyTables: facts.legacyTables ?? [],
                    isServed: facts.daemonProcess != nil && options.port == nil)
                report.rows = examination.rows()
                facts.openAdjacentPort = examination.openAdjacentPort(of: report.rows)
                // A chain that the test packets have just passed needs no warning.
                facts.leftAlone.removeAll { examination.hasPassed($0.name) }
                report.findings += examination.findings
            }
        }
        report.findings += facts.findings
        if route == nil {
            report.findings.insert(
                .init(.problem, "IPv4", "no interface with an IPv4 address is up"), at: 0)
        }
        report.conclude(isExamined: Capabilities.includeNetworkAdministration)
        return report
    }
}

extension CheckReport {
    /// Sets the outcome by rows and findings. `isExamined` is false when the firewall could not be read.
    mutating func conclude(isExamined: Bool) {
        let problems = findings.filter { $0.severity == .problem }
        if rows.contains(where: \.verdict.isFailure)
            || problems.contains(where: { $0.subject != Finding.client })
        {
            outcome = .fails
        } else if !isExamined || rows.contains(where: { $0.verdict == .unknown }) {
            outcome = .unknown
        } else {
            outcome = problems.isEmpty ? .passes : .noClient
        }
        passes = outcome == .unknown ? nil : outcome == .passes
    }
}

extension CheckReport.Row.Verdict {
    /// True when Teredo is known to fail because of the row. `unused` is no failure: Teredo works without local
    /// discovery.
    public var isFailure: Bool {
        switch self {
        case .passes, .unused, .unknown: false
        case .blocked, .lost: true
        }
    }
}
