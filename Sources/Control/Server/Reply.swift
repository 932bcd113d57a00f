// SPDX-License-Identifier: GPL-2.0-or-later

/// Answers as frames that are ready to send.
enum Reply {
    /// `continues` is true when further answers follow.
    static func success(_ parameters: some Encodable, continues: Bool? = nil) -> [UInt8] {
        frame(Success(parameters: parameters, continues: continues))
    }

    static func failure(_ refusal: Refusal) -> [UInt8] {
        frame(Failure(error: refusal.name, parameters: refusal.parameters))
    }

    /// The parameters of an answer without content.
    struct Nothing: Codable {}

    private struct Success<Parameters: Encodable>: Encodable {
        let parameters: Parameters
        let continues: Bool?
    }

    private struct Failure: Encodable {
        let error: String
        let parameters: RefusalParameters
    }

    private static func frame(_ message: some Encodable) -> [UInt8] {
        do {
            return try JSON.encode(message) + [0]
        } catch {
            // JSON cannot represent infinity and NaN, which no answer contains.
            fatalError("cannot encode an answer: \(error)")
        }
    }
}

/// The answer of `GetInfo` of org.varlink.service. `url` is required there; the package names no page.
struct ServiceInfo: Codable, Hashable, Sendable {
    var vendor = "teredowall"
    var product = "teredowalld"
    var version: String
    var url = ""
    var interfaces = [Interfaces.serviceName, Interfaces.exceptionsName]
}

/// The answer of `GetInterfaceDescription` of org.varlink.service.
struct InterfaceDescription: Codable, Hashable, Sendable {
    var description: String
}
