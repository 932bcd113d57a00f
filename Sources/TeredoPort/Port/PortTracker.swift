// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// What the thread that follows a client does and alone knows: it takes the kernel's hints, and looks.
///
/// The hints come through one queue, so that any thread can wait for them: until ``queue`` has news or ``deadline`` has
/// passed, and then takes a ``turn()``. Belongs to the network namespace of the thread that made it.
struct PortTracker: Sendable {
    /// How long to wait after a look that failed.
    static let failureGap = Duration.seconds(1)
    /// Where the kernel tells binds, other hints are a net below it, and are followed when things have settled. Looks
    /// that binds which lead to nothing ask for are that long apart, too: anybody can bind and close all day.
    static let settling = Duration.milliseconds(250)

    let queue: EventQueue
    private(set) var sighting: Sighting
    /// That of the last turn.
    private var told = Sighting.nothing
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
    /// The last turn found a change, which is to be acted upon before anything else.
    private var isUnsettled = false

    private enum Token: UInt64 {
        case destroyEvents, links, binds
    }

    /// What the kernel is asked to tell: the ends of sockets with these ports, and binds by the user or to the ports.
    private struct Interest: Equatable {
        var uid: UInt32?
        var ports: [UInt16]
    }

    /// Opens the event sources and looks once. So nothing that happens later is missed.
    ///
    /// - Parameters:
    ///   - client: The client to follow.
    ///   - memory: What lookups in this process have named last, and are told.
    ///   - binds: The kernel's word on binds, made on this thread; nil to do without.
    /// - Throws: Shortages, and what the kernel answers to the first look.
    init(of client: TeredoClient, memory: ClientMemory, binds: BindEvents?) throws(SystemError) {
        self.client = client
        self.memory = memory
        self.binds = binds
        queue = try EventQueue()
        destroyEvents = try SocketDestroyEvents()
        links = try LinkEvents()
        table = try SocketTable()
        // A user database that cannot be read is asked again later, like a user who does not exist yet.
        uid = (try? memory.uid(of: client)) ?? nil
        sighting = memory.sighting
        try queue.add(destroyEvents, token: Token.destroyEvents.rawValue)
        try queue.add(links, token: Token.links.rawValue)
        if let binds {
            try queue.add(binds, token: Token.binds.rawValue)
            try binds.choose(user: uid, ports: [])
        }
        see(try client.sockets(ofUser: uid, in: table))
        told = sighting
        isUnsettled = true
        // The client's user may have become known by the tunnel device that it has just made: it binds next.
        if binds == nil { schedule.requestBurst(at: .now) }
    }

    /// When a turn is due without any news.
    var deadline: ContinuousClock.Instant {
        isUnsettled ? .now : schedule.next
    }

    /// Takes the news that there are, without waiting, and looks if it is time.
    ///
    /// - Returns: True when there is a new sighting. Once this was acted upon another turn is due at once.
    mutating func turn() -> Bool {
        if isUnsettled { listen() }
        takeNews()
        let now = ContinuousClock.now
        if schedule.next <= now { look(at: now) }
        defer { told = sighting }
        isUnsettled = sighting != told
        return isUnsettled
    }

    /// Looks up the user, and has the next turn look at the client.
    mutating func rescan() {
        resolveUser()
        // Not for what it finds: the code of this way stays at hand.
        check(takeBinds())
        schedule.requestLook(at: .now)
    }

    // MARK: - Looks

    /// Makes these sockets of the user the ones that are there.
    private mutating func see(_ found: [UDPSocket]) {
        sockets = found
        // A lookup of this process may have named another one of several.
        sighting = Sighting(among: found, after: memory.sighting)
        memory.remember(sighting)
    }

    private mutating func look(at start: ContinuousClock.Instant) {
        resolveUser()
        let before = sighting
        lastLook = start
        do {
            see(try client.sockets(ofUser: uid, in: table))
        } catch {
            // What was known stays in force; the kernel was short of something, and is asked again soon.
            schedule.looked(from: start, to: .now, foundStart: false)
            schedule.requestLook(at: .now + Self.failureGap)
            return
        }
        schedule.looked(
            from: start, to: .now, foundStart: sighting.main != nil && sighting.main != before.main)
    }

    /// Looks at single sockets: those that were there, and those that were bound just now.
    private mutating func check(_ bound: [Bind] = []) {
        guard let uid, let cgroup = client.cgroup() else { return }
        do {
            switch try ExactLook(in: table, uid: uid, cgroup: cgroup).sockets(among: sockets, and: bound) {
            case .found(let found, let isMissing):
                // What was bound may have stood beside what has ended since: a discovery socket shows itself by that.
                if !bound.isEmpty { see(Array(Set(sockets).union(found))) }
                see(found)
                if isMissing { requestLookSparingly() }
            case .doubtful: schedule.requestLook(at: .now)
            case .early: schedule.requestBurst(at: .now)
            }
        } catch {
            schedule.requestLook(at: .now)
        }
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
        let events: [EventQueue.Event]
        do {
            events = try queue.wait(timeout: .zero)
        } catch {
            // Only for want of memory.
            return schedule.requestLook(at: .now + Self.failureGap)
        }
        var mustCheck = false
        var bound: [Bind] = []
        for event in events {
            switch Token(rawValue: event.token) {
            case .destroyEvents:
                destroyEvents.drain()
                mustCheck = true
            case .links: takeLinkEvents()
            case .binds: bound = takeBinds()
            case nil: break
            }
        }
        if mustCheck || !bound.isEmpty { check(bound) }
    }

    /// The binds by the user.
    private mutating func takeBinds() -> [Bind] {
        guard let (news, mayHaveLost) = binds?.take() else { return [] }
        let ports = sighting.service.ports
        // Another user's socket on a port that is open: the whole look sees it beside ours.
        if mayHaveLost || news.contains(where: { $0.uid != uid && ports.contains($0.port) }) {
            requestLookSparingly()
        }
        return news.filter { $0.uid == uid && $0.address != nil }
    }

    private mutating func takeLinkEvents() {
        for event in links.drain() {
            switch event {
            case .present(let index, isTunnelDevice: true) where interfaces.insert(index).inserted:
                // A user may come with the start of its service.
                if uid == nil {
                    memory.forgetUser()
                    resolveUser()
                }
                if binds == nil { schedule.requestBurst(at: .now) }
            case .present: break
            case .gone(let index): interfaces.remove(index)
            case .lost:
                interfaces = []
                if binds == nil { schedule.requestBurst(at: .now) }
            }
        }
        schedule.requestLook(at: binds == nil ? .now : .now + Self.settling)
    }

    /// Asks the kernel for what concerns the present sockets, and makes sure that nothing happened to them before.
    private mutating func listen() {
        isUnsettled = false
        let wanted = Interest(uid: uid, ports: sighting.service.ports)
        guard wanted != interest else { return }
        do throws(SystemError) {
            try destroyEvents.listen(toPorts: wanted.ports)
            try binds?.choose(user: uid, ports: wanted.ports)
            interest = wanted
        } catch {
            // Only for want of memory: asked again at the next change or look.
            interest = nil
            schedule.requestLook(at: .now + Self.failureGap)
        }
        check()
    }
}
