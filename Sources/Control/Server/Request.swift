// SPDX-License-Identifier: GPL-2.0-or-later

/// One call, as a client sent it.
struct Request: Sendable {
    enum Method: Hashable, Sendable {
        case getInfo
        case getInterfaceDescription(InterfaceDescription)
        case getStatus
        case getPort
        case subscribe
        case rescan(interface: String?)
        case plan

        /// True for calls that only root may make, as they change something or take the daemon's time.
        var isForRoot: Bool {
            switch self {
            case .rescan, .plan: true
            default: false
            }
        }

        /// The lane in which the call waits.
        var lane: CallQueue.Lane {
            switch self {
            case .rescan: .changing
            case .getPort: .port
            default: .reading
            }
        }
    }

    /// The method's name as the client wrote it.
    let name: String
    /// The method; a refusal if there is no such method or its parameters are wrong.
    let method: Result<Method, Refusal>
    /// True when the client wants no answer, whatever the result.
    let oneway: Bool

    /// Throws when the frame is not a varlink call, so that it cannot be answered.
    init(frame: [UInt8]) throws {
        self = try JSON.decode(Request.self, from: frame)
    }
}

extension Request: Decodable {
    private enum Key: String, CodingKey {
        case method, parameters, more, oneway, upgrade
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        name = try container.decode(String.self, forKey: .method)
        oneway = try container.decodeIfPresent(Bool.self, forKey: .oneway) ?? false
        let more = try container.decodeIfPresent(Bool.self, forKey: .more) ?? false
        let upgrade = try container.decodeIfPresent(Bool.self, forKey: .upgrade) ?? false
        do throws(Refusal) {
            if upgrade { throw .invalidParameter("upgrade") }
            let (interface, member) = try Self.split(name)
            let parameters = try Parameters(container)
            let method: Method =
                switch interface {
                case Interfaces.serviceName: try Self.serviceMethod(member, parameters)
                case Interfaces.exceptionsName: try Self.exceptionsMethod(member, parameters)
                default: throw .interfaceNotFound(interface)
                }
            if method == .subscribe {
                if oneway { throw .invalidParameter("oneway") }
                if !more { throw .expectedMore }
            }
            self.method = .success(method)
        } catch {
            method = .failure(error)
        }
    }

    private static func split(_ name: String) throws(Refusal) -> (interface: String, member: String) {
        guard let dot = name.lastIndex(of: ".") else { throw .invalidParameter("method") }
        return (String(name[..<dot]), String(name[name.index(after: dot)...]))
    }

    private static func serviceMethod(
        _ member: String, _ parameters: Parameters
    ) throws(Refusal) -> Method {
        switch member {
        case "GetInfo":
            try parameters.allow([])
            return .getInfo
        case "GetInterfaceDescription":
            try parameters.allow(["interface"])
            guard let interface = try parameters.string("interface") else {
                throw .invalidParameter("interface")
            }
            guard let description = Interfaces.description(of: interface) else {
                throw .interfaceNotFound(interface)
            }
            return .getInterfaceDescription(InterfaceDescription(description: description))
        default: throw .methodNotFound("\(Interfaces.serviceName).\(member)")
        }
    }

    private static func exceptionsMethod(
        _ member: String, _ parameters: Parameters
    ) throws(Refusal) -> Method {
        try parameters.allow(member == "Rescan" ? ["interface"] : [])
        switch member {
        case "GetStatus": return .getStatus
        case "GetPort": return .getPort
        case "Subscribe": return .subscribe
        case "Plan": return .plan
        case "Rescan": return .rescan(interface: try parameters.interfaceName("interface"))
        default: throw .methodNotFound("\(Interfaces.exceptionsName).\(member)")
        }
    }

    /// The parameters of a call. Unknown ones are refused, so that a misspelt one does not count as missing.
    private struct Parameters {
        private let container: KeyedDecodingContainer<Name>?

        init(_ call: KeyedDecodingContainer<Key>) throws(Refusal) {
            if !call.contains(.parameters) || (try? call.decodeNil(forKey: .parameters)) == true {
                container = nil
                return
            }
            do {
                container = try call.nestedContainer(keyedBy: Name.self, forKey: .parameters)
            } catch {
                throw .invalidParameter("parameters")
            }
        }

        /// Throws if there are parameters with other names than these.
        func allow(_ names: [String]) throws(Refusal) {
            for key in container?.allKeys ?? [] where !names.contains(key.stringValue) {
                throw .invalidParameter(key.stringValue)
            }
        }

        /// The parameter with this name; nil if it is missing or null. Throws if it is not a string.
        func string(_ name: String) throws(Refusal) -> String? {
            do {
                return try container?.decodeIfPresent(String.self, forKey: Name(stringValue: name))
            } catch {
                throw .invalidParameter(name)
            }
        }

        /// The parameter with this name, as ``string(_:)``. Throws if it is not a name that the kernel permits for an
        /// interface, so that log lines contain no other text.
        func interfaceName(_ name: String) throws(Refusal) -> String? {
            guard let value = try string(name) else { return nil }
            let plain = value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }
            guard (1...15).contains(value.utf8.count), plain else { throw .invalidParameter(name) }
            return value
        }
    }

    /// The name of a parameter.
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
