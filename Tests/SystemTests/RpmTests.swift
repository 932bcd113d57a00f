// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the rpm packages in a private root that has an rpm database of its own, beside the Debian packages.
@Suite(.enabledAsRoot, .enabled(if: Build.canPackage, "needs TEREDOWALL_BUILT, which scripts/test sets"))
struct RpmTests {
    @Test func `the rpm packages have the files of the Debian packages, except where the systems differ`()
        async throws
    {
        let folder = try await Self.packages.value
        let debian = packageRoot.appending(path: ".build/test-rpms/debian")
        try await Self.make(["--output", debian.path])
        var ofDebian: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: debian.path)
        where name.hasSuffix(".deb") {
            let listing = try await DebianSystem.runOutside(
                "dpkg-deb", ["--contents", debian.appending(path: name).path])
            // Lines like those of `tar -tv`: the path is the sixth word, and begins with "./".
            for line in listing.split(separator: "\n") where !line.hasPrefix("d") {
                guard
                    let path = line.split(separator: " ", omittingEmptySubsequences: true).dropFirst(5).first
                else { continue }
                ofDebian.insert(String(path.dropFirst(2)))
            }
        }
        let ofRpm = try await listing(folder)
        let multiarch = try await word(of: "dpkg-architecture", "-qDEB_HOST_MULTIARCH")
        let ofRpmAsDebian = Set(ofRpm.map { Self.asDebianHasIt($0, multiarch: multiarch) })
        let onlyDebian = ofDebian.subtracting(ofRpmAsDebian)
        let onlyRpm = ofRpmAsDebian.subtracting(ofDebian)
        #expect(
            Set(onlyDebian.filter { !$0.hasPrefix("usr/share/doc/") }) == [
                "etc/init.d/teredowalld", "etc/network/if-up.d/teredowall",
                "etc/network/if-post-down.d/teredowall", "usr/share/lintian/overrides/teredowall",
            ])
        #expect(
            onlyRpm.filter { !$0.hasPrefix("usr/share/licenses/") && !$0.hasPrefix("usr/share/doc/") } == [])
        #expect(ofRpm.contains("usr/share/licenses/teredowall/GPL-3.0.txt"))
        #expect(ofRpm.contains("usr/share/licenses/libteredoport/Apache-2.0.txt"))
    }

    @Test
    func `the package installed, upgraded and erased keeps the configuration and leaves nothing else`()
        async throws
    {
        let folder = try await Self.packages.value
        let architecture = try await word(of: "rpm", "--eval", "%_target_cpu")
        try await DebianSystem.with { system in
            for version in ["1.0", "1.1"] {
                try FileManager.default.copyItem(
                    at: folder.appending(path: "teredowall-\(version)-1.\(architecture).rpm"),
                    to: system.root.appending(path: "root/\(version).rpm"))
            }
            try await system.loadStrictFirewall()
            try await system.run("systemctl", "start", "miredo")
            let (rules, files) = (try await system.ruleset(), try await system.files())
            // --nodeps, because this database does not know what Debian's packages provide.
            try await system.run("rpm", "--install", "--nodeps", "/root/1.0.rpm")
            #expect(try await system.outcome("systemctl", "cat", "teredowalld").status == 0)
            try await system.run("systemctl", "start", "teredowalld")
            try await system.awaitOpenClientPort()
            let first = try await system.property("MainPID")

            try await system.shell("echo '# mine' >>/etc/teredowall/teredowall.toml")
            try await system.run("rpm", "--upgrade", "--nodeps", "/root/1.1.rpm")
            try await system.awaitProperty("MainPID") { $0 != first && $0 != "0" }
            try await system.awaitOpenClientPort()
            #expect(try await system.run("tail", "-1", "/etc/teredowall/teredowall.toml") == "# mine\n")

            try await system.enableInstances()
            try await system.run("rpm", "--erase", "teredowall")
            #expect(try await system.outcome("systemctl", "is-active", "teredowalld").status != 0)
            #expect(try await system.outcome("systemctl", "is-active", "teredowalld@blue").status != 0)
            #expect(try await system.ruleset() == rules)
            // These directories belong to the distribution, and a changed configuration to the administrator.
            let foldersOfDistribution = ["/usr/share/licenses d ", "/usr/share/zsh/site-functions d "]
            let left = try await system.files().symmetricDifference(files).filter {
                !$0.contains("/var/lib/rpm") && !foldersOfDistribution.contains($0)
            }
            #expect(left.allSatisfy { $0.hasPrefix("/etc/teredowall") }, "\(left)")
        }
    }

    /// The files of version 1.0 of all packages, as paths without the first "/".
    private func listing(_ folder: URL) async throws -> Set<String> {
        var files: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where name.contains("-1.0-1.") {  // version 1.0, release 1
            let text = try await DebianSystem.runOutside(
                "rpm", ["--query", "--package", "--list", folder.appending(path: name).path])
            files.formUnion(text.split(separator: "\n").map { String($0.dropFirst()) })
        }
        // The list contains directories too.
        return files.filter { path in !files.contains { $0.hasPrefix(path + "/") } }
    }

    /// The output of a program, which is one word and names the architecture of this machine.
    private func word(of program: String, _ arguments: String...) async throws -> String {
        try await DebianSystem.runOutside(program, arguments).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The path of the same file in the Debian package, which has libraries in a folder for their architecture.
    private static func asDebianHasIt(_ path: String, multiarch: String) -> String {
        path.replacing("usr/lib64/", with: "usr/lib/\(multiarch)/")
            .replacing("zsh/site-functions", with: "zsh/vendor-completions")
            .replacing(/^(usr\/share\/man\/.*)$/) { "\($0.1).gz" }
    }

    /// Builds packages with these options of scripts/package, with the fastest compression.
    private static func make(_ options: [String]) async throws {
        try await DebianSystem.runOutside(
            "env",
            [
                "DPKG_DEB_COMPRESSOR_TYPE=gzip", "DPKG_DEB_COMPRESSOR_LEVEL=1", "RPM_PAYLOAD=w1.gzdio",
                packageRoot.appending(path: "scripts/package").path, "--built", try #require(Build.shipped),
            ] + options)
    }

    /// A directory with two versions of the packages; made once.
    private static let packages = Task { () throws -> URL in
        let folder = packageRoot.appending(path: ".build/test-rpms")
        try? FileManager.default.removeItem(at: folder)  // from an earlier run
        for version in ["1.0", "1.1"] {
            try await make(["--rpm", "--version", version, "--output", folder.path])
        }
        return folder
    }
}
