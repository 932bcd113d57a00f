// SPDX-License-Identifier: GPL-2.0-or-later
public import Foundation

/// The root directory of the package, derived from the path of this file.
public let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
