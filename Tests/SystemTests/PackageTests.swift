// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the Debian package: builds it, checks it, and installs, upgrades, removes and purges it in a system
/// of its own.
///
/// Needs the release programs, which scripts/test builds and names in TEREDOWALL_BUILT.
@Suite(.enabledAsRoot, .enabled(if: Build.canPackage, "needs TEREDOWALL_BUILT, which scripts/test sets"))
struct PackageTests {
    @Test func `lintian reports no error and no warning`() async throws {
        let folder = try await Self.packages.value
        try await DebianSystem.with { system in
            for package in Self.packageNames {
                let file = "/root/\(package).deb"
                try FileManager.default.copyItem(
                    at: folder.appending(path: "1.0/\(package).deb"),
                    to: system.root.appending(path: String(file.dropFirst())))
                // lintian fails for errors and warnings, and prints them.
                try await system.run("lintian", "--fail-on", "error,warning", "--allow-root", file)
            }
        }
    }

    @Test func `a package with packed relocations depends on a libc that supports them`() async throws {
        let folder = try await Self.packages.value
        for package in ["teredowall", "libteredoport1"] {
            let file = folder.appending(path: "1.0/\(package).deb").path
            let depends = try await DebianSystem.runOutside("dpkg-deb", ["--field", file, "Depends"])
            let libcMinorVersion = try #require(depends.firstMatch(of: /libc6 \(>= 2\.(\d+)\)/)?.1)
            let contents = FileManager.default.temporaryDirectory.appending(path: "teredowall-\(UUID())")
            defer { try? FileManager.default.removeItem(at: contents) }
            try await DebianSystem.runOutside("dpkg-deb", ["--extract", file, contents.path])
            for binary in try ShippedBinaries.all(below: contents) {
                let needed = try await DebianSystem.runOutside(
                    "readelf", ["--version-info", "--wide", binary.path])
                // glibc supports packed relocations (DT_RELR) from 2.36 on.
                #expect(
                    !needed.contains("GLIBC_ABI_DT_RELR") || (Int(libcMinorVersion) ?? 0) >= 36,
                    "\(binary.lastPathComponent) of \(package), which depends on \(depends)")
            }
        }
    }

    @Test func `the package installed, upgraded, removed and purged leaves nothing`() async throws {
        try await Self.withPackages { system, old, new in
            try await system.loadStrictFirewall()
            try await system.run("systemctl", "start", "miredo")
            let rules = try await system.ruleset()
            let files = try await system.files()
            try await system.run("dpkg", "--install", old)
            try await system.awaitOpenClientPort()
            #expect(try await system.property("UnitFileState") == "enabled")
            let first = try await system.property("MainPID")

            // The administrator's changes survive an upgrade.
            try await system.shell("echo '# mine' >>/etc/teredowall/teredowall.toml")
            try await system.run("dpkg", "--install", new)
            #expect(try await system.property("MainPID") != first)
            try await system.awaitOpenClientPort()
            #expect(try await system.run("tail", "-1", "/etc/teredowall/teredowall.toml") == "# mine\n")

            try await system.enableInstances()
            try await system.run("dpkg", "--remove", "teredowall")
            #expect(try await system.ruleset() == rules)
            #expect(try await system.outcome("systemctl", "is-active", "teredowalld").status != 0)
            #expect(try await system.outcome("systemctl", "is-active", "teredowalld@blue").status != 0)
            // The scripts in /etc, which remain until the purge, must do nothing.
            try await system.shell(
                """
                for script in /etc/network/if-up.d/teredowall /etc/network/if-post-down.d/teredowall; do
                    IFACE=eth0 MODE=start "$script"
                done
                """)

            try await system.run("dpkg", "--purge", "teredowall")
            #expect(try await system.files().symmetricDifference(files) == [])
            #expect(try await system.ruleset() == rules)
        }
    }

    @Test func `an administrator who disabled the service finds it disabled after an upgrade`() async throws {
        try await Self.withPackages { system, old, new in
            try await system.run("dpkg", "--install", old)
            try await system.run("systemctl", "--quiet", "disable", "--now", "teredowalld")
            try await system.run("dpkg", "--install", new)
            #expect(try await system.property("UnitFileState") == "disabled")
            #expect(try await system.property("ActiveState") == "inactive")
        }
    }

    @Test func `a version that kept chains of its own in tables of iptables is replaced while it runs`()
        async throws
    {
        try await Self.withPackages { system, old, new in
            // The rules and chains, without comments and without the counters of chains: ":INPUT DROP [0:0]".
            func saved() async throws -> [String] {
                try await system.run("iptables-save", "-t", "filter").split(separator: "\n")
                    .filter { !$0.hasPrefix("#") }
                    .map { $0.hasPrefix(":") ? $0.prefix { $0 != "[" }.description : String($0) }
            }
            let file = packageRoot.appending(path: "rules/hosts/strict.ipt")
            try await system.run("iptables-restore", input: String(contentsOf: file, encoding: .utf8))
            let before = try await saved()
            let oldPort = "40001"  // in the rules of daemon-of-0.1.py
            let daemon = packageRoot.appending(path: "Tests/Hosts/daemon-of-0.1.py")
            try system.write(try String(contentsOf: daemon, encoding: .utf8), to: "root/daemon")
            try await system.shell(
                """
                dpkg-deb --raw-extract \(old) /root/old
                install -m 755 /root/daemon /root/old/usr/sbin/teredowalld
                dpkg-deb -Zgzip -z1 --build /root/old /root/old.deb
                dpkg --install /root/old.deb
                systemctl start miredo
                """)
            #expect(try await system.property("ActiveState") == "active")
            let kept = try await saved()
            #expect(kept.contains { $0.hasPrefix(":teredowall-input") }, "\(kept)")
            #expect(kept.contains { $0.contains("--dport \(oldPort)") }, "\(kept)")

            try await system.run("dpkg", "--install", new)
            let port = try await system.awaitOpenClientPort()
            let rules = try await saved()
            #expect(!rules.contains { $0.contains("teredowall-") || $0.contains(oldPort) }, "\(rules)")
            for (chain, option) in [("INPUT", "--dport"), ("OUTPUT", "--sport")] {
                let ours = rules.filter { $0.hasPrefix("-A \(chain) ") && $0.contains("teredowall: ") }
                #expect(ours.count == 2 && ours.contains { $0.contains("\(option) \(port)") }, "\(rules)")
            }
            // Fails if a chain that is not built in has rules, or if a rule jumps to it.
            try await system.run("iptables", "-X")
            try await system.run("dpkg", "--remove", "teredowall")
            #expect(try await saved() == before)
            #expect(try await !system.ruleset().contains("teredowall"))
        }
    }

    /// Runs `body` in a system that has two versions of the package in its file system.
    private static func withPackages(
        _ body: (DebianSystem, _ old: String, _ new: String) async throws -> Void
    ) async throws {
        let folder = try await packages.value
        try await DebianSystem.with { system in
            for version in ["1.0", "1.1"] {
                try FileManager.default.copyItem(
                    at: folder.appending(path: "\(version)/teredowall.deb"),
                    to: system.root.appending(path: "root/\(version).deb"))
            }
            try await body(system, "/root/1.0.deb", "/root/1.1.deb")
        }
    }

    private static let packageNames = ["teredowall", "libteredoport1", "libteredoport-dev"]

    /// A directory that has, for each of two versions, a directory with the packages; made once.
    private static let packages = Task { () throws -> URL in
        let built = try #require(Build.shipped)
        let folder = packageRoot.appending(path: ".build/test-packages")
        for version in ["1.0", "1.1"] {
            // With the fastest compression: the default one would take most of the time.
            let output = try await DebianSystem.runOutside(
                "env",
                [
                    "DPKG_DEB_COMPRESSOR_TYPE=gzip", "DPKG_DEB_COMPRESSOR_LEVEL=1",
                    packageRoot.appending(path: "scripts/package").path, "--built", built, "--version",
                    version,
                    "--output", folder.path,
                ])
            let place = folder.appending(path: version)
            try? FileManager.default.removeItem(at: place)  // from an earlier run
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            for line in output.split(separator: "\n") {
                let file = URL(fileURLWithPath: String(line))
                let name = file.lastPathComponent.prefix { $0 != "_" }
                try FileManager.default.moveItem(at: file, to: place.appending(path: "\(name).deb"))
            }
        }
        return folder
    }
}
