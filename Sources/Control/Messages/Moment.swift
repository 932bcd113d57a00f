// SPDX-License-Identifier: GPL-2.0-or-later
internal import FoundationEssentials

/// A time in UTC, to the second. In JSON it is text as in RFC 3339: "2026-11-28T19:12:00Z".
public struct Moment: Hashable, Comparable, Sendable, Codable, ExpressibleByIntegerLiteral {
    /// Seconds since 1970-01-01 00:00 UTC.
    public var seconds: Int64

    public init(_ seconds: Int64) { self.seconds = seconds }

    public init(integerLiteral seconds: Int64) { self.seconds = seconds }

    /// The time as in RFC 3339.
    public var text: String { Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601) }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        seconds = Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public static func < (left: Moment, right: Moment) -> Bool { left.seconds < right.seconds }
}
