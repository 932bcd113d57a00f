// SPDX-License-Identifier: GPL-2.0-or-later
import Configuration
import Platform
import TeredoPort
import TestSupport
import Testing

@testable import Daemon

/// Tests the daemon's subscription to a client whose user is found late, changes or cannot be looked up.
@Suite(.enabledAsRoot) struct ClientSubscriptionTests {
    private static let uid: UInt32 = 4711

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.clientUser = "somebody"
        configuration.clientProbe = .off
        return configuration
    }

    @Test func `the ports of a client whose user is found late are kept`() async throws {
        let namespace = try NetworkNamespace.forTest()
        let socket = try TestSocket(in: namespace, uid: Self.uid)
        let userTimeout = Duration.milliseconds(4)
        for round in 0..<300 {
            // The answer of the user database arrives between 0.8 ms before and 0.38 ms after the end of the
            // wait for it.
            let delay = userTimeout + .microseconds((round % 60 - 40) * 20)
            let subscription = try namespace.run { () throws(any Error) -> ClientSubscription in
                let begun = ContinuousClock.now
                return try ClientSubscription(
                    Self.configuration, on: try ThreadExecutor(name: "client"), userTimeout: userTimeout
                ) { _ in
                    while .now < begun + delay {}
                    return Self.uid
                }
            }
            try await eventually("the port in round \(round)", seen: { "\(subscription.state)" }) {
                subscription.state.ports == [socket.port]
            }
            subscription.cancel()
        }
    }

    @Test func `following a client without a user forgets the previous client's user and ports`()
        async throws
    {
        let namespace = try NetworkNamespace.forTest()
        let socket = try TestSocket(in: namespace, uid: Self.uid)
        var other = Self.configuration
        other.clientUser = "nobody-of-this-host"
        let subscription = try namespace.run { () throws(any Error) -> ClientSubscription in
            try ClientSubscription(Self.configuration, on: try ThreadExecutor(name: "client")) { name in
                name == Self.configuration.clientUser ? Self.uid : nil
            }
        }
        #expect(subscription.state.ports == [socket.port])
        #expect(subscription.state.user == Self.uid)
        try subscription.follow(other)
        #expect(subscription.state.user == nil)
        #expect(subscription.state.exposure == .nothing)
        subscription.cancel()
    }

    @Test func `a failing user database does not restore the ports of the user's old ID`() async throws {
        let namespace = try NetworkNamespace.forTest()
        let socket = try TestSocket(in: namespace, uid: Self.uid)
        // First the ID of the user changes, then the user database fails.
        let newUID: UInt32 = 4712
        let answers = Monitor<[UInt32]>([Self.uid, newUID])
        let subscription = try namespace.run { () throws(any Error) -> ClientSubscription in
            try ClientSubscription(Self.configuration, on: try ThreadExecutor(name: "client")) { name in
                try answers.withLock { answers in
                    let inputOutputError: Int32 = 5  // EIO
                    guard !answers.isEmpty else {
                        throw SystemError("look up the user \(name)", code: inputOutputError)
                    }
                    return answers.removeFirst()
                }
            }
        }
        #expect(subscription.state.ports == [socket.port])
        subscription.lookAgain()
        try await eventually("the new user ID", seen: { "\(subscription.state)" }) {
            subscription.state.user == newUID
        }
        try await eventually("no port", seen: { "\(subscription.state)" }) { subscription.state.ports == [] }
        subscription.lookAgain()
        try await eventually("the failure", seen: { "\(subscription.state)" }) {
            subscription.state.userProblem != nil
        }
        #expect(subscription.state.user == newUID)
        #expect(subscription.state.exposure == .nothing)
        subscription.cancel()
    }
}
