// SPDX-License-Identifier: GPL-2.0-or-later
internal import Administration
internal import ArgumentParser
internal import Control
internal import Platform
internal import TeredoProtocol

extension Teredowall {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find out whether Teredo's packets pass and, if not, which rule stops them.",
            discussion: """
                Sends a packet of each kind through the host's own hooks and follows it. None leaves the host or \
                reaches a program, and no rule remains; but the host's rules count and log the packets. Needs root; no daemon.
                If a rule on the way records addresses, or no packet can be sent, the verdict is derived from the rules \
                instead.
                Uses the configuration of the running daemon, unless another is named.
                Exit status: 0 when Teredo would pass, 1 when not, 2 when this is unknown, 3 when no client runs and \
                nothing else is wrong, 77 without root.
                """)

        @Flag(help: "Print JSON.")
        var json = false

        @Option(help: ArgumentHelp("Examine this UDP port instead of the client's.", valueName: "number"))
        var port: UInt16?

        @Option(
            help: ArgumentHelp(
                "Examine this interface instead of that of the default route.", valueName: "name"),
            completion: .shellCommand("ls /sys/class/net"))
        var interface: String?

        @Option(
            help: ArgumentHelp(
                "Remote IPv4 address to test with; nothing is sent to it. Rules that record senders will record it.",
                valueName: "address"))
        var peer: String?

        @Option(help: ArgumentHelp("Use this configuration.", valueName: "file"))
        var config: String?

        @Option(help: "When to print colours.")
        var color = ColourOption.auto

        @OptionGroup var daemon: DaemonOption

        func validate() throws {
            if port == 0 { throw ValidationError("there is no port 0") }
            if let peer, IPv4Address(peer) == nil {
                throw ValidationError("\(peer) is no IPv4 address")
            }
        }

        func run() throws {
            try daemon.enterNamespace()
            // The directory of the daemon that an option selects: the check tests whether that daemon answers.
            // nil without such an option.
            let directory = daemon.namespace == nil ? daemon.runtimeDirectory : daemon.directory
            let report = try Administration.Check.run(
                .init(
                    configuration: try config == nil ? daemon.configuration() : nil,
                    configurationPath: config,
                    port: port, interface: interface,
                    peer: peer.flatMap { IPv4Address($0) }, runtimeDirectory: directory))
            if json {
                try printLine(try jsonText(of: report))
            } else {
                try printLine(
                    CheckText(report, now: Moment(WallClock.now), sheet: .forOutput(color.setting)).text)
            }
            // Without root the report has no rows, since the firewall could not be read.
            guard Capabilities.includeNetworkAdministration else {
                throw Failure("the firewall can be examined by root only: use sudo", ExitStatus.notPermitted)
            }
            switch report.outcome {
            case .passes: break
            case .fails: throw ExitCode(ExitStatus.failure)
            case .unknown: throw ExitCode(ExitStatus.unknown)
            case .noClient: throw ExitCode(ExitStatus.notRunning)
            }
        }
    }
}
