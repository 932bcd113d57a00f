// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The exposure of a client's service sockets, and the time to look for other sockets on their ports.
///
/// Looks when the service sockets have changed, and otherwise only when needed, since for each look the
/// kernel examines the host's UDP sockets once for each port and family.
struct ExposureTracker: Sendable {
    /// The pause after a failed look.
    static let failureGap = Duration.milliseconds(500)
    /// The shortest pause between looks caused by binds of other users, and the pause as a multiple of a
    /// look's duration: any user can bind and close continuously.
    static let rest = Duration.milliseconds(1)
    static let restPerCost = 4
    /// The time for which to look for a newly bound socket, at growing intervals. A socket may be bound for a
    /// moment before it shows its port, and longer if its program waits for a processor.
    static let searchDuration = Duration.milliseconds(250)

    private(set) var exposure = Exposure.nothing
    /// The time of the next look while the sockets stay the same; nil when none is due.
    private(set) var due: ContinuousClock.Instant?
    private var sockets: [UDPSocket] = []
    private var restUntil = ContinuousClock.now
    /// The interval of looks while a new socket is expected, and the end of that period.
    private var search: (gap: Duration, end: ContinuousClock.Instant)?

    /// Another user may have bound or closed a socket on one of the ports: looks soon, and for a while.
    mutating func expectChange(at now: ContinuousClock.Instant) {
        guard !sockets.isEmpty else { return }
        search = (Self.rest, now + Self.searchDuration)
        requestLook(at: now)
    }

    /// Makes the next update look, once the pause after the last look is over.
    mutating func requestLook(at now: ContinuousClock.Instant) {
        if !sockets.isEmpty { due = earliest(due, max(now, restUntil)) }
    }

    /// Updates the client's service sockets, the oldest first. Looks if they have changed or a look is due.
    mutating func update(_ new: [UDPSocket], in table: SocketTable) {
        let start = ContinuousClock.now
        guard new != sockets || due.map({ $0 <= start }) == true else { return }
        sockets = new
        due = nil
        do throws(SystemError) {
            exposure = try Exposure(of: new) { port throws(SystemError) in try table.sockets(onPort: port) }
        } catch {
            // If the look fails, no further port is opened; ports that are open and still the client's stay
            // open.
            exposure = exposure.limited(to: new)
            due = start + Self.failureGap
        }
        let end = ContinuousClock.now
        restUntil = end + max(Self.rest, (end - start) * Self.restPerCost)
        if new.isEmpty { search = nil }
        guard let (gap, searchEnd) = search else { return }
        search = end < searchEnd ? (gap * 2, searchEnd) : nil
        if search != nil { due = earliest(due, max(restUntil, end + gap)) }
    }
}

private func earliest(
    _ one: ContinuousClock.Instant?, _ other: ContinuousClock.Instant
) -> ContinuousClock.Instant {
    one.map { min($0, other) } ?? other
}

extension Exposure {
    /// The part of the exposure that belongs to one of these sockets.
    fileprivate func limited(to sockets: [UDPSocket]) -> Exposure {
        let endpoints = Set(sockets.map { Endpoint(of: $0) })
        return Exposure(
            open: open.filter(endpoints.contains),
            withheld: withheld.filter { endpoints.contains($0.endpoint) })
    }
}
