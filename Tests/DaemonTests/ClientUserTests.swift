// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import Testing

@testable import Daemon

/// A user database with answers set by a test.
private final class Database: Sendable {
    private struct State: Sendable {
        var answers: [Result<UInt32?, SystemError>]
        var lookups = 0
        var isHanging = false
    }

    private let state: Monitor<State>
    private let reported = Monitor<[ClientUser.Answer]>([])

    /// `answers` are given in order; the last one is repeated. If `isHanging`, lookups wait for ``answer()``.
    init(_ answers: [Result<UInt32?, SystemError>], isHanging: Bool = false) {
        state = Monitor(State(answers: answers, isHanging: isHanging))
    }

    /// Makes a user whose lookups use this database, and begins the lookups.
    func user() throws -> ClientUser {
        let user = try ClientUser(
            named: "miredo",
            lookUp: { [self] in
                try state.wait { state -> Result<UInt32?, SystemError>? in
                    if state.isHanging { return nil }
                    state.lookups += 1
                    return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
                }.get()
            }, report: { [reported] answer in reported.withLock { $0.append(answer) } })
        user.begin()
        return user
    }

    /// Lets the waiting lookups and all later ones return.
    func answer() { state.withLock { $0.isHanging = false } }

    /// Waits until at least `count` answers were reported, or for 30 s, and returns the reported answers.
    func reports(_ count: Int) -> [ClientUser.Answer] {
        reported.wait(atMost: .seconds(30)) { $0.count >= count ? $0 : nil } ?? reported.withLock { $0 }
    }

    /// Waits until the user was looked up at least `count` times; false if that takes more than 30 s.
    func waitForLookups(_ count: Int) -> Bool {
        state.wait(atMost: .seconds(30)) { $0.lookups >= count ? true : nil } ?? false
    }
}

/// The error EIO.
private let failure = SystemError("look up the user miredo", code: 5)

@Suite struct ClientUserTests {
    @Test func `a user database that fails at the start is queried again within a second`() throws {
        let database = Database([.failure(failure), .success(104)])
        let begun = ContinuousClock.now
        let user = try database.user()
        defer { user.stop() }
        #expect(user.firstAnswer(within: .seconds(30)) == .init(uid: nil, problem: "\(failure)"))
        #expect(database.reports(2).last == .init(uid: 104))
        #expect(ContinuousClock.now - begun < .seconds(1))
    }

    @Test func `a failing user database keeps the user and is logged once`() throws {
        let database = Database([.success(104), .failure(failure)])
        let user = try database.user()
        defer { user.stop() }
        #expect(user.firstAnswer(within: .seconds(30)) == .init(uid: 104))
        user.lookAgain()
        #expect(database.reports(2).last == .init(uid: 104, problem: "\(failure)"))
        // The lookup keeps failing.
        #expect(database.waitForLookups(4))
        #expect(database.reports(2).count == 2)
    }

    @Test func `a deleted user has no ID any more`() throws {
        let database = Database([.success(104), .success(nil)])
        let user = try database.user()
        defer { user.stop() }
        #expect(user.firstAnswer(within: .seconds(30)) == .init(uid: 104))
        user.lookAgain()
        #expect(database.reports(2).last == .init(uid: nil))
    }

    @Test func `a user that is stopped before it begins is not looked up`() throws {
        let wasLookedUp = Monitor(false)
        let user = try ClientUser(
            named: "miredo",
            lookUp: {
                wasLookedUp.withLock { $0 = true }
                return 104
            }, report: { _ in })
        user.stop()
        #expect(user.firstAnswer(within: .milliseconds(200)).uid == nil)
        #expect(!wasLookedUp.withLock { $0 })
    }

    @Test func `while the user database hangs, the start continues without a user ID`() throws {
        let database = Database([.success(104)], isHanging: true)
        let user = try database.user()
        defer { user.stop() }
        let answer = user.firstAnswer(within: .milliseconds(20))
        #expect(answer.uid == nil && answer.problem?.contains("no answer yet") == true)
        database.answer()
        #expect(database.reports(1) == [.init(uid: 104)])
    }
}
