// SPDX-License-Identifier: GPL-2.0-or-later
internal import FoundationEssentials

/// The JSON coder. It and ``Moment`` are the only uses of FoundationEssentials.
enum JSON {
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws -> Value
    {
        try JSONDecoder().decode(type, from: Data(bytes))
    }

    static func encode(_ value: some Encodable, pretty: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return [UInt8](try encoder.encode(value))
    }
}

/// A value as JSON text with sorted keys; `pretty` puts each member on a line of its own.
public func jsonText(of value: some Encodable, pretty: Bool = true) throws -> String {
    String(decoding: try JSON.encode(value, pretty: pretty), as: UTF8.self)
}
