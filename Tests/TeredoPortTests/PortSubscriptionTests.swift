// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TeredoProtocol
import TestSupport
import Testing

@testable import TeredoPort

/// A network namespace in which sockets of a user stand for the client's, and a subscription to the client's
/// port on the thread of an actor.
private struct Fixture {
    let namespace: NetworkNamespace
    let sightings = Record<PortSighting>()
    let uid: UInt32 = 4711
    let otherUID: UInt32 = 4712
    let binds: BindEvents?
    let follower: FollowingActor

    /// With `reportsBinds`, the kernel reports binds to the subscription.
    init(reportsBinds: Bool, thread: String = "follower") async throws {
        let namespace = try NetworkNamespace.forTest()
        self.namespace = namespace
        binds = reportsBinds ? try namespace.run { try BindEvents() } : nil
        follower = FollowingActor(executor: try ThreadExecutor(name: thread))
        let (binds, executor, uid, sightings) = (binds, follower.executor, uid, sightings)
        let subscription = try namespace.run {
            try PortSubscription(to: TeredoClient(owner: .uid(uid)), on: executor, binds: binds) {
                sightings.append($0)
            }
        }
        try await follower.begin(subscription)
        #expect(sightings.all == [PortSighting(sockets: [], main: nil)])
    }

    func socket(
        port: UInt16 = 0, uid: UInt32? = nil, shares: Bool = false, boundBy binder: UInt32? = nil
    ) throws -> TestSocket {
        try TestSocket(in: namespace, uid: uid ?? self.uid, port: port, shares: shares, boundBy: binder)
    }

    /// Waits for this number of sightings, the first of which is that without a client. Returns the exposure in
    /// the last one.
    func exposure(count: Int) -> Exposure? { sightings.wait(count: count).last?.exposure }

    /// Waits for this number of sightings. Returns the ports of each.
    func ports(count: Int) -> [[UInt16]] { sightings.wait(count: count).map(\.ports) }
}

/// Owns a subscription, which must be used on the actor's thread only.
private actor FollowingActor {
    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.reference }
    private var subscription: PortSubscription?

    init(executor: ThreadExecutor) { self.executor = executor }

    func begin(_ new: PortSubscription) throws {
        subscription = new
        try new.begin()
    }

    func rescan() { subscription?.rescan() }

    func cancel() { subscription?.cancel() }

    /// Keeps the thread busy, so that events have to wait.
    func pause<Result: Sendable>(_ body: @Sendable () throws -> Result) rethrows -> Result { try body() }
}

/// Tests the subscription on the daemon's own thread. The client has no tunnel device, so that without the
/// kernel's reports of binds a change would be noticed only after a minute.
@Suite(.enabledAsRoot)
struct PortSubscriptionTests {
    @Test func `a bind without a tunnel device and its close are reported at once`() async throws {
        let fixture = try await Fixture(reportsBinds: true)
        for round in 0..<20 {
            let socket = try fixture.socket()
            #expect(fixture.ports(count: 2 * round + 2).last == [socket.port])
            _ = consume socket
            #expect(fixture.ports(count: 2 * round + 3).last == [])
        }
        await fixture.follower.cancel()
    }

    @Test func `a change beside other sockets is reported, and the main port stays`() async throws {
        let fixture = try await Fixture(reportsBinds: true)
        let first = try fixture.socket()
        #expect(fixture.ports(count: 2).last == [first.port])
        let second = try fixture.socket()
        #expect(fixture.ports(count: 3).last == [first.port, second.port].sorted())
        #expect(fixture.sightings.all.last?.main == first.port)
        await fixture.follower.cancel()
    }

    @Test func `a bind that is closed at once opens nothing`() async throws {
        let fixture = try await Fixture(reportsBinds: true)
        let (namespace, uid) = (fixture.namespace, fixture.uid)
        try await fixture.follower.pause {
            for _ in 0..<10 { _ = try TestSocket(in: namespace, uid: uid) }
        }
        let socket = try fixture.socket()
        #expect(fixture.ports(count: 2) == [[], [socket.port]])
        await fixture.follower.cancel()
    }

    @Test func `the last state is reported after more binds than the ring holds`()
        async throws
    {
        let fixture = try await Fixture(reportsBinds: true)
        let (namespace, uid) = (fixture.namespace, fixture.uid)
        let kept = try await fixture.follower.pause {
            // The ring is a page: one of 4 KiB has room for about a hundred reports.
            for _ in 0..<500 { _ = try TestSocket(in: namespace, uid: uid) }
            return try TestSocket(in: namespace, uid: uid)
        }
        #expect(fixture.sightings.wait { $0.last?.ports == [kept.port] }.last?.ports == [kept.port])
        await fixture.follower.cancel()
    }

    @Test func `a socket of another user is not the client's, whoever binds it`() async throws {
        let fixture = try await Fixture(reportsBinds: true)
        let strangers = [
            try fixture.socket(uid: fixture.otherUID),
            try fixture.socket(uid: fixture.otherUID, boundBy: fixture.uid),
        ]
        let socket = try fixture.socket()
        #expect(fixture.ports(count: 2) == [[], [socket.port]])
        await fixture.follower.cancel()
        withExtendedLifetime(strangers) {}
    }

    @Test
    func `a bind of another user closes an open port within milliseconds, and its close reopens the port`()
        async throws
    {
        let fixture = try await Fixture(reportsBinds: true)
        let endpoint = Exposure.Endpoint(address: nil, port: 41000)
        let open = Exposure(open: [endpoint], withheld: [])
        let client = try fixture.socket(port: 41000, shares: true)
        #expect(fixture.exposure(count: 2) == open)
        var delays: [Duration] = []
        for round in 0..<20 {
            let begun = ContinuousClock.now
            let stranger = try fixture.socket(port: 41000, uid: fixture.otherUID, shares: true)
            #expect(
                fixture.exposure(count: 2 * round + 3)
                    == Exposure(
                        open: [],
                        withheld: [.init(endpoint: endpoint, reason: .shared(uid: fixture.otherUID))]))
            delays.append(ContinuousClock.now - begun)
            _ = consume stranger
            #expect(fixture.exposure(count: 2 * round + 4) == open)
        }
        // The median is shorter than the time to the next look at all sockets, which is at least a quarter of a second.
        #expect(delays.sorted()[10] < .milliseconds(50), "\(delays)")
        #expect(fixture.sightings.all.allSatisfy { $0.ports == [41000] || $0.ports == [] })
        await fixture.follower.cancel()
        withExtendedLifetime(client) {}
    }

    @Test func `a port that another user shares is never reported as open`() async throws {
        let fixture = try await Fixture(reportsBinds: true)
        let stranger = try fixture.socket(port: 41001, uid: fixture.otherUID, shares: true)
        let client = try fixture.socket(port: 41001, shares: true)
        let reported = fixture.sightings.wait(count: 2)
        #expect(reported.last?.ports == [41001])
        #expect(reported.allSatisfy { $0.exposure.open.isEmpty })
        await fixture.follower.cancel()
        withExtendedLifetime((stranger, client)) {}
    }

    @Test func `the discovery socket is not a service socket`() async throws {
        let fixture = try await Fixture(reportsBinds: true)
        var service: TestSocket? = try fixture.socket()
        let port = try #require(service?.port)
        #expect(fixture.ports(count: 2).last == [port])
        let discovery = try fixture.socket(port: 3544)
        service = nil
        #expect(fixture.ports(count: 3) == [[], [port], []])
        let next = try fixture.socket()
        #expect(fixture.ports(count: 4).last == [next.port])
        await fixture.follower.cancel()
        withExtendedLifetime((discovery, service)) {}
    }

    @Test(arguments: [true, false])
    func `a new tunnel device causes a burst of looks only without reports of binds`(
        _ reportsBinds: Bool
    ) async throws {
        // The name distinguishes the thread from the threads of other tests.
        let thread = reportsBinds ? "quiet-follower" : "burst-follower"
        let fixture = try await Fixture(reportsBinds: reportsBinds, thread: thread)
        let before = try waits(ofThreadsNamed: thread)
        let tunnel = try TestTunnel(in: fixture.namespace)
        // The duration of a burst. No event reports its end.
        try await Task.sleep(for: LookSchedule.burstTail)
        let count = try waits(ofThreadsNamed: thread) - before
        // With the kernel's reports, the thread wakes up only for the messages about the device, and for the one
        // look after them. A burst has about a hundred looks.
        #expect(reportsBinds ? count < 12 : count > 12, "the thread has waited \(count) times")
        await fixture.follower.cancel()
        withExtendedLifetime(tunnel) {}
    }

    @Test func `without reports of binds the port is found by the tunnel device and by a rescan`()
        async throws
    {
        let fixture = try await Fixture(reportsBinds: false)
        let tunnel = try TestTunnel(in: fixture.namespace)
        var socket: TestSocket? = try fixture.socket()
        let port = try #require(socket?.port)
        #expect(fixture.ports(count: 2).last == [port])
        socket = nil
        #expect(fixture.ports(count: 3).last == [])
        withExtendedLifetime((tunnel, socket)) {}

        let quiet = try await Fixture(reportsBinds: false)
        let other = try quiet.socket()
        await quiet.follower.rescan()
        // The look may have to wait for the end of the pause after the first one.
        #expect(quiet.ports(count: 2) == [[], [other.port]])
        await quiet.follower.cancel()
        await fixture.follower.cancel()
    }

    @Test func `nothing is reported after the subscription is cancelled`() async throws {
        let fixture = try await Fixture(reportsBinds: true)
        await fixture.follower.cancel()
        let socket = try fixture.socket()
        await fixture.follower.rescan()
        #expect(fixture.ports(count: 1) == [[]])
        withExtendedLifetime(socket) {}
    }

    /// The number of times that the threads of this name have waited (voluntary context switches).
    private func waits(ofThreadsNamed name: String) throws -> Int {
        var sum = 0
        for task in try Files.names(in: "/proc/self/task") ?? [] {
            // A thread may have ended.
            guard let bytes = try? Files.contents(of: "/proc/self/task/\(task)/status") else { continue }
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            guard lines.first == "Name:\t\(name)" else { continue }
            for line in lines where line.hasPrefix("voluntary_ctxt_switches:") {
                sum += line.split(separator: "\t").last.flatMap { Int($0) } ?? 0
            }
        }
        return sum
    }
}
