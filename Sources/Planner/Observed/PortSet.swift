// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// A set of ports. Port 0 is in it if port 1 is: no packet has port 0.
struct PortSet {
    /// The ranges in ascending order, with at least one port between two of them.
    private(set) var ranges: [ClosedRange<Int>] = []

    init(_ listed: [ClosedRange<Int>]) {
        for range in listed.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            let low = range.lowerBound == 1 ? 0 : range.lowerBound
            if let last = ranges.last, low <= last.upperBound + 1 {
                ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                ranges.append(low...max(low, range.upperBound))
            }
        }
    }

    /// The ports from one bound to another, both included and in network byte order; nil if the bounds are not those of one
    /// port number. Empty if the first is the greater.
    init?(from low: [UInt8], to high: [UInt8]) {
        guard low.count == 2, high.count == 2 else { return nil }
        let (first, last) = (Int(low[0]) << 8 | Int(low[1]), Int(high[0]) << 8 | Int(high[1]))
        self.init(first <= last ? [first...last] : [])
    }

    /// The ports for which a comparison with `value` is true; nil if the value is not that of one port number.
    init?(_ comparison: Comparison, _ value: [UInt8]) {
        let (least, most): ([UInt8], [UInt8]) = ([0, 0], [0xFF, 0xFF])
        switch comparison {
        case .equal, .notEqual: self.init(from: value, to: value)
        case .lessOrEqual, .greater: self.init(from: least, to: value)
        case .greaterOrEqual, .less: self.init(from: value, to: most)
        }
        switch comparison {
        case .notEqual, .greater, .less: self = complement
        default: break
        }
    }

    /// All other ports.
    var complement: PortSet {
        var others: [ClosedRange<Int>] = []
        var next = 0
        for range in ranges {
            if next < range.lowerBound { others.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= Int(UInt16.max) { others.append(next...Int(UInt16.max)) }
        return PortSet(others)
    }

    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// The properties that a condition depends on which these ports fulfil. A condition that all ports fulfil does not
    /// depend on the port. One on a range (`udp dport 1024-65535`) does, unless it spares very few. If all ports but a few
    /// fulfil it (`udp dport != { 53, 123 }`), the result is ``Facets/mostPorts``: its denial is that of the protocol.
    var facets: Facets {
        let (fewPorts, fewInOneRange) = (1024, 16)
        let spared = complement.count
        if spared == 0 { return [] }
        return spared < (ranges.count > 1 ? fewPorts : fewInOneRange) ? .mostPorts : .port
    }
}
