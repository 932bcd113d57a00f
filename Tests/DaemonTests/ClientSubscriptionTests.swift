// SPDX-License-Identifier: GPL-2.0-or-later
import Configuration
import Platform
import TeredoPort
import TestSupport
import Testing

@testable import Daemon

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
            // The answer of the user database arrives from 0.8 ms before to 0.38 ms after the end of the
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

    @Test func `a client of another name without a user has neither the user nor the ports of the former`()
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
        #expect(subscription.state.ports == [socket.port] && subscription.state.user == Self.uid)
        try subscription.follow(other)
        #expect(subscription.state.user == nil && subscription.state.exposure == .nothing)
        subscription.cancel()
    }

    @Test func `a client whose user cannot be looked up any more has no ports`() async throws {
        let namespace = try NetworkNamespace.forTest()
        let socket = try TestSocket(in: namespace, uid: Self.uid)
        // First the ID of the user changes, then the user database fails.
        let answers = Monitor<[UInt32]>([Self.uid, 4712])
        let subscription = try namespace.run { () throws(any Error) -> ClientSubscription in
            try ClientSubscription(Self.configuration, on: try ThreadExecutor(name: "client")) { name in
                try answers.withLock { answers in
                    // EIO
                    guard !answers.isEmpty else { throw SystemError("look up the user \(name)", code: 5) }
                    return answers.removeFirst()
                }
            }
        }
        #expect(subscription.state.ports == [socket.port])
        subscription.lookAgain()
        try await eventually("the new user ID", seen: { "\(subscription.state)" }) {
            subscription.state.user == 4712
        }
        try await eventually("no port", seen: { "\(subscription.state)" }) { subscription.state.ports == [] }
        subscription.lookAgain()
        try await eventually("the failure", seen: { "\(subscription.state)" }) {
            subscription.state.userProblem != nil
        }
        #expect(subscription.state.user == 4712 && subscription.state.exposure == .nothing)
        subscription.cancel()
    }
}
