// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// The Teredo client of a host: Miredo as packaged.
extension Host {
    /// Starts the client with these lines in its configuration, in addition to the interface's name.
    func startClient(_ configuration: String = "ServerAddress 5.5.5.1") async throws {
        try write("InterfaceName teredo\n\(configuration)\n", to: "\(name).conf")
        try await shell("lab_client \(name)")
    }

    /// Starts the client and returns its port once it has one.
    func startedClient(_ configuration: String = "ServerAddress 5.5.5.1") async throws -> UInt16 {
        try await startClient(configuration)
        return try await clientPort()
    }

    /// Sends a signal to the client's main process. The packaged unit uses TERM to stop it and HUP to reload
    /// it.
    func signalClient(_ signal: String) async throws {
        try await eventually("the file with the client's process number") {
            try await outcome("test", "-s", "/run/lab/\(name).pid").status == 0
        }
        try await shell("kill -\(signal) $(<$lab/\(name).pid)")
    }

    /// Stops the client and waits for the end of its main process, which ends last.
    func stopClient() async throws {
        try await signalClient("TERM")
        try await eventually("the client's end", seen: { lab.logs }) {
            try await outcome("test", "-e", "/run/lab/\(name).pid").status == 1
        }
    }

    /// Sends a signal to the process that owns the client's socket.
    func signalWorker(_ signal: String) async throws {
        // Prints the number of the process that owns the unconnected socket of miredo.
        let owner = #"ss -Huanp state unconnected | sed -n 's/.*(("miredo",pid=\([0-9]*\).*/\1/p'"#
        try await shell("kill -\(signal) $(\(owner))")
    }

    /// The unconnected UDP sockets of programs named exactly "miredo", in the form of ss: address:port.
    func clientSockets() async throws -> [String] {
        try await run("ss", "-Huanp", "state", "unconnected").split(separator: "\n")
            .filter { $0.contains("((\"miredo\",") }
            // With `state`, ss prints no column for it: the third column is the local address.
            .compactMap { $0.split(separator: " ").dropFirst(2).first.map(String.init) }
    }

    /// The port of the client's only socket, once it differs from `previous`.
    func clientPort(besides previous: UInt16? = nil) async throws -> UInt16 {
        try await eventually("a port of the client", seen: { lab.logs }) {
            let ports = try await clientSockets().compactMap {
                $0.split(separator: ":").last.flatMap { UInt16($0) }
            }
            return ports.count == 1 && ports[0] != previous ? ports[0] : nil
        }
    }

    /// Waits until the client has no unconnected socket.
    func clientHasNoSocket() async throws {
        try await eventually("the client's socket to be closed") { try await clientSockets().isEmpty }
    }

    /// The Teredo address of the client, once the client is qualified.
    func teredoAddress(within limit: Duration = .seconds(30)) async throws -> String {
        try await eventually("a Teredo address", within: limit, seen: { lab.logs }) {
            let address = try await shell("lab_address_of \(name)").trimmingCharacters(
                in: .whitespacesAndNewlines)
            return address.isEmpty ? nil : address
        }
    }
}
