// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// What of a client's service sockets may be open, and when to look at who else has their ports.
///
/// It looks when the sockets are others than before, and then only as far as it has to: each look goes once through the
/// host's table of UDP sockets for each port and family.
struct ExposureTracker: Sendable {
    /// The pause after a look that failed.
    static let failureGap = Duration.milliseconds(500)
    /// Looks that somebody else's binds lead to are at least this long apart, and leave four fifths of the time to
    /// others: anybody can bind and close all day.
    static let rest = Duration.milliseconds(1)
    static let restPerCost = 4
    /// A socket may be bound for a moment before it shows its port, for longer where its program has to wait for the
    /// processor. So long it is looked for again, ever more rarely.
    static let patience = Duration.milliseconds(250)

    private(set) var exposure = Exposure.nothing
    /// The time of the next look though the sockets are the same; nil when none is due.
    private(set) var due: ContinuousClock.Instant?
    private var sockets: [UDPSocket] = []
    private var restUntil = ContinuousClock.now
    /// The interval of looks while a new socket is expected, and the end of that.
    private var search: (gap: Duration, end: ContinuousClock.Instant)?

    /// Somebody else may have come to one of the ports, or have gone: has that looked at soon, and for a while.
    mutating func expectChange(at now: ContinuousClock.Instant) {
        guard !sockets.isEmpty else { return }
        search = (Self.rest, now + Self.patience)
        requestLook(at: now)
    }

    /// Has the next update look.
    mutating func requestLook(at now: ContinuousClock.Instant) {
        if !sockets.isEmpty { due = earliest(due, max(now, restUntil)) }
    }

    /// The client's service sockets are now these, the oldest first. Looks when they are others, or a look is due.
    mutating func update(_ new: [UDPSocket], in table: SocketTable) {
        let start = ContinuousClock.now
        guard new != sockets || due.map({ $0 <= start }) == true else { return }
        sockets = new
        due = nil
        do throws(SystemError) {
            exposure = try Exposure(of: new) { port throws(SystemError) in try table.sockets(onPort: port) }
        } catch {
            // A port that cannot be looked at is not opened; one that is open and still the client's stays open.
            exposure = exposure.limited(to: new)
            due = start + Self.failureGap
        }
        let end = ContinuousClock.now
        restUntil = end + max(Self.rest, (end - start) * Self.restPerCost)
        if new.isEmpty { search = nil }
        guard let (gap, last) = search else { return }
        search = end < last ? (gap * 2, last) : nil
        if search != nil { due = earliest(due, max(restUntil, end + gap)) }
    }
}

private func earliest(
    _ one: ContinuousClock.Instant?, _ other: ContinuousClock.Instant
) -> ContinuousClock.Instant {
    one.map { min($0, other) } ?? other
}

extension Exposure {
    /// The part of it that is still about one of these sockets.
    fileprivate func limited(to sockets: [UDPSocket]) -> Exposure {
        let endpoints = Set(sockets.map { Endpoint(of: $0) })
        return Exposure(
            open: open.filter(endpoints.contains),
            withheld: withheld.filter { endpoints.contains($0.endpoint) })
    }
}
