// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Platform

/// The value of `--color`.
enum ColourOption: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never

    var setting: Terminal.Colour {
        switch self {
        case .auto: .auto
        case .always: .always
        case .never: .never
        }
    }
}
