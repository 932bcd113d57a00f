// SPDX-License-Identifier: GPL-2.0-or-later
public import Bus
public import Platform

/// The reason why the exceptions in firewalld could not be looked at or changed.
public enum FirewalldError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A call to firewalld failed.
    case call(BusError)
    /// The interfaces in use could not be listed.
    case interfaces(SystemError)

    public var description: String {
        switch self {
        case .call(let error): "firewalld: \(error)"
        case .interfaces(let error): error.description
        }
    }
}
