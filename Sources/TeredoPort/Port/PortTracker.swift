// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The state of the thread that follows a client: it takes the kernel's hints, and looks.
///
/// Whatever thread it is waits until one of ``sources`` has news or ``deadline`` has passed, and then takes a ``turn()``.
/// Belongs to the network namespace of the thread that made it.
struct PortTracker: Sendable {
    /// The pause after a look that failed.
    static let failureGap = Duration.seconds(1)
    /// Where the kernel tells binds, other hints are a net below it, and are followed when things have settled. Looks
    /// that binds which lead to nothing ask for are that long apart, too: anybody can bind and close all day.
    static let settling = Duration.milliseconds(250)

    /// The sources of the hints.
    let sources: [any EventSource]
    private(set) var sighting: Sighting
    /// Number of whole looks.
    private(set) var looks = 0
    /// nil where exposure is not followed.
    private var exposure: ExposureTracker?
    /// The sighting of the last turn.
    private var told: PortSighting?
    private let client: TeredoClient
    private let memory: ClientMemory
    private let table: SocketTable
    private let destroyEvents: SocketDestroyEvents
    private let links: LinkEvents
    private let binds: BindEvents?
    private var uid: UInt32?
    /// The sockets that the last look found, service sockets and others.
    private var sockets: [UDPSocket] = []
    private var schedule = LookSchedule(now: .now)
    private var interest: Interest?
    private var interfaces: Set<Int32> = []
    private var lastLook: ContinuousClock.Instant?
    private var early: Early?
    /// The last turn found a change, which is to be acted upon before anything else.
    private var isUnsettled = false

    /// Binds whose sockets do not show their port yet, when to look again, and until when.
    private struct Early {
        var binds: [Bind]
        var due: ContinuousClock.Instant
        var end: ContinuousClock.Instant
    }

    /// The subscription with the kernel: ends of sockets with these ports, and binds by the user or to the ports.
    private struct Interest: Equatable {
        var uid: UInt32?
        var ports: [UInt16]
        /// Those of the ports that are open, or would be if no other user had them.
        var shareable: [UInt16]
    }

    /// Opens the event sources and looks once. So nothing that happens later is missed.
    ///
    /// - Parameters:
    ///   - client: The client to follow.
    ///   - memory: What lookups in this process have named last, and are told.
    ///   - binds: The kernel's word on binds, made on this thread; nil to do without.
    ///   - exposure: Follows what may be open, too.
    /// - Throws: Shortages, and what the kernel answers to the first look.
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
        // A user database that cannot be read is asked again later, like a user who does not exist yet.
        uid = (try? memory.uid(of: client)) ?? nil
        sighting = memory.sighting
        sources = [destroyEvents, links] + (binds.map { [$0] } ?? [])
        try binds?.choose(user: uid, ports: [])
        see(try client.sockets(ofUser: uid, in: table))
        let services = sighting.service.sockets
        self.exposure?.update(services, in: table)
        told = seen
        isUnsettled = true
    }

    /// The present sighting, as far as it is reported.
    var seen: PortSighting {
        PortSighting(
            sockets: sighting.service.sockets, main: sighting.main?.port,
            exposure: exposure?.exposure ?? .nothing)
    }

    /// The time of the next turn without any event.
    var deadline: ContinuousClock.Instant {
        if isUnsettled { return .now }
        return [exposure?.due, early?.due].reduce(schedule.next) { min($0, $1 ?? $0) }
    }

    /// Takes the news that there are, without waiting, and looks if it is time.
    ///
    /// - Returns: True when there is a new sighting. Once this was acted upon another turn is due at once.
    mutating func turn() -> Bool {
        if isUnsettled { listen() }
        takeNews()
        let now = ContinuousClock.now
        if schedule.next <= now { look(at: now) }
        // Nothing is told of a port before it is known who else has it.
        let (services, table) = (sighting.service.sockets, table)
        exposure?.update(services, in: table)
        let seen = seen
        defer { told = seen }
        isUnsettled = seen != told
        return isUnsettled
    }

    /// Looks up the user, and has the next turn look at the client.
    mutating func rescan() {
        resolveUser()
        // Not for what it finds: the code of this way stays at hand.
        check(takeBinds())
        schedule.requestLook(at: .now)
    }

    /// The client may be about to bind: has it looked for again and again where the kernel does not tell.
    mutating func expectBind() {
        if binds == nil { schedule.requestBurst(at: .now) }
    }

    /// Has the next turn look at everything.
    mutating func requestLook() { schedule.requestLook(at: .now) }

    // MARK: - Looks

    /// Makes these sockets of the user the ones that are there.
    private mutating func see(_ found: [UDPSocket]) {
        sockets = found
        // A lookup of this process may have named another one of several.
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
            see(try client.sockets(ofUser: uid, in: table))
            looks += 1
        } catch {
            // The known sockets stay in force; the kernel was short of something, and is asked again soon.
            schedule.looked(from: start, to: .now, foundStart: false)
            schedule.requestLook(at: .now + Self.failureGap)
            return
        }
        schedule.looked(
            from: start, to: .now, foundStart: sighting.main != nil && sighting.main != before.main)
    }

    /// Looks at single sockets: those that were there, and those that were bound just now. Where the kernel does not
    /// tell binds, what came in the place of what is gone is not known: everything is looked at.
    private mutating func check(_ new: [Bind] = []) {
        guard binds != nil else { return requestLook() }
        guard let uid, let cgroup = client.cgroup() else {
            // The client is gone with its user or its service, perhaps in this moment.
            early = nil
            return requestLook()
        }
        let bound = (early?.binds ?? []) + new
        do {
            switch try ExactLook(in: table, uid: uid, cgroup: cgroup).sockets(among: sockets, and: bound) {
            case .found(let found, let isMissing):
                // Binds before the end of one of them have been reported by now: those sockets stood beside it.
                if sockets.contains(where: { !found.contains($0) }) {
                    let late = takeBinds()
                    if !late.isEmpty { return check(new + late) }
                }
                // What was bound may have stood beside what has ended since: a discovery socket shows itself by that.
                if !bound.isEmpty { see(Array(Set(sockets).union(found))) }
                see(found)
                early = nil
                if isMissing { requestLookSparingly() }
            case .doubtful: lookAtAll()
            case .early: wait(for: bound)
            }
        } catch {
            lookAtAll()
        }
    }

    /// Single sockets do not tell: has everything looked at, for a while where a bind is looked for.
    private mutating func lookAtAll() {
        if exchange(&early, with: nil) != nil { schedule.requestBurst(at: .now) }
        requestLook()
    }

    /// Has these looked at again in a moment.
    private mutating func wait(for bound: [Bind]) {
        let end = early?.end ?? .now + LookSchedule.burstLength
        early = Early(binds: bound, due: .now + LookSchedule.burstGap, end: end)
        guard end < .now else { return }
        early = nil
        schedule.requestBurst(at: .now)
    }

    private mutating func requestLookSparingly() {
        let earliest = lastLook.map { $0 + Self.settling } ?? .now
        schedule.requestLook(at: max(.now, earliest))
    }

    private mutating func resolveUser() {
        do throws(SystemError) {
            uid = try memory.uid(of: client)
        } catch {
            // While the user database cannot be read, the number stays what it was.
        }
        guard uid != interest?.uid else { return }
        listen()
        schedule.requestLook(at: .now)
    }

    // MARK: - Hints

    private mutating func takeNews() {
        // In this order, so that a bind that came before an end is seen with it.
        let hasEnd = destroyEvents.drain()
        let bound = takeBinds()
        if hasEnd { exposure?.requestLook(at: .now) }
        let isDue = early.map { $0.due <= .now } ?? false
        if hasEnd || isDue || !bound.isEmpty { check(bound) }
        takeLinkEvents()
    }

    /// The binds by the user. Those by others concern ports that are open, which they may have to share.
    private mutating func takeBinds() -> [Bind] {
        guard let (news, mayHaveLost) = binds?.take() else { return [] }
        let ports = sighting.service.ports
        // By whomever: who binds may be another one than made the socket.
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
                // A user may come with the start of its service.
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

    /// Asks the kernel for what concerns the present sockets, and makes sure that nothing happened to them before.
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
            // Only for want of memory: asked again at the next change or look.
            interest = nil
            schedule.requestLook(at: .now + Self.failureGap)
        }
        if binds != nil || !wanted.ports.isEmpty { check() }
        exposure?.expectChange(at: .now)
    }
}
