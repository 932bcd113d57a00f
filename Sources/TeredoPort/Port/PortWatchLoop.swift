// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// What follows from the events of a watch: when to look, and at whose end. For one thread at a time.
struct PortWatchLoop {
    /// The end of processes is only a net below the end of sockets, so that a few will do, and not at once.
    static let mostProcesses = 8
    static let processDelay = Duration.seconds(1)
    /// How long to wait after a look that failed.
    static let failureGap = Duration.seconds(1)

    private let observation: PortWatch
    private var uid: UInt32?
    private var sighting: Sighting
    private var schedule: LookSchedule
    private var listenedPorts: [UInt16] = []
    private var interfaces: Set<Int32> = []
    private var processes: [ProcessExit] = []
    private var processesDue: ContinuousClock.Instant?

    init(_ observation: PortWatch) {
        self.observation = observation
        sighting = observation.state.withLock { $0.sighting }
        schedule = LookSchedule(now: .now)
        resolveUser()
        listen(to: sighting.service.ports)
        if sighting.main != nil { processesDue = .now + Self.processDelay }
    }

    /// Steps until the watch is stopped.
    mutating func run() {
        while true {
            let news: [Bool]
            do {
                news = try waitForNews(from: sources, until: deadline)
            } catch {
                // Only for want of memory. Without a pause this would spin.
                news = fixed.map { _ in true }
                _ = try? waitForNews(from: [], until: .now + Self.failureGap)
            }
            guard step(news) else { return }
        }
    }

    private var fixed: [any EventSource] { [observation.wake, observation.destroyEvents, observation.links] }

    /// What to wait for. Some of it comes and goes with each step.
    var sources: [any EventSource] { fixed + processes }

    /// When the next step is due without any news.
    var deadline: ContinuousClock.Instant { min(schedule.next, processesDue ?? schedule.next) }

    /// Does what is due, with one flag for each of the sources. False when the watch was stopped.
    mutating func step(_ news: [Bool]) -> Bool {
        if news[0] && takeOrder() == .stop { return false }
        if news[1] {
            observation.destroyEvents.drain()
            schedule.requestLook(at: .now)
        }
        if news[2] { takeLinkEvents() }
        takeProcessExits(news.dropFirst(fixed.count))
        let now = ContinuousClock.now
        if schedule.next <= now { look(at: now) }
        if let processesDue, processesDue <= now { watchProcesses() }
        return true
    }

    private mutating func takeOrder() -> PortWatch.Order {
        observation.wake.drain()
        let order = observation.state.withLock { state in
            defer { if state.order == .look { state.order = .none } }
            return state.order
        }
        if order == .look {
            resolveUser()
            schedule.requestLook(at: .now)
        }
        return order
    }

    private mutating func takeLinkEvents() {
        for event in observation.links.drain() {
            switch event {
            case .present(let index, isTunnelDevice: true) where interfaces.insert(index).inserted:
                schedule.requestBurst(at: .now)
                // A user may come with the start of its service.
                if uid == nil {
                    observation.memory.forgetUser()
                    resolveUser()
                }
            case .present: break
            case .gone(let index): interfaces.remove(index)
            case .lost:
                interfaces = []
                schedule.requestBurst(at: .now)
            }
        }
        schedule.requestLook(at: .now)
    }

    private mutating func takeProcessExits(_ news: some Collection<Bool>) {
        // After a failed wait there are no flags for them: their ends stay to be seen.
        let ended = Set(zip(processes, news).filter(\.1).map(\.0.process))
        guard !ended.isEmpty else { return }
        processes.removeAll { ended.contains($0.process) }
        schedule.requestLook(at: .now)
    }

    private mutating func look(at start: ContinuousClock.Instant) {
        resolveUser()
        let before = sighting
        let found: PortWatch.Look
        do {
            found = try observation.look(uid: uid)
        } catch {
            // What was known stays in force; the kernel was short of something, and is asked again soon.
            schedule.looked(from: start, to: .now, foundStart: false)
            schedule.requestLook(at: .now + Self.failureGap)
            return
        }
        let isNewest = observation.publish(found)
        sighting = found.sighting
        let foundStart = sighting.main != nil && sighting.main != before.main
        schedule.looked(from: start, to: .now, foundStart: foundStart)
        if !isNewest { schedule.requestLook(at: .now) }
        listen(to: sighting.service.ports)
        if foundStart { processesDue = .now + Self.processDelay }
        if sighting.main == nil { (processes, processesDue) = ([], nil) }
    }

    /// The user may come, or change, with a package.
    private mutating func resolveUser() {
        do throws(SystemError) {
            uid = try observation.memory.uid(of: observation.client)
        } catch {
            // While the user database cannot be read, who he was is who he is.
        }
    }

    /// Follows the ends of the service sockets, and looks again when that has just begun: one of them may have ended
    /// in between.
    private mutating func listen(to ports: [UInt16]) {
        guard ports != listenedPorts else { return }
        do {
            try observation.destroyEvents.listen(toPorts: ports)
            listenedPorts = ports
        } catch {
            // Only for want of memory: the look below tries again.
        }
        schedule.requestLook(at: .now)
    }

    private mutating func watchProcesses() {
        processesDue = nil
        guard let uid else { return }
        let found = Processes.named(observation.client.processName, ofUser: uid)
        // A process that has ended meanwhile took its sockets along, which the destroy events tell.
        processes = found.prefix(Self.mostProcesses).compactMap { try? ProcessExit(of: $0) }
    }
}
