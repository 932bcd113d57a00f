// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

/// The error of a call. If a handler throws `notReady`, `rescanFailed` or `failed`, the client receives the same
/// case; any other error of a handler becomes `failed`.
public enum ControlError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call is for root only.
    case notPermitted(method: String)
    /// The daemon is starting or stopping.
    case notReady(reason: String)
    /// The new examination failed; what was open stays open.
    case rescanFailed(reason: String)
    /// Any other failure of the daemon.
    case failed(reason: String)
    /// An error that varlink itself defines, typically because of a wrong parameter or between different versions: its
    /// name and subject.
    case misunderstood(error: String, subject: String)
    /// No process listens, or the connection was lost.
    case unreachable(SystemError)
    /// There was no answer in time.
    case timedOut
    /// The other end closed the connection or does not speak varlink: `reason` is the whole message.
    case broken(reason: String)

    public var description: String {
        switch self {
        case .notPermitted(let method): "\(method) is for root only"
        case .notReady(let reason): "teredowalld is not ready: \(reason)"
        case .rescanFailed(let reason): "teredowalld could not examine the firewall again: \(reason)"
        case .failed(let reason): "teredowalld failed: \(reason)"
        case .misunderstood("org.varlink.service.InvalidParameter", let parameter):
            "teredowalld does not accept the parameter \(parameter); after an upgrade, restart it"
        case .misunderstood(let error, let subject):
            "teredowalld answered \(error) (\(subject)); after an upgrade, restart it"
        case .unreachable(let error): error.description
        case .timedOut: "teredowalld did not answer in time"
        case .broken(let reason): reason
        }
    }
}
