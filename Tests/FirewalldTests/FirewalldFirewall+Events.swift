// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Planner
import TestSupport

extension FirewalldFirewall {
    /// Waits for the next event for which `isWanted` is true, and skips the ones before it.
    func event(
        _ what: String, within limit: Duration = .seconds(30),
        _ isWanted: @escaping @Sendable (FirewalldEvent) -> Bool
    ) async throws -> FirewalldEvent {
        try await withThrowingTaskGroup(of: FirewalldEvent?.self) { group in
            group.addTask { [events] in await events.first(where: isWanted) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw Unexpected(description: "not within \(limit): \(what)")
            }
            defer { group.cancelAll() }
            guard let event = try await group.next() ?? nil else {
                throw Unexpected(description: "events ended before: \(what)")
            }
            return event
        }
    }
}

extension FirewalldFirewall {
    /// Applies the openings to the current ruleset.
    @discardableResult
    func apply(
        _ openings: Openings?, policy: Policy = Policy(), on host: FirewalldHost
    ) async throws -> FirewalldState {
        try apply(openings, policy: policy, ruleset: try await host.ruleset())
    }
}
