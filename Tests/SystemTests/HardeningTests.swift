// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the hardening of the release binaries as `scripts/install` installs them.
@Suite(.enabled(if: Build.canPackage, "needs TEREDOWALL_BUILT, which scripts/test sets"))
struct HardeningTests {
    /// The maximal size of a binary in bytes, as in scripts/lib/release.sh.
    static let maximalSize = 17_500_000

    @Test
    func `each binary is small, position independent, read-only once relocated, without executable stack`()
        async throws
    {
        let binaries = try await Self.installed.value
        #expect(binaries.count == 3)  // teredowalld, teredowall and libteredoport.so
        for binary in binaries {
            let name = binary.lastPathComponent
            let dynamic = try await DebianSystem.runOutside("readelf", ["--dynamic", "--wide", binary.path])
            let header = try await DebianSystem.runOutside("readelf", ["--file-header", binary.path])
            #expect(header.contains("DYN ("), "\(name) is not position independent")
            #expect(dynamic.contains("BIND_NOW"), "\(name) binds lazily")
            #expect(!dynamic.contains("PATH)"), "\(name) has an RPATH or a RUNPATH")
            #expect(!dynamic.contains("TEXTREL"), "\(name) relocates its text")

            let segments = try await ShippedBinaries.segments(of: binary)
            let relro = try #require(segments.first { $0.type == "GNU_RELRO" }, "\(name) has no RELRO")
            // The data segment begins with the part that becomes read-only after relocation (GNU_RELRO),
            // which includes some MB of Swift metadata. Only variables, less than 1 MB, remain writable.
            let writable = segments.filter { $0.type == "LOAD" && $0.isWritable }
            #expect(writable.count == 1, "\(name)")
            let data = try #require(writable.first, "\(name) has no data segment").addresses
            #expect(data.lowerBound == relro.addresses.lowerBound, "\(name)")
            #expect(data.upperBound - relro.addresses.upperBound < 1_000_000, "\(name)")
            let stack = try #require(segments.first { $0.type == "GNU_STACK" }, "\(name) has no GNU_STACK")
            // Every stack is writable: this shows that the flags are read.
            #expect(stack.isWritable, "\(name)")
            #expect(!stack.isExecutable, "\(name) has an executable stack")
            let size = try FileManager.default.attributesOfItem(atPath: binary.path)[.size] as? Int
            print("\(name): \(size ?? 0) bytes, writable \(data.upperBound - relro.addresses.upperBound)")
            #expect(try #require(size) <= Self.maximalSize, "\(name)")
        }
    }

    @Test func `the C code of the programs has checks of buffer sizes and a stack protector`() async throws {
        for binary in try await Self.installed.value where binary.lastPathComponent.hasPrefix("teredowall") {
            let symbols = try await DebianSystem.runOutside("readelf", ["--dyn-syms", "--wide", binary.path])
            #expect(symbols.contains("__stack_chk_fail"), "\(binary.lastPathComponent)")
            // A function of _FORTIFY_SOURCE, with the version of its symbol: "__memcpy_chk@GLIBC_2.3.4".
            #expect(symbols.contains("_chk@"), "\(binary.lastPathComponent)")
        }
    }

    @Test func `no path of the build folder is left in a binary`() async throws {
        for binary in try await Self.installed.value {
            let contents = try Data(contentsOf: binary)
            #expect(contents.range(of: Data(packageRoot.path.utf8)) == nil, "\(binary.lastPathComponent)")
        }
    }

    /// The binaries, installed under a directory of their own.
    private static let installed = Task { () throws -> [URL] in
        let folder = packageRoot.appending(path: ".build/test-installation")
        try? FileManager.default.removeItem(at: folder)  // from an earlier run
        try await DebianSystem.runOutside(
            packageRoot.appending(path: "scripts/install").path,
            ["--prefix", "/usr", "--destdir", folder.path, "--built", try #require(Build.shipped)])
        return try ShippedBinaries.all(below: folder)
    }
}
