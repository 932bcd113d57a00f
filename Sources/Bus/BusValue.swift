// SPDX-License-Identifier: GPL-2.0-or-later
internal import CBus
internal import Platform

/// A D-Bus value, reduced to what is needed here: integers of all widths and booleans are numbers, and a
/// variant is its content.
public indirect enum BusValue: Hashable, Sendable {
    case text(String)
    case number(Int64)
    /// An array or a struct.
    case list([BusValue])
    /// An array of dictionary entries with text keys.
    case dictionary([String: BusValue])

    /// The text; nil for another kind of value.
    public var text: String? {
        guard case .text(let value) = self else { return nil }
        return value
    }

    /// The number; nil for another kind of value. A 64-bit unsigned number above `Int64.max` is negative here.
    public var number: Int64? {
        guard case .number(let value) = self else { return nil }
        return value
    }

    /// The values of the list; nil for another kind of value.
    public var list: [BusValue]? {
        switch self {
        case .list(let values): values
        // An empty array may be of any type, also of dictionary entries.
        case .dictionary(let entries) where entries.isEmpty: []
        default: nil
        }
    }

    /// The values of a list of texts; nil for another kind of value.
    public var texts: [String]? {
        guard let list else { return nil }
        let texts = list.compactMap(\.text)
        return texts.count == list.count ? texts : nil
    }

    /// The entries of the dictionary; nil for another kind of value.
    public var dictionary: [String: BusValue]? {
        switch self {
        case .dictionary(let entries): entries
        case .list(let values) where values.isEmpty: [:]
        default: nil
        }
    }
}

/// All values of a message, from its cursor on. Throws ``BusError/unexpected(operation:)`` for a type that
/// ``BusValue`` cannot hold, such as a dictionary with other keys than texts.
func values(of message: OpaquePointer, operation: String) throws(BusError) -> [BusValue] {
    var containers = [Container(type: 0)]
    while true {
        var value = unsafe cbus_value()
        let status = unsafe cbus_message_read(message, &value)
        guard status == 0, let last = containers.indices.last else { throw .unexpected(operation: operation) }
        switch unsafe cbus_kind(UInt32(value.kind)) {
        case CBUS_END:
            return containers[0].values
        case CBUS_STRING:
            containers[last].values.append(.text(unsafe String(cString: value.text)))
        case CBUS_NUMBER:
            containers[last].values.append(.number(unsafe value.number))
        case CBUS_OPEN:
            containers.append(Container(type: unsafe value.number))
        default:  // CBUS_CLOSE
            guard last > 0, containers.removeLast().close(into: &containers[last - 1]) else {
                throw .unexpected(operation: operation)
            }
        }
    }
}

/// A container whose values are being read.
private struct Container {
    /// The D-Bus type: an ASCII letter, or 0 for the message itself.
    let type: Int64
    var values: [BusValue] = []
    /// The entries, if the container is a dictionary.
    var entries: [String: BusValue] = [:]

    init(type: Int64) { self.type = type }

    /// Adds the content to the enclosing container. Returns false when it is not valid there.
    func close(into outer: inout Container) -> Bool {
        switch UInt8(truncatingIfNeeded: type) {
        case UInt8(ascii: "v"):
            guard values.count == 1 else { return false }
            outer.values.append(values[0])
        case UInt8(ascii: "e"):
            guard values.count == 2, let key = values[0].text else { return false }
            outer.entries[key] = values[1]
        default:
            outer.values.append(entries.isEmpty ? .list(values) : .dictionary(entries))
        }
        return true
    }
}
