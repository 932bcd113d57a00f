// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

/// A failed call. An error of this type that a handler throws reaches the client as the same case.
public enum ControlError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Changing anything is for root.
    case notPermitted(method: String)
    /// The daemon is starting or stopping.
    case notReady(reason: String)
    /// Looking again did not work out; what was open before still is.
    case rescanFailed(reason: String)
    /// Anything else that the daemon could not do.
    case failed(reason: String)
    /// An error that varlink itself defines, which speaks of different versions: its name, what it is about.
    case misunderstood(error: String, subject: String)
    /// Nobody listens, or the connection broke.
    case unreachable(SystemError)
    /// No answer in time.
    case timedOut
    /// The other end hung up, or does not speak varlink.
    case broken(reason: String)

    public var description: String {
        switch self {
        case .notPermitted(let method): "\(method) is for root only"
        case .notReady(let reason): "teredowalld is not ready: \(reason)"
        case .rescanFailed(let reason): "teredowalld could not look again: \(reason)"
        case .failed(let reason): "teredowalld failed: \(reason)"
        case .misunderstood(let error, let subject): "teredowalld answered \(error) (\(subject))"
        case .unreachable(let error): error.description
        case .timedOut: "teredowalld did not answer in time"
        case .broken(let reason): "the answer of teredowalld is unusable: \(reason)"
        }
    }
}
