// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// teredowall as installed in the system, its firewall and its client.
extension DebianSystem {
    /// Installs the firewall that denies by default in both directions, and loads it with nftables.service.
    func loadStrictFirewall() async throws {
        let text = try String(
            contentsOf: packageRoot.appending(path: "rules/hosts/strict.nft"), encoding: .utf8)
        try write("flush ruleset\n" + text, to: "etc/nftables.conf")
        try await run("systemctl", "start", "nftables.service")
    }

    /// Installs everything under /usr, as the package does, reloads systemd, and enables the service.
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

    /// Enables the instances `red` and `blue` of the template unit, for network namespaces of these names, and starts
    /// `blue` only.
    func enableInstances() async throws {
        try await shell(
            """
            ip netns add red
            ip netns add blue
            systemctl --quiet enable teredowalld@red
            systemctl --quiet enable --now teredowalld@blue
            """)
    }

    /// Writes a drop-in file with these settings for the service. They take effect with `systemctl daemon-reload`.
    func override(_ settings: String) throws {
        try write("[Service]\n\(settings)\n", to: "etc/systemd/system/teredowalld.service.d/test.conf")
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
