// SPDX-License-Identifier: GPL-2.0-or-later

/// The error of a condition that did not become true in time, with a description of the state at the
/// deadline.
public struct DeadlineMissed: Error, CustomStringConvertible {
    public var description: String
}

/// Repeats `condition` every 20 ms until it returns a value, and returns the value. Throws ``DeadlineMissed`` with
/// `what` and the text of `seen` when `limit` has passed, and the errors of `condition` at once. For conditions that no
/// event reports.
@discardableResult
public func eventually<Value: Sendable>(
    _ what: String, within limit: Duration = .seconds(30), seen: () async throws -> String = { "" },
    _ condition: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now.advanced(by: limit)
    while true {
        if let value = try await condition() { return value }
        if ContinuousClock.now >= end {
            throw DeadlineMissed(description: "not within \(limit): \(what)\n\(try await seen())")
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Repeats `condition` until it returns true; otherwise like the function above.
public func eventually(
    _ what: String, within limit: Duration = .seconds(30), seen: () async throws -> String = { "" },
    holds condition: () async throws -> Bool
) async throws {
    try await eventually(what, within: limit, seen: seen) { try await condition() ? true : nil }
}
