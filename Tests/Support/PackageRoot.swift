// SPDX-License-Identifier: GPL-2.0-or-later
public import Foundation

/// The root directory of the package, derived from the path of this file.
public let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The directory of the programs of this package, which is that of the test bundle.
public let builtPrograms = URL(
    fileURLWithPath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
).deletingLastPathComponent()

/// The path of a program of this package.
public func built(_ program: String) -> String { builtPrograms.appending(path: program).path }
