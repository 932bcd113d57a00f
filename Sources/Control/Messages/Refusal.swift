// SPDX-License-Identifier: GPL-2.0-or-later

/// A varlink error as the answer to a call.
enum Refusal: Error, Hashable, Sendable {
    case interfaceNotFound(String)
    case methodNotFound(String)
    case invalidParameter(String)
    case expectedMore
    case notPermitted(method: String, user: UInt32)
    case notReady(reason: String)
    case rescanFailed(reason: String)
    case failed(reason: String)

    /// The refusal for an error of a handler.
    init(_ error: any Error) {
        switch error {
        case let refusal as Refusal: self = refusal
        case ControlError.notReady(let reason): self = .notReady(reason: reason)
        case ControlError.rescanFailed(let reason): self = .rescanFailed(reason: reason)
        case ControlError.failed(let reason): self = .failed(reason: reason)
        case is CancellationError: self = .notReady(reason: "it is stopping")
        default: self = .failed(reason: String(describing: error))
        }
    }

    /// The name of the varlink error.
    var name: String {
        switch self {
        case .interfaceNotFound: "org.varlink.service.InterfaceNotFound"
        case .methodNotFound: "org.varlink.service.MethodNotFound"
        case .invalidParameter: "org.varlink.service.InvalidParameter"
        case .expectedMore: "org.varlink.service.ExpectedMore"
        case .notPermitted: "io.teredowall.Exceptions.NotPermitted"
        case .notReady: "io.teredowall.Exceptions.NotReady"
        case .rescanFailed: "io.teredowall.Exceptions.RescanFailed"
        case .failed: "io.teredowall.Exceptions.Failed"
        }
    }

    var parameters: RefusalParameters {
        switch self {
        case .interfaceNotFound(let name): RefusalParameters(interface: name.shortened)
        case .methodNotFound(let name): RefusalParameters(method: name.shortened)
        case .invalidParameter(let name): RefusalParameters(parameter: name.shortened)
        case .expectedMore: RefusalParameters()
        case .notPermitted(let method, let user): RefusalParameters(method: method, uid: user)
        case .notReady(let reason), .rescanFailed(let reason), .failed(let reason):
            RefusalParameters(reason: reason)
        }
    }
}

/// The parameters of all varlink errors; each error has some of them.
struct RefusalParameters: Codable, Hashable, Sendable {
    var interface: String?
    var method: String?
    var parameter: String?
    var reason: String?
    var uid: UInt32?
}

extension ControlError {
    /// The client's error for a varlink error.
    init(name: String, parameters: RefusalParameters) {
        let reason = parameters.reason ?? "no reason given"
        switch name {
        case "io.teredowall.Exceptions.NotPermitted":
            self = .notPermitted(method: parameters.method ?? "This")
        case "io.teredowall.Exceptions.NotReady": self = .notReady(reason: reason)
        case "io.teredowall.Exceptions.RescanFailed": self = .rescanFailed(reason: reason)
        case "io.teredowall.Exceptions.Failed": self = .failed(reason: reason)
        default:
            let subject = parameters.interface ?? parameters.method ?? parameters.parameter ?? reason
            self = .misunderstood(error: name, subject: subject)
        }
    }
}

extension String {
    /// The text, cut to 200 characters: an error repeats no more of what the caller sent.
    fileprivate var shortened: String { String(prefix(200)) }
}
