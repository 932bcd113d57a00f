// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// Programs that only bind UDP sockets, and measurements of the daemon's reaction.
extension Host {
    /// Starts a program of the Teredo client's user that binds this port and keeps it. It has no tunnel
    /// device.
    func bindAsClient(_ port: UInt16) throws -> BackgroundProcess { try bind(port, as: "miredo") }

    /// Starts a program of any user that binds this port, prints "bound" and keeps the port.
    func bind(_ port: UInt16, as user: String) throws -> BackgroundProcess {
        try start("bind-\(port)", Self.setpriv(user) + ["perl", "-e", Self.perlThatBinds, "\(port)"])
    }

    /// Binds and closes `count` sockets one after the other, each on a port that the kernel chooses, `pause`
    /// seconds apart. Throws if a bind is refused.
    func bindAndClose(_ count: Int, as user: String, pause: Double = 0) async throws {
        try await run(
            Self.setpriv(user) + ["perl", "-e", Self.perlThatBindsAndCloses, "\(count)", "\(pause)"])
    }

    /// The output of `teredowall status`.
    func teredowallStatus() async throws -> String {
        // The exit status depends on the state of the exceptions, which does not matter here.
        try await outcome(built("teredowall"), "--runtime-directory", runtimeDirectory, "status").text
    }

    /// The output of `teredowall metrics`.
    func metrics() async throws -> String {
        try await run(built("teredowall"), "--runtime-directory", runtimeDirectory, "metrics")
    }

    /// How often the threads of a process have waited (voluntary context switches). The process is given by
    /// its number outside of the lab.
    func contextSwitches(of process: Int32) throws -> Int {
        let folder = "/proc/\(process)/task"
        return try FileManager.default.contentsOfDirectory(atPath: folder).reduce(0) { sum, task in
            let status = try String(contentsOfFile: "\(folder)/\(task)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") }
            return sum + (line?.split(separator: "\t").last.flatMap { Int($0) } ?? 0)
        }
    }

    /// The beginning of a command that runs as this user, in the group nogroup.
    private static func setpriv(_ user: String) -> [String] {
        ["setpriv", "--reuid", user, "--regid", "nogroup", "--clear-groups", "--"]
    }

    private static let perlThatBinds = """
        use Socket; $| = 1; socket($s, AF_INET, SOCK_DGRAM, 0) or die $!;
        bind($s, sockaddr_in($ARGV[0], INADDR_ANY)) or die $!; print "bound\\n"; sleep 600
        """
    private static let perlThatBindsAndCloses = """
        use Socket; for (1 .. $ARGV[0]) { socket($s, AF_INET, SOCK_DGRAM, 0) or die $!;
        bind($s, sockaddr_in(0, INADDR_ANY)) or die "$_: $!"; close $s;
        select(undef, undef, undef, $ARGV[1]) if $ARGV[1] }
        """
}
