// SPDX-License-Identifier: GPL-2.0-or-later

/// Timers of the service's own duties.
struct Agenda {
    enum Duty: CaseIterable {
        /// Lengthen the lives of what is open.
        case renew
        /// Look at the ruleset.
        case look
        /// Put back what was left to others who were emptying chains.
        case settle
        /// Tell the service manager that we are alive.
        case feed
    }

    private var times: [Duty: ContinuousClock.Instant] = [:]

    /// Replaces an earlier time of the same duty.
    mutating func set(_ duty: Duty, at time: ContinuousClock.Instant) { times[duty] = time }

    /// The time of this duty; nil when it is not on the agenda.
    func time(of duty: Duty) -> ContinuousClock.Instant? { times[duty] }

    /// The time of the first of them.
    var next: ContinuousClock.Instant? { times.values.min() }

    /// The duties whose time has come; they are struck off.
    mutating func takeDue(at now: ContinuousClock.Instant) -> [Duty] {
        let due = Duty.allCases.filter { duty in times[duty].map { $0 <= now } ?? false }
        for duty in due { times[duty] = nil }
        return due
    }
}
