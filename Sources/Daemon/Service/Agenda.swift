// SPDX-License-Identifier: GPL-2.0-or-later

/// The timers of the service.
struct Agenda {
    enum Duty: CaseIterable {
        /// Renew the leases.
        case renew
        /// Read the ruleset and repair it.
        case look
        /// Add what was held back while another program was emptying chains.
        case settle
        /// Feed the service manager's watchdog.
        case watchdog
    }

    private var times: [Duty: ContinuousClock.Instant] = [:]

    /// Sets the time of a duty, replacing an earlier time.
    mutating func set(_ duty: Duty, at time: ContinuousClock.Instant) { times[duty] = time }

    /// The time of a duty; nil when it is not scheduled.
    func time(of duty: Duty) -> ContinuousClock.Instant? { times[duty] }

    /// The earliest time of all duties.
    var next: ContinuousClock.Instant? { times.values.min() }

    /// Removes and returns the duties whose time has come.
    mutating func takeDue(at now: ContinuousClock.Instant) -> [Duty] {
        let due = Duty.allCases.filter { duty in times[duty].map { $0 <= now } ?? false }
        for duty in due { times[duty] = nil }
        return due
    }
}
