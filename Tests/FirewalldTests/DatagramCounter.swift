// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// Sends datagrams from the peer, and counts them before and after firewalld's chains, in a table of its own.
struct DatagramCounter {
    private let host: FirewalldHost

    /// Adds a table with the two counters.
    init(_ host: FirewalldHost) async throws {
        self.host = host
        try await host.run(
            "nft", "-f", "-",
            input: """
                table ip datagrams {
                    counter arrived { }
                    counter passed { }
                    chain early {
                        type filter hook input priority -300; policy accept;
                        ip saddr \(FirewalldHost.peerAddress) meta l4proto udp counter name arrived
                    }
                    chain late {
                        type filter hook input priority 300; policy accept;
                        ip saddr \(FirewalldHost.peerAddress) meta l4proto udp counter name passed
                    }
                }
                """)
    }

    /// Sends a datagram from a new source port to this port, and returns whether it passes the firewall.
    func passes(_ port: UInt16, address: String = FirewalldHost.address) async throws -> Bool {
        let (arrived, passed) = (try await count("arrived"), try await count("passed"))
        try await host.run(
            "ip", "netns", "exec", "peer", "bash", "-c", "echo teredo >/dev/udp/\(address)/\(port)")
        // The kernel passes a packet through all chains without a pause: once the first counter has counted it, the
        // second has too, if the packet passed.
        try await eventually("the datagram arrives") { try await count("arrived") == arrived + 1 }
        return try await count("passed") == passed + 1
    }

    /// Removes the table, after which nothing is counted.
    func removeTable() async throws { try await host.run("nft", "delete", "table", "ip", "datagrams") }

    private func count(_ counter: String) async throws -> Int {
        let text = try await host.run("nft", "list", "counter", "ip", "datagrams", counter)
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let index = words.firstIndex(of: "packets"), let count = Int(words[index + 1]) else {
            throw Unexpected(description: text)
        }
        return count
    }
}
