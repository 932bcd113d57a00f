// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// The programs of this package, `teredowalld` and `teredowall`.
extension Host {
    /// Starts teredowalld and waits until the standing rules are in force.
    func startDaemon(configuration: String? = nil, label: String = "teredowalld") async throws
        -> BackgroundProcess
    {
        let daemon = try launchDaemon(configuration: configuration, label: label)
        try await eventually("the standing rules", seen: { daemon.text }) {
            if let status = daemon.exitStatus {
                throw LabFailure(error: ExitStatus(status), logs: daemon.text)
            }
            return try await ruleset().contains("table inet teredowall {")
        }
        return daemon
    }

    /// Starts teredowalld, with the default configuration unless another is given. Its output goes to
    /// `LABEL.log`.
    func launchDaemon(configuration: String? = nil, label: String = "teredowalld") throws -> BackgroundProcess
    {
        guard let configuration else {
            return try start(label, built("teredowalld"), "--runtime-directory", runtimeDirectory)
        }
        try write(configuration, to: "\(label).toml")
        return try start(
            label, built("teredowalld"), "--config", "/run/lab/\(label).toml",
            "--runtime-directory", runtimeDirectory)
    }

    /// Ends teredowalld with SIGTERM, as systemd does, and returns its exit status.
    func stop(_ daemon: BackgroundProcess) async throws -> Int32 {
        try await signal("TERM", daemon)
        return try await daemon.end()
    }

    /// Runs `teredowall` with these arguments.
    func teredowall(_ words: String...) async throws -> (status: Int32, text: String) {
        try await outcome([built("teredowall")] + words)
    }

    /// The daemon's runtime directory. Each host has its own, because the hosts of a lab share /run.
    var runtimeDirectory: String { "/run/teredowall-\(name)" }
}

/// The beginning of a command that runs as nobody, with no capability except CAP_DAC_READ_SEARCH, which lets it
/// reach the program in any directory.
let asNobody = [
    "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
    "--bounding-set", "-all,+dac_read_search", "--inh-caps", "-all,+dac_read_search",
    "--ambient-caps", "-all,+dac_read_search", "--",
]
