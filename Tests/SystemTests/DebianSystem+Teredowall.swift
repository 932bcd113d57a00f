// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// teredowall, as an administrator of the system has it.
extension DebianSystem {
    /// Installs everything under /usr, as the package does, and lets systemd know.
    func install() async throws {
        try await Self.program(
            packageRoot.appending(path: "scripts/install").path,
            ["--prefix", "/usr", "--destdir", root.path, "--built", try await Build.directory.path])
        try await run("systemctl", "daemon-reload")
        try await run("systemctl", "--quiet", "enable", "teredowalld.service")
    }

    /// Installs, and starts the service; systemctl returns once it is ready.
    func installAndStart() async throws {
        try await install()
        try await run("systemctl", "start", "teredowalld.service")
    }

    /// A property of a unit, as `systemctl show` has it.
    func property(_ name: String, of unit: String = "teredowalld.service") async throws -> String {
        try await run("systemctl", "show", "--property=\(name)", "--value", unit)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Waits until a property of the unit is as it should be.
    func awaitProperty(
        _ name: String, of unit: String = "teredowalld.service", within limit: Duration = .seconds(60),
        _ accepted: (String) -> Bool
    ) async throws {
        try await eventually(
            "\(name) of \(unit)", within: limit,
            seen: { (try? await self.run("systemctl", "status", "--no-pager", "--full", unit)) ?? "" },
            holds: { accepted(try await self.property(name, of: unit)) })
    }

    /// The ruleset as text, without counters and handles.
    func ruleset() async throws -> String {
        try await run("nft", "--stateless", "list", "ruleset")
    }

    /// The UDP ports that sockets of the client's user are bound to, but for local discovery.
    func clientPorts() async throws -> Set<String> {
        let lines = try await run("ss", "-Hulne").split(separator: "\n")
        let user = try await run("id", "-u", "miredo").trimmingCharacters(in: .whitespacesAndNewlines)
        return Set(
            lines.filter { $0.contains("uid:\(user) ") }
                .compactMap {
                    $0.split(separator: " ").dropFirst(3).first?.split(separator: ":").last.map(String.init)
                }
        )
    }

    /// Waits until exactly this client's port is open, and gives it.
    @discardableResult
    func awaitFollowed(within limit: Duration = .seconds(30)) async throws -> String {
        try await eventually(
            "an exception for the client's port", within: limit,
            seen: { try await self.run("ss", "-ulnpe") + (try await self.ruleset()) }
        ) {
            let ports = try await self.clientPorts()
            guard ports.count == 1, let port = ports.first else { return nil }
            return try await self.ruleset().contains(port) ? port : nil
        }
    }

    /// Every file of the system and what links lead to, except what any use of a system or of dpkg changes.
    func files() async throws -> Set<String> {
        let listing = try await shell(
            """
            find /etc /usr /opt /var -xdev ! -path '/var/log/*' \
                ! -path '/var/cache/*' ! -path '/var/lib/dpkg/*-old' ! -path '/var/lib/dpkg/triggers/*' \
                ! -path '/var/lib/systemd/*' -printf '%p %y %l\n'
            find /var/lib/systemd -path '*deb-systemd-helper*' -name '*teredowall*' -printf '%p %y %l\n'
            """)
        return Set(listing.split(separator: "\n").map(String.init))
    }
}

/// What was built of this package, made ready to be installed.
enum Build {
    /// Where scripts/test has built the programs as they ship.
    static let shipped = ProcessInfo.processInfo.environment["TEREDOWALL_BUILT"]
    /// A package is made of those only.
    static let canPackage =
        shipped != nil || ProcessInfo.processInfo.environment["TEREDOWALL_REQUIRE_KERNEL"] == "1"

    private static let shared = Task { () throws -> URL in
        // Where nothing is said about those that ship, the ones beside the test bundle do.
        let named = shipped.map { URL(fileURLWithPath: $0) }
        let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let built = named ?? URL(fileURLWithPath: bundle).deletingLastPathComponent()
        guard named == nil else { return built }
        let completions = built.appending(path: "completions")
        try FileManager.default.createDirectory(at: completions, withIntermediateDirectories: true)
        for shell in ["bash", "zsh", "fish"] {
            try await DebianSystem.program(
                built.appending(path: "teredowall").path, ["--generate-completion-script", shell]
            )
            .write(to: completions.appending(path: "teredowall.\(shell)"), atomically: true, encoding: .utf8)
        }
        return built
    }

    /// Where `scripts/install --built` finds it.
    static var directory: URL { get async throws { try await shared.value } }
}
