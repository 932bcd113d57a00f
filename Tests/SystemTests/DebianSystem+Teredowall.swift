// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// teredowall as installed in the system.
extension DebianSystem {
    /// Installs everything under /usr, as the package does, and reloads systemd.
    func install() async throws {
        try await Self.runOutside(
            packageRoot.appending(path: "scripts/install").path,
            ["--prefix", "/usr", "--destdir", root.path, "--built", try await Build.directory.path])
        try await run("systemctl", "daemon-reload")
        try await run("systemctl", "--quiet", "enable", "teredowalld.service")
    }

    /// Installs everything and starts the service. systemctl returns when the service is ready.
    func installAndStart() async throws {
        try await install()
        try await run("systemctl", "start", "teredowalld.service")
    }

    /// A property of a unit, as `systemctl show` prints it.
    func property(_ name: String, of unit: String = "teredowalld.service") async throws -> String {
        try await run("systemctl", "show", "--property=\(name)", "--value", unit)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Waits until a property of the unit has an accepted value.
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

    /// The UDP ports to which unconnected sockets of the client's user are bound.
    func clientPorts() async throws -> Set<String> {
        let lines = try await run("ss", "-Hulne").split(separator: "\n")
        let user = try await run("id", "-u", "miredo").trimmingCharacters(in: .whitespacesAndNewlines)
        return Set(
            lines.filter { $0.contains("uid:\(user) ") }
                .compactMap {
                    // The fourth column is the local address: ADDRESS:PORT.
                    $0.split(separator: " ").dropFirst(3).first?.split(separator: ":").last.map(String.init)
                }
        )
    }

    /// Waits until the client has exactly one port and the ruleset contains it, and returns the port.
    @discardableResult
    func awaitOpenClientPort(within limit: Duration = .seconds(30)) async throws -> String {
        try await eventually(
            "an exception for the client's port", within: limit,
            seen: { try await self.run("ss", "-ulnpe") + (try await self.ruleset()) }
        ) {
            let ports = try await self.clientPorts()
            guard ports.count == 1, let port = ports.first else { return nil }
            return try await self.ruleset().contains(port) ? port : nil
        }
    }

    /// The files of the system, each as its path, its type and the target of a link. Leaves out files that any use
    /// of the system or of dpkg changes.
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

/// The programs of this package, for an installation.
enum Build {
    /// The directory in which scripts/test built the release programs.
    static let shipped = ProcessInfo.processInfo.environment["TEREDOWALL_BUILT"]
    /// Whether tests of packages and of release programs run. With TEREDOWALL_REQUIRE_KERNEL=1 they run even
    /// without release programs, and fail.
    static let canPackage =
        shipped != nil || ProcessInfo.processInfo.environment["TEREDOWALL_REQUIRE_KERNEL"] == "1"

    private static let preparation = Task { () throws -> URL in
        // Without TEREDOWALL_BUILT, uses the programs in the directory of the test bundle, and adds the completions.
        let release = shipped.map { URL(fileURLWithPath: $0) }
        let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let built = release ?? URL(fileURLWithPath: bundle).deletingLastPathComponent()
        guard release == nil else { return built }
        let completions = built.appending(path: "completions")
        try FileManager.default.createDirectory(at: completions, withIntermediateDirectories: true)
        for shell in ["bash", "zsh", "fish"] {
            try await DebianSystem.runOutside(
                built.appending(path: "teredowall").path, ["--generate-completion-script", shell]
            )
            .write(to: completions.appending(path: "teredowall.\(shell)"), atomically: true, encoding: .utf8)
        }
        return built
    }

    /// The directory for `scripts/install --built`, which has the programs and their completions.
    static var directory: URL { get async throws { try await preparation.value } }
}
