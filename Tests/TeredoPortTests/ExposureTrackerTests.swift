// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TestSupport
import Testing

@testable import TeredoPort

@Suite(.enabledAsRoot)
struct ExposureTrackerTests {
    private let namespace: NetworkNamespace
    private let table: SocketTable
    private let uid: UInt32 = 4751

    init() throws {
        let namespace = try NetworkNamespace.forTest()
        self.namespace = namespace
        table = try namespace.run { try SocketTable() }
    }

    @Test func `without a client no other sockets are looked up`() {
        var tracker = ExposureTracker()
        tracker.update([], in: table)
        tracker.expectChange(at: .now)
        tracker.requestLook(at: .now)
        #expect(tracker.due == nil)
    }

    @Test func `a possible socket of another user is looked up only a few times`() throws {
        let client = try TestSocket(in: namespace, uid: uid)
        let sockets = try table.sockets(ofUser: uid)
        var tracker = ExposureTracker()
        tracker.update(sockets, in: table)
        #expect(tracker.exposure.open.map(\.port) == [client.port])
        #expect(tracker.due == nil)
        tracker.expectChange(at: .now)
        let begun = ContinuousClock.now
        var looks = 0
        while let due = tracker.due {
            _ = try waitForEvents(from: [], until: due)
            tracker.update(sockets, in: table)
            looks += 1
        }
        // The intervals double from 1 ms, so that about eight looks fill the search of 250 ms.
        #expect((2...12).contains(looks))
        #expect(ContinuousClock.now - begun >= ExposureTracker.searchDuration)
    }

    @Test func `continuous binds of another user cause at most one look a millisecond`() throws {
        let client = try TestSocket(in: namespace, uid: uid)
        let sockets = try table.sockets(ofUser: uid)
        var tracker = ExposureTracker()
        tracker.update(sockets, in: table)
        let end = ContinuousClock.now + .milliseconds(200)
        var looks = 0
        while ContinuousClock.now < end {
            tracker.expectChange(at: .now)
            guard let due = tracker.due, due <= .now else { continue }
            tracker.update(sockets, in: table)
            looks += 1
        }
        #expect((1...200).contains(looks))
        withExtendedLifetime(client) {}
    }
}
