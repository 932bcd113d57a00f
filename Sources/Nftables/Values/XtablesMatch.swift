// SPDX-License-Identifier: GPL-2.0-or-later

/// An xtables match (`-m NAME`) with the bytes of its private structure.
///
/// Every version of iptables-nft shows and saves rules with such matches correctly. Some versions show native
/// expressions incompletely, as a rule that matches more packets.
public struct XtablesMatch: Hashable, Sendable {
    public var name: String
    public var revision: UInt32
    /// The private structure, in host byte order, padded to the size that the kernel expects.
    public var data: [UInt8]
    /// The match in iptables' syntax.
    public var iptablesText: String

    /// `-m udp --dport N` (port in host byte order); needs ``Statement/matchUDP`` in the same rule.
    public static func udpDestinationPort(_ port: UInt16) -> XtablesMatch {
        udp(source: 0...UInt16.max, destination: port...port, iptablesText: "-m udp --dport \(port)")
    }

    /// `-m udp --sport N` (port in host byte order); needs ``Statement/matchUDP`` in the same rule.
    public static func udpSourcePort(_ port: UInt16) -> XtablesMatch {
        udp(source: port...port, destination: 0...UInt16.max, iptablesText: "-m udp --sport \(port)")
    }

    /// `-m owner --uid-owner N`: sent by a socket of this user.
    public static func owner(user: UInt32) -> XtablesMatch {
        // struct xt_owner_match_info: the first and last user ID, the first and last group ID, the properties to
        // match, the properties to invert.
        let matchesUser: UInt8 = 1
        let data = numbers(user, user, 0, 0) + [matchesUser, 0]
        return XtablesMatch("owner", revision: 1, data, iptablesText: "-m owner --uid-owner \(user)")
    }

    /// `-m time --datestart T --datestop T`: matches from the first to the last second of `span` (since
    /// 1970-01-01 00:00 UTC), both included.
    ///
    /// The text with which nft lists the match can be loaded again, in every time zone, only for spans between
    /// 1970-01-02 and the beginning of 2038.
    public static func time(_ span: ClosedRange<UInt32>) -> XtablesMatch {
        // struct xt_time_info: first and last date, first and last second of the day, days of the month, days
        // of the week; UTC.
        let (lastSecondOfDay, everyDayOfMonth): (UInt32, UInt32) = (86_399, 0xFFFF_FFFE)
        let everyDayOfWeek: UInt8 = 0xFE
        let data =
            numbers(span.lowerBound, span.upperBound, 0, lastSecondOfDay, everyDayOfMonth)
            + [everyDayOfWeek, 0]
        let (start, stop) = (
            UTCDate(secondsSince1970: span.lowerBound), UTCDate(secondsSince1970: span.upperBound)
        )
        return XtablesMatch(
            "time", revision: 0, data, iptablesText: "-m time --datestart \(start) --datestop \(stop)")
    }

    /// `-m comment --comment TEXT`; longer texts are cut to 255 bytes.
    public static func comment(_ text: String) -> XtablesMatch {
        let size = 256
        let text = Array(text.utf8.prefix(size - 1))
        return XtablesMatch(
            "comment", revision: 0, text + Array(repeating: 0, count: size - text.count),
            iptablesText: "-m comment --comment \"\(String(decoding: text, as: UTF8.self))\"")
    }

    private init(_ name: String, revision: UInt32, _ data: [UInt8], iptablesText: String) {
        self.name = name
        self.revision = revision
        // XT_ALIGN: the kernel requires a size that is a multiple of the alignment of a 64-bit number.
        let alignment = MemoryLayout<UInt64>.alignment
        self.data = data + Array(repeating: 0, count: (alignment - data.count % alignment) % alignment)
        self.iptablesText = iptablesText
    }

    private static func udp(
        source: ClosedRange<UInt16>, destination: ClosedRange<UInt16>, iptablesText: String
    ) -> XtablesMatch {
        // struct xt_udp: two ranges of ports in host byte order, flags to invert.
        let ports = [source.lowerBound, source.upperBound, destination.lowerBound, destination.upperBound]
        return XtablesMatch(
            "udp", revision: 0, ports.flatMap(\.hostOrderBytes) + [0], iptablesText: iptablesText)
    }
}

extension Expression {
    /// The text of the expression if it is an iptables comment, else nil.
    public var xtablesComment: String? {
        guard case .match("comment", 0, let data) = self else { return nil }
        return String(decoding: data.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The time span, in seconds since 1970, if the expression is a time match of the revision that we write, else
    /// nil.
    public var xtablesTime: ClosedRange<UInt32>? {
        guard case .match("time", 0, let data) = self, data.count >= 8 else { return nil }
        let (start, stop) = (UInt32(hostOrder: data[0..<4]), UInt32(hostOrder: data[4..<8]))
        return start <= stop ? start...stop : nil
    }
}

/// The bytes of 32-bit numbers, each in host byte order.
private func numbers(_ all: UInt32...) -> [UInt8] { all.flatMap(\.hostOrderBytes) }

/// A time in iptables' syntax: "2026-11-26T05:00:00", in UTC.
private struct UTCDate: CustomStringConvertible {
    let description: String

    init(secondsSince1970 second: UInt32) {
        // The algorithm "civil_from_days" by Howard Hinnant. It counts days and months from 1 March of the year 0,
        // which is 719 468 days before 1970, so that a leap day is the last day of its year. Four years have 1 461
        // days, a century has 36 524, an era of 400 years has 146 097; five months from March or from August have 153.
        let day = Int(second / 86_400) + 719_468
        let era = day / 146_097
        let dayOfEra = day % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        let (hour, minute) = (Int(second) / 3600 % 24, Int(second) / 60 % 60)
        func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        description =
            "\(year)-\(twoDigits(month))-\(twoDigits(dayOfMonth))"
            + "T\(twoDigits(hour)):\(twoDigits(minute)):\(twoDigits(Int(second) % 60))"
    }
}
