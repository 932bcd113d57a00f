// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Platform
import TestSupport
import Testing

@testable import TeredoPort

/// A pair of virtual interfaces in a network namespace, and an observer of the addresses there.
///
/// The kernel adds no link-local addresses to the interfaces (`addr_gen_mode=1`). An IPv6 address added without
/// `nodad` is tentative for about a second (`dad_transmits=1`).
private struct Cable {
    let namespace: NetworkNamespace
    let observer = AddressObserver(dispatcher: Dispatcher())

    init() throws {
        namespace = try NetworkNamespace.forTest()
        try namespace.command(
            "sh",
            [
                "-ec",
                """
                ip link set lo up
                ip link add one type veth peer name two
                for i in one two; do
                    sysctl -qw net.ipv6.conf.$i.addr_gen_mode=1 net.ipv6.conf.$i.dad_transmits=1
                    ip link set $i up
                done
                ip addr add 192.0.2.1/24 dev one
                ip addr add 2001:db8::1/64 dev one nodad
                ip addr add fe80::1/64 dev one nodad
                """,
            ])
    }

    func request(
        _ family: AddressFamily = .any, _ callback: @escaping @Sendable ([UnicastAddress]) -> Void = { _ in }
    ) throws -> StableAddresses {
        try namespace.run { try observer.request(family, callback) }
    }

    /// The addresses. Throws if one is not stable yet.
    func stable(_ family: AddressFamily = .any) throws -> [UnicastAddress] {
        guard case .stable(let addresses) = try request(family) else { throw TeredoError.ioPending }
        return addresses
    }

    /// Adds an IPv6 address, which is tentative at first.
    func addTentative(_ address: String) throws {
        try namespace.command("ip", ["addr", "add", "\(address)/64", "dev", "one"])
    }
}

@Suite(.enabledAsRoot)
struct AddressObserverTests {
    /// An interface in the output of `ip -j addr`, as far as the tests compare it.
    private struct Interface: Decodable {
        struct Address: Decodable {
            var local: String?
            var prefixlen: Int?
            var validLifeTime: UInt32?
            var preferredLifeTime: UInt32?

            enum CodingKeys: String, CodingKey {
                case local, prefixlen
                case validLifeTime = "valid_life_time"
                case preferredLifeTime = "preferred_life_time"
            }
        }
        var ifindex: UInt32?
        var ifname: String?
        var addrInfo: [Address]?

        enum CodingKeys: String, CodingKey {
            case ifindex, ifname
            case addrInfo = "addr_info"
        }
    }

    @Test func `the addresses are those that ip shows`() throws {
        let cable = try Cable()
        let json = try cable.namespace.command("ip", ["-j", "addr"])
        let shown = try JSONDecoder().decode([Interface].self, from: Data(json.utf8))
        let expected = shown.flatMap { interface in
            (interface.addrInfo ?? []).map { address in
                "\(interface.ifindex ?? 0) \(interface.ifname ?? "") \(address.local ?? "") "
                    + "\(address.prefixlen ?? -1) \(address.validLifeTime ?? 0) \(address.preferredLifeTime ?? 0)"
            }
        }
        let found = try cable.stable().map { address in
            "\(address.interfaceIndex) \(address.interfaceName) \(address.text) \(address.prefixLength) "
                + "\(address.validLifetime.map { UInt32($0.components.seconds) } ?? .max) "
                + "\(address.preferredLifetime.map { UInt32($0.components.seconds) } ?? .max)"
        }
        // Two of `lo` and three of `one`, at least.
        #expect(found.count >= 5)
        #expect(Set(found) == Set(expected))
    }

    @Test func `addresses are filtered by family`() throws {
        let cable = try Cable()
        #expect(try cable.stable(.ipv4).map(\.text).sorted() == ["127.0.0.1", "192.0.2.1"])
        #expect(try cable.stable(.ipv6).allSatisfy { $0.bytes.count == 16 && $0.family == .ipv6 })
        #expect(try cable.stable().count == cable.stable(.ipv4).count + cable.stable(.ipv6).count)
    }

    @Test func `an address has its origin, its scope and its age, and the type of its interface`()
        throws
    {
        let addresses = try Cable().stable()
        let manual = try #require(addresses.first { $0.text == "192.0.2.1" })
        #expect((manual.prefixOrigin, manual.suffixOrigin) == (.manual, .manual))
        let (ethernet, softwareLoopback): (UInt64, UInt64) = (6, 24)  // the IANA's ifType
        // A NET_LUID has the type in bits 48 to 63 and, here, the interface's index in bits 24 to 47.
        #expect(manual.interfaceLUID == ethernet << 48 | UInt64(manual.interfaceIndex) << 24)
        #expect(manual.scopeID == 0 && manual.state == .preferred && manual.interfaceIsUp)
        let age = Date().timeIntervalSince1970 - Double(try #require(manual.created).components.seconds)
        // The address is new, but the clock may have been adjusted, and the machine may be slow.
        #expect(age > -2 && age < 600)
        let link = try #require(addresses.first { $0.text == "fe80::1" })
        #expect(link.scopeID == link.interfaceIndex)
        let loopback = try #require(addresses.first { $0.text == "::1" })
        #expect(loopback.interfaceLUID >> 48 == softwareLoopback)
        #expect(loopback.prefixOrigin == .wellKnown)
    }

    @Test func `the callback is called whenever a tentative address has become stable`() throws {
        let cable = try Cable()
        let reports = Record<[String]>()
        try cable.addTentative("2001:db8::2")
        guard case .pending(let registration) = try cable.request(.ipv6, { reports.append($0.map(\.text)) })
        else {
            Issue.record("stable while an address is tentative")
            return
        }
        #expect(try cable.stable(.ipv4).contains { $0.text == "192.0.2.1" })
        #expect(reports.wait(count: 1).last?.contains("2001:db8::2") == true)
        try cable.addTentative("2001:db8::3")
        #expect(reports.wait(count: 2).last?.contains("2001:db8::3") == true)
        try registration.cancel()
        #expect(throws: TeredoError.invalidHandle) { try registration.cancel() }
        #expect(!cable.observer.isRunning)
    }

    @Test func `no callback comes after cancelling`() throws {
        let cable = try Cable()
        let callers = Record<String>()
        try cable.addTentative("2001:db8::2")
        guard case .pending(let registration) = try cable.request(.any, { _ in callers.append("cancelled") })
        else {
            Issue.record("stable while an address is tentative")
            return
        }
        try registration.cancel()
        // Wait for the callback of a later registration: the cancelled one's would come no later.
        guard case .pending(let later) = try cable.request(.any, { _ in callers.append("later") }) else {
            Issue.record("stable while an address is tentative")
            return
        }
        #expect(callers.wait(count: 1) == ["later"])
        try later.cancel()
    }

    /// The flags of linux/if_addr.h: 0x04 optimistic, 0x08 duplicate, 0x20 deprecated, 0x40 tentative, 0x80
    /// permanent. An optimistic address may be used before it is known to be unique, and does not count as tentative.
    @Test(
        arguments: [
            (0, .preferred), (0x80, .preferred), (0x40, .tentative), (0x44, .preferred), (0x48, .duplicate),
            (0x20, .deprecated), (0x60, .tentative), (0x64, .deprecated), (0x08, .duplicate),
        ] as [(UInt32, UnicastAddress.State)])
    func `the flags duplicate, tentative and deprecated take precedence in this order`(
        flags: UInt32, state: UnicastAddress.State
    ) {
        #expect(UnicastAddress.State(InterfaceAddress.Flags(rawValue: flags)) == state)
    }
}

@Suite struct StableAddressTests {
    @Test func `the addresses of this host are stable, or become so`() async throws {
        #expect(try await Teredo.stableUnicastAddresses().allSatisfy(\.isStable))
    }
}
