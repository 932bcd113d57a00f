// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

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
        let built = release ?? builtPrograms
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
