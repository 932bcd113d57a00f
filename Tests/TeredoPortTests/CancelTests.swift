// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import TestSupport
import Testing

@testable import TeredoPort

@Suite(.enabledAsRoot)
struct CancelTests {
    private let namespace: NetworkNamespace
    private let observer: PortObserver
    private let uid: UInt32 = 4712

    init() throws {
        namespace = try NetworkNamespace.forTest()
        observer = PortObserver(of: TeredoClient(owner: .uid(uid)), dispatcher: Dispatcher())
    }

    private func follow(
        _ callback: @escaping @Sendable (TeredoPortEvent) -> Void
    ) throws -> TeredoRegistration {
        try namespace.run { try observer.follow(initial: false, callback) }
    }

    private func socket() throws -> TestSocket { try TestSocket(in: namespace, uid: uid) }

    @Test func `cancelling a second time fails`() throws {
        let registration = try follow { _ in }
        try registration.cancel()
        #expect(throws: TeredoError.invalidHandle) { try registration.cancel() }
    }

    @Test func `cancelling waits for the callback in progress, and none comes after`() throws {
        // For all rounds, so that a call after the end of its round is noticed too.
        let violations = Record<String>()
        for _ in 0..<50 {
            let isInside = Monitor(false)
            let hasLeft = Monitor(false)
            let isCancelled = Monitor(false)
            let registration = try follow { _ in
                isInside.withLock { $0 = true }
                usleep(2_000)
                if isCancelled.withLock({ $0 }) { violations.append("called after cancel returned") }
                hasLeft.withLock { $0 = true }
            }
            let client = try socket()
            observer.rescan()
            isInside.wait { $0 ? () : nil }
            try registration.cancel()
            isCancelled.withLock { $0 = true }
            #expect(hasLeft.withLock { $0 }, "cancel did not wait for the callback")
            withExtendedLifetime(client) {}
            observer.rescan()
            #expect(violations.all.isEmpty)
        }
    }

    @Test func `a registration cannot be cancelled in its own callback, and stays in force`() throws {
        let toCancel = Monitor<TeredoRegistration?>(nil)
        let outcomes = Record<TeredoError?>()
        let registration = try follow { _ in
            do throws(TeredoError) {
                try toCancel.withLock { $0 }?.cancel()
                outcomes.append(nil)
            } catch { outcomes.append(error) }
        }
        toCancel.withLock { $0 = registration }
        var client: TestSocket? = try socket()
        observer.rescan()
        #expect(outcomes.wait(count: 1) == [.possibleDeadlock])
        client = nil
        #expect(outcomes.wait(count: 2) == [.possibleDeadlock, .possibleDeadlock])
        withExtendedLifetime(client) {}
        try registration.cancel()
        toCancel.withLock { $0 = nil }
    }

    @Test func `another registration can be cancelled in a callback`() throws {
        let toCancel = Monitor<TeredoRegistration?>(nil)
        let outcomes = Record<TeredoError?>()
        let others = Record<TeredoPortEvent>()
        let registration = try follow { _ in
            do throws(TeredoError) {
                try toCancel.withLock { $0 }?.cancel()
                outcomes.append(nil)
            } catch { outcomes.append(error) }
        }
        let other = try follow { others.append($0) }
        toCancel.withLock { $0 = other }
        var client: TestSocket? = try socket()
        observer.rescan()
        #expect(outcomes.wait(count: 1) == [nil])
        #expect(others.all.isEmpty)
        client = nil
        #expect(outcomes.wait(count: 2) == [nil, .invalidHandle])
        withExtendedLifetime(client) {}
        try registration.cancel()
        #expect(others.all.isEmpty)
    }

    @Test func `releasing a registration ends it, also inside its callback`() throws {
        // Holds the only reference to the registration, until the callback removes it.
        let held = Monitor<TeredoRegistration?>(nil)
        let events = Record<TeredoPortEvent>()
        let registration = Monitor<TeredoRegistration?>(
            try follow { event in
                held.withLock { $0 = nil }
                events.append(event)
            })
        held.withLock { $0 = registration.withLock { $0.take() } }
        var first: TestSocket? = try socket()
        let port = try #require(first?.port)
        observer.rescan()
        #expect(events.wait(count: 1) == [.started(port)])
        // A later registration reports the next change, the released one does not.
        let laterEvents = Record<TeredoPortEvent>()
        let later = try follow { laterEvents.append($0) }
        let second = try socket()
        withExtendedLifetime(first) {}
        first = nil
        #expect(laterEvents.wait(count: 1) == [.changed(second.port)])
        try later.cancel()
        #expect(events.all == [.started(port)])
        withExtendedLifetime(second) {}
    }

    @Test func `a registration made inside a callback gets its initial notification at once`() throws {
        let inner = Record<TeredoPortEvent>()
        let registrations = Monitor<[TeredoRegistration]>([])
        let observer = observer
        let wasNotified = Record<Bool>()
        let outer = try follow { _ in
            guard let registration = try? observer.follow(initial: true, { inner.append($0) }) else { return }
            wasNotified.append(inner.all == [.initial])
            registrations.withLock { $0.append(registration) }
        }
        let client = try socket()
        observer.rescan()
        #expect(wasNotified.wait(count: 1) == [true])
        withExtendedLifetime(client) {}
        for registration in registrations.withLock({ $0 }) { try registration.cancel() }
        try outer.cancel()
    }

    @Test
    func `cancelling the last registration ends the observation, and the next registration starts another`()
        throws
    {
        for _ in 0..<20 {
            let registration = try follow { _ in }
            #expect(observer.isRunning)
            try registration.cancel()
            #expect(!observer.isRunning)
        }
    }
}
