// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// Follows a client: receives events of the kernel as hints, and looks at sockets. It has no thread of its own.
///
/// A thread waits until one of ``sources`` has news or ``deadline`` has passed, and then takes a ``turn()``.
/// Belongs to the network namespace of the thread that created it.
struct PortTracker: Sendable {
    /// The pause after a failed look.
    static let failureGap = Duration.seconds(1)
    /// If the kernel reports binds, other hints serve as a safety net and are handled after this pause. It is
    /// also the shortest interval between looks caused by binds that lead to nothing, since any user can bind
    /// and close continuously.
    static let settling = Duration.milliseconds(250)

    /// The sources of hints.
    let sources: [any EventSource]
    private(set) var sighting: Sighting
    /// The number of complete looks, which list all sockets of the client.
    private(set) var looks = 0
    /// The exposure of the ports; nil if it is not tracked.
    private var exposure: ExposureTracker?
    /// The sighting of the last turn.
    private var reported: PortSighting?
    private let client: TeredoClient
    private let memory: ClientMemory
    private let table: SocketTable
    private let destroyEvents: SocketDestroyEvents
    private let links: LinkEvents
    private let binds: BindEvents?
    private var uid: UInt32?
    /// The sockets found by the last look, service sockets and others.
    private var sockets: [UDPSocket] = []
    private var schedule = LookSchedule(now: .now)
    private var interest: Interest?
    /// The indexes of the tunnel devices that are present.
    private var interfaces: Set<Int32> = []
    /// The time of the last complete look.
    private var lastLook: ContinuousClock.Instant?
    private var pendingBinds: PendingBinds?
    /// True when the last turn found a change, which the caller handles before the next turn.
    private var isUnsettled = false

    /// Binds whose sockets do not show their port yet, with the time of the next look and the end of the
    /// wait.
    private struct PendingBinds {
        var binds: [Bind]
        var due: ContinuousClock.Instant
        var end: ContinuousClock.Instant
    }

    /// The events requested from the kernel: ends of sockets with these ports, and binds by the user or to
    /// shareable ports.
    private struct Interest: Equatable {
        var uid: UInt32?
        var ports: [UInt16]
        /// The ports that are open, or would be if no other user had them.
        var shareable: [UInt16]
    }

    /// Opens the event sources, then looks once, so that no later change is missed.
    ///
    /// - Parameters:
    ///   - client: The client to follow.
    ///   - memory: The last sighting of lookups in this process, which is kept up to date.
    ///   - binds: Reports of binds, made on this thread; nil to do without.
    ///   - exposure: Tracks which ports may be opened; nil to do without.
    /// - Throws: ``SystemError`` when memory or descriptors are short, or when the first look fails.
    init(
        of client: TeredoClient, memory: ClientMemory, binds: BindEvents? = nil,
        exposure: ExposureTracker? = nil
    ) throws(SystemError) {
        self.client = client
        self.memory = memory
        self.binds = binds
        self.exposure = exposure
        destroyEvents = try SocketDestroyEvents()
        links = try LinkEvents()
        table = try SocketTable()
        // If the user database cannot be read, the user is looked up again later, as one that does not exist
        // yet.
        uid = (try? memory.uid(of: client)) ?? nil
        sighting = memory.sighting
        sources = [destroyEvents, links] + (binds.map { [$0] } ?? [])
        try binds?.choose(user: uid, ports: [])
        setSockets(try client.sockets(ofUser: uid, in: table))
        let services = sighting.service.sockets
        self.exposure?.update(services, in: table)
        reported = portSighting
        isUnsettled = true
    }

    /// The present sighting, in the form that is reported.
    var portSighting: PortSighting {
        PortSighting(
            sockets: sighting.service.sockets, main: sighting.main?.port,
            exposure: exposure?.exposure ?? .nothing)
    }

    /// The time of the next turn if there is no event.
    var deadline: ContinuousClock.Instant {
        if isUnsettled { return .now }
        return [exposure?.due, pendingBinds?.due].reduce(schedule.next) { min($0, $1 ?? $0) }
    }

    /// Handles the events that have arrived, without waiting, and looks if it is time.
    ///
    /// - Returns: True when the sighting has changed. Handle it, then take another turn at once.
    mutating func turn() -> Bool {
        if isUnsettled { listen() }
        takeNews()
        let now = ContinuousClock.now
        if schedule.next <= now { look(at: now) }
        // Determine the exposure before a port is reported.
        let (services, table) = (sighting.service.sockets, table)
        exposure?.update(services, in: table)
        let portSighting = portSighting
        defer { reported = portSighting }
        isUnsettled = portSighting != reported
        return isUnsettled
    }

    /// Looks up the user, and makes the next turn look at the client.
    mutating func rescan() {
        resolveUser()
        // Not needed for its result, since a complete look follows: it keeps this code in memory, so that a
        // change is handled fast.
        lookAtSingleSockets(takeBinds())
        schedule.requestLook(at: .now)
    }

    /// The client may be about to bind: looks repeatedly if the kernel does not report binds.
    mutating func expectBind() {
        if binds == nil { schedule.requestBurst(at: .now) }
    }

    /// Makes the next turn look at all sockets of the client.
    mutating func requestLook() { schedule.requestLook(at: .now) }

    // MARK: - Looks

    /// Records these sockets of the user as the present ones.
    private mutating func setSockets(_ found: [UDPSocket]) {
        sockets = found
        // A lookup of this process may have chosen another main port meanwhile.
        let before = memory.sighting
        sighting = Sighting(among: found, after: before)
        memory.remember(sighting, after: before)
    }

    private mutating func look(at start: ContinuousClock.Instant) {
        resolveUser()
        let before = sighting
        lastLook = start
        exposure?.requestLook(at: start)
        do {
            setSockets(try client.sockets(ofUser: uid, in: table))
            looks += 1
        } catch {
            // Keep the known sockets: the kernel was short of memory or the like. Another look follows soon.
            schedule.looked(from: start, to: .now, foundStart: false)
            schedule.requestLook(at: .now + Self.failureGap)
            return
        }
        schedule.looked(
            from: start, to: .now, foundStart: sighting.main != nil && sighting.main != before.main)
    }

    /// Looks at single sockets: the known ones and those just bound. Without reports of binds it is not known
    /// which socket has replaced a closed one: all sockets are looked at.
    private mutating func lookAtSingleSockets(_ new: [Bind] = []) {
        guard binds != nil else { return requestLook() }
        guard let uid, let cgroup = client.cgroup() else {
            // The user or the service is gone, perhaps just now.
            pendingBinds = nil
            return requestLook()
        }
        let bound = (pendingBinds?.binds ?? []) + new
        do {
            switch try ExactLook(in: table, uid: uid, cgroup: cgroup).sockets(among: sockets, and: bound) {
            case .found(let found, let isMissing):
                // Binds that happened before the end of a closed socket have been reported by now. Include
                // them: their sockets existed beside the closed one.
                if sockets.contains(where: { !found.contains($0) }) {
                    let late = takeBinds()
                    if !late.isEmpty { return lookAtSingleSockets(new + late) }
                }
                // Sockets that existed at the same time show which of them is for discovery.
                if !bound.isEmpty { setSockets(Array(Set(sockets).union(found))) }
                setSockets(found)
                pendingBinds = nil
                if isMissing { requestLookSparingly() }
            case .doubtful: requestFullLook()
            case .tooEarly: wait(for: bound)
            }
        } catch {
            requestFullLook()
        }
    }

    /// Requests a look at all sockets, and repeated looks if binds are pending; for cases that a look at
    /// single sockets cannot decide.
    private mutating func requestFullLook() {
        if exchange(&pendingBinds, with: nil) != nil { schedule.requestBurst(at: .now) }
        requestLook()
    }

    /// Looks at these binds again after a moment. If their sockets do not show a port in time, requests
    /// repeated looks at all sockets.
    private mutating func wait(for bound: [Bind]) {
        let end = pendingBinds?.end ?? .now + LookSchedule.burstLength
        pendingBinds = PendingBinds(binds: bound, due: .now + LookSchedule.burstGap, end: end)
        guard end < .now else { return }
        pendingBinds = nil
        schedule.requestBurst(at: .now)
    }

    /// Requests a look at all sockets, ``settling`` after the last one at the earliest.
    private mutating func requestLookSparingly() {
        let earliest = lastLook.map { $0 + Self.settling } ?? .now
        schedule.requestLook(at: max(.now, earliest))
    }

    private mutating func resolveUser() {
        do throws(SystemError) {
            uid = try memory.uid(of: client)
        } catch {
            // While the user database cannot be read, keep the known ID.
        }
        guard uid != interest?.uid else { return }
        listen()
        schedule.requestLook(at: .now)
    }

    // MARK: - Hints

    /// Takes the events that have arrived. After binds of the client, other events wait for the next turn, since
    /// reading each further source delays the report of the change; the look at the new sockets also finds
    /// sockets that have ended.
    private mutating func takeNews() {
        let bound = takeBinds()
        let hasEnd = bound.isEmpty && destroyEvents.drain()
        if hasEnd { exposure?.requestLook(at: .now) }
        let isDue = pendingBinds.map { $0.due <= .now } ?? false
        if hasEnd || isDue || !bound.isEmpty { lookAtSingleSockets(bound) }
        if bound.isEmpty { takeLinkEvents() }
    }

    /// Takes the reported binds and returns those by the client's user. A bind to one of the client's ports, or
    /// a lost report, also leads to looks at the exposure and at all sockets.
    private mutating func takeBinds() -> [Bind] {
        guard let (news, mayHaveLost) = binds?.take() else { return [] }
        let ports = sighting.service.ports
        // Here binds by any user count, since the caller of bind may not have created the socket.
        if mayHaveLost || news.contains(where: { ports.contains($0.port) }) {
            exposure?.expectChange(at: .now)
            requestLookSparingly()
        }
        return news.filter { $0.uid == uid && $0.address != nil }
    }

    private mutating func takeLinkEvents() {
        let events = links.drain()
        for event in events {
            switch event {
            case .present(let index, isTunnelDevice: true) where interfaces.insert(index).inserted:
                // A user may be created with the start of its service.
                if uid == nil {
                    memory.forgetUser()
                    resolveUser()
                }
                expectBind()
            case .present: break
            case .gone(let index): interfaces.remove(index)
            case .lost:
                interfaces = []
                expectBind()
            }
        }
        if !events.isEmpty { schedule.requestLook(at: binds == nil ? .now : .now + Self.settling) }
    }

    /// Requests events of the present sockets from the kernel, and looks at these sockets once more, since
    /// earlier events are not reported.
    private mutating func listen() {
        isUnsettled = false
        let ports = sighting.service.ports
        let wanted = Interest(
            uid: uid, ports: ports, shareable: exposure?.exposure.shareablePorts ?? ports)
        guard wanted != interest else { return }
        do throws(SystemError) {
            try destroyEvents.listen(toPorts: wanted.ports)
            try binds?.choose(user: uid, ports: wanted.shareable)
            interest = wanted
        } catch {
            // Fails only when memory is short: the request is repeated at the next change or look.
            interest = nil
            schedule.requestLook(at: .now + Self.failureGap)
        }
        if binds != nil || !wanted.ports.isEmpty { lookAtSingleSockets() }
        exposure?.expectChange(at: .now)
    }
}
