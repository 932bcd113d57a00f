// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the hardening of the release binaries as `scripts/install` installs them.
@Suite(.enabled(if: Build.canPackage, "needs TEREDOWALL_BUILT, which scripts/test sets"))
struct HardeningTests {
    /// The maximal size of a binary, in bytes.
    static let largest = 17_500_000

    @Test func `every binary is position independent, relocated at start and read-only after it`()
        async throws
    {
        let binaries = try await Self.installed.value
        #expect(binaries.count == 3)
        for binary in binaries {
            let name = binary.lastPathComponent
            let dynamic = try await DebianSystem.runOutside("readelf", ["--dynamic", "--wide", binary.path])
            let header = try await DebianSystem.runOutside("readelf", ["--file-header", binary.path])
            #expect(header.contains("DYN ("), "\(name) is not position independent")
            #expect(dynamic.contains("BIND_NOW"), "\(name) binds lazily")
            #expect(!dynamic.contains("PATH)"), "\(name) has a RUNPATH")
            #expect(!dynamic.contains("TEXTREL"), "\(name) relocates its text")

            let segments = try await ShippedBinaries.segments(of: binary)
            let relro = try #require(segments.first { $0.type == "GNU_RELRO" }, "\(name) has no RELRO")
            // The data segment begins with the part that becomes read-only after relocation (GNU_RELRO),
            // which includes some MB of Swift metadata. Only variables, less than 1 MB, remain writable.
            let writable = segments.filter { $0.type == "LOAD" && $0.isWritable }
            #expect(writable.count == 1)
            let data = try #require(writable.first).addresses
            #expect(data.lowerBound == relro.addresses.lowerBound)
            #expect(data.upperBound - relro.addresses.upperBound < 1_000_000, "\(name)")
            let stack = try #require(segments.first { $0.type == "GNU_STACK" })
            #expect(stack.isWritable)
            #expect(!stack.isExecutable, "\(name) has an executable stack")
            let size = try FileManager.default.attributesOfItem(atPath: binary.path)[.size] as? Int
            print("\(name): \(size ?? 0) bytes, writable \(data.upperBound - relro.addresses.upperBound)")
            #expect(try #require(size) <= Self.largest)
        }
    }

    @Test func `the C code has checks of buffer sizes and a stack protector`() async throws {
        for binary in try await Self.installed.value where binary.lastPathComponent.hasPrefix("teredowall") {
            let symbols = try await DebianSystem.runOutside("readelf", ["--dyn-syms", "--wide", binary.path])
            #expect(symbols.contains("__stack_chk_fail"), "\(binary.lastPathComponent)")
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
