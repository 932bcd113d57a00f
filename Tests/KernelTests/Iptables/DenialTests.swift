// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import TestSupport
import Testing

private let port: UInt16 = 41234

/// A denial that an administrator adds to a firewall, and a packet that it drops.
struct Denial: Sendable, CustomTestStringConvertible {
    enum Packet: Sendable {
        /// From the address that the denials of a source name.
        case fromBlocked
        /// A valid packet from another address.
        case usual
        /// A UDP length larger than the packet, which connection tracking classifies as INVALID.
        case invalid
    }

    var testDescription: String
    /// The table with the default denial, to which the exception is added.
    var table: String
    /// Shell commands that set up the firewall.
    var firewall: String
    /// A shell command that adds the denial; empty if the firewall has it by default.
    var deny: String
    /// A shell command that removes the denial.
    var allow: String
    var packet: Packet

    private static func nft(_ what: String, _ packet: Packet, _ rule: String) -> Denial {
        Denial(
            testDescription: "nft: \(what)", table: "inet filter",
            firewall: """
                nft -f - <<'END'
                table inet filter {
                    chain input {
                        type filter hook input priority filter; policy drop
                        iif lo accept
                        jump denials
                    }
                    chain denials { }
                }
                END
                """,
            deny: "nft add rule inet filter denials \(rule)", allow: "nft flush chain inet filter denials",
            packet: packet)
    }

    private static func iptables(_ what: String, _ packet: Packet, _ rule: String) -> Denial {
        Denial(
            testDescription: "iptables: \(what)", table: "ip filter",
            firewall: "iptables -P INPUT DROP; iptables -A INPUT -i lo -j ACCEPT",
            deny: "iptables -A INPUT \(rule)", allow: "iptables -D INPUT \(rule)", packet: packet)
    }

    private static func ufw(_ what: String, _ packet: Packet, deny: String, allow: String) -> Denial {
        Denial(
            testDescription: "ufw: \(what)", table: "ip filter", firewall: "ufw --force enable", deny: deny,
            allow: allow, packet: packet)
    }

    static let all = [
        nft("a source", .fromBlocked, "ip saddr \(Link.blocked) drop"),
        nft("UDP", .usual, "meta l4proto udp drop"),
        nft("invalid packets", .invalid, "ct state invalid drop"),
        iptables("a source", .fromBlocked, "-s \(Link.blocked) -j DROP"),
        iptables("UDP", .usual, "-p udp -j DROP"),
        iptables("invalid packets", .invalid, "-m conntrack --ctstate INVALID -j DROP"),
        ufw(
            "a source", .fromBlocked, deny: "ufw deny from \(Link.blocked)",
            allow: "ufw delete deny from \(Link.blocked)"),
        ufw("UDP", .usual, deny: "ufw deny 1:65535/udp", allow: "ufw delete deny 1:65535/udp"),
        // ufw drops INVALID packets by default, so that no command is needed to deny them.
        ufw(
            "invalid packets", .invalid, deny: "",
            allow: """
                iptables -D ufw-before-input -m conntrack --ctstate INVALID -j ufw-logging-deny
                iptables -D ufw-before-input -m conntrack --ctstate INVALID -j DROP
                """),
    ]
}

@Suite(.enabledAsRoot) struct DenialTests {
    /// A Python program that sends a packet to the port. Its arguments are the source address, and the number of
    /// bytes by which the UDP length exceeds the 12 bytes of the header and the text.
    private static let sender = """
        import socket, struct, sys
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        s.bind((sys.argv[1], 0))
        s.sendto(struct.pack("!HHHH", 50000, \(port), 12 + int(sys.argv[2]), 0) + b"test", ("\(Link.hostAddress)", 0))
        """

    @Test(arguments: Denial.all)
    func `an administrator's denial takes precedence over the exception`(_ denial: Denial) async throws {
        try await IptablesHost.with { host in
            try host.shell(denial.firewall)
            try host.shell(denial.deny)
            let firewall = try host.firewall()
            let result = try firewall.reconcile(Openings(ports: [port], clientUser: nil), policy: Policy())
            #expect(result.plan.attachments.last?.table.description == denial.table)
            func send(_ count: Int) throws {
                let source = denial.packet == .fromBlocked ? Link.blocked : Link.peerAddress
                for _ in 0..<count {
                    try host.peer.command(
                        "python3", ["-c", Self.sender, source, denial.packet == .invalid ? "100" : "0"])
                }
            }
            // The packet counter of the exception for the port.
            func accepted() throws -> Int? {
                let listing = try host.shell("nft list table \(denial.table) 2>/dev/null")
                return listing.firstMatch(of: /(?:@teredowall-ports|dport 41234).* counter packets (\d+)/)
                    .flatMap { Int($0.1) }
            }
            try send(3)
            try host.shell(denial.allow)
            // When this packet, which nothing denies, has been counted, the kernel has processed the others too:
            // the count of 1 shows that it accepted none of them.
            try send(1)
            try await eventually("the last packet is accepted", seen: { "\(try accepted() ?? -1)" }) {
                try accepted() ?? 0 > 0
            }
            #expect(try accepted() == 1)
        }
    }
}
