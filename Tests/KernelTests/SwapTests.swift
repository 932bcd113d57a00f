// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import Nftables
import Planner
import Platform
import Synchronization
import TestSupport
import Testing

/// Tests swaps: moves of the opening from one port to another.
@Suite(.enabledAsRoot) struct SwapTests {
    /// A firewall that drops by default and always accepts one port.
    private static let hostRuleset = """
        table inet filter {
            chain input {
                type filter hook input priority filter; policy drop;
                udp dport \(steadyPort) accept
            }
        }
        """
    /// The port that is always accepted.
    private static let steadyPort: UInt16 = 4000
    private static let ports: [UInt16] = [41000, 41001]
    private static let swaps = 10_000

    @Test func `10 000 swaps open the new port, close the old one and affect no other port`() throws {
        let link = try Link(Self.hostRuleset)
        let firewall = try link.firewall()
        let policy = Policy()
        let receivers = try Self.ports.map { try DatagramSocket(in: link.host, port: $0) }
        let steadyReceiver = try DatagramSocket(in: link.host, port: Self.steadyPort)
        let sender = try DatagramSocket(in: link.peer)
        _ = try firewall.reconcile(Openings(ports: [Self.ports[1]], clientUser: nil), policy: policy)
        let streamPort = Self.steadyPort + 1
        let stream = try SteadyStream(link: link, port: streamPort)
        // Inserted after `reconcile`: the plan that the swaps rely on does not know this rule. They must not affect it.
        try link.host.nft("insert rule inet filter input udp dport \(streamPort) accept")
        stream.start()

        var otherOperations = 0
        for swap in 0..<Self.swaps {
            let new = swap % 2
            let openings = Openings(ports: [Self.ports[new]], clientUser: nil)
            let result = try firewall.refresh(openings, policy: policy)
            otherOperations += result.operations.count { !$0.isOfElements }
            // The packet to the steady port goes last: when it has arrived, the kernel has decided about the others.
            try sender.send("\(swap)", to: Link.hostAddress, port: Self.ports[1 - new])
            try sender.send("\(swap)", to: Link.hostAddress, port: Self.ports[new])
            try sender.send("\(swap)", to: Link.hostAddress, port: Self.steadyPort)
            try #require(try steadyReceiver.receive(within: .seconds(10)) == "\(swap)")
            try #require(try receivers[new].receive(within: .seconds(10)) == "\(swap)")
            try #require(try receivers[1 - new].receive(within: .zero) == nil, "swap \(swap)")
        }
        #expect(otherOperations == 0)
        let (sent, received) = stream.stop()
        #expect(sent > 100)
        #expect(received == sent)
    }

    @Test func `a stream to the open port loses nothing while its lease is renewed`() throws {
        let link = try Link(Self.hostRuleset)
        let firewall = try link.firewall()
        let openings = Openings(ports: [Self.ports[0]], clientUser: nil)
        _ = try firewall.reconcile(openings, policy: Policy())
        let stream = try SteadyStream(link: link, port: Self.ports[0])
        stream.start()
        for _ in 0..<2_000 { _ = try firewall.refresh(openings, policy: Policy()) }
        let (sent, received) = stream.stop()
        #expect(sent > 100)
        #expect(received == sent)
    }
}

extension Nftables.Operation {
    fileprivate var isOfElements: Bool {
        switch self {
        case .flushSet, .addElements: true
        default: false
        }
    }
}

/// Sends packets to a port of the host one after the other, on a thread of its own, and counts how many arrive.
private final class SteadyStream: Sendable {
    private let sender: DatagramSocket
    private let receiver: DatagramSocket
    private let port: UInt16
    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)

    private struct State {
        var isStopping = false
        var sent = 0
        var received = 0
    }

    init(link: Link, port: UInt16) throws {
        sender = try DatagramSocket(in: link.peer)
        receiver = try DatagramSocket(in: link.host, port: port)
        self.port = port
    }

    func start() {
        Thread.detachNewThread { [self] in
            while !state.withLock({ $0.isStopping }) {
                // One packet at a time, so that no socket buffer overflows: a missing packet was dropped by
                // the filter.
                try? sender.send(to: Link.hostAddress, port: port)
                let arrived = (try? receiver.receive(within: .seconds(1))) != nil
                state.withLock {
                    $0.sent += 1
                    $0.received += arrived ? 1 : 0
                }
            }
            ended.signal()
        }
    }

    func stop() -> (sent: Int, received: Int) {
        state.withLock { $0.isStopping = true }
        ended.wait()
        return state.withLock { ($0.sent, $0.received) }
    }
}
