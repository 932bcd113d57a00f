// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
public import Testing

extension Trait where Self == ConditionTrait {
    /// Runs only as root. Where the kernel tests are required (scripts/test) nothing is skipped: without root
    /// the test then fails.
    public static var enabledAsRoot: Self {
        let required = ProcessInfo.processInfo.environment["TEREDOWALL_REQUIRE_KERNEL"] == "1"
        return .enabled(if: geteuid() == 0 || required, "needs root")
    }
}
