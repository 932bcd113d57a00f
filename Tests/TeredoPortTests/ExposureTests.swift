// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TeredoProtocol
import Testing

@testable import TeredoPort

private let client: UInt32 = 102
private let root: UInt32 = 0
private let address = IPv4Address(10, 9, 0, 1)
private let otherAddress = IPv4Address(10, 9, 0, 2)
private let loopback = IPv4Address(127, 0, 0, 9)

private func socket(
    _ port: UInt16 = 5300, at address: IPv4Address = .wildcard, of uid: UInt32 = client,
    interface: UInt32 = 0, hasNoPeer: Bool = true
) -> UDPSocket {
    UDPSocket(
        address: address, port: port, hasNoPeer: hasNoPeer, uid: uid, inode: UInt32(port),
        interface: interface)
}

private func exposure(of sockets: [UDPSocket], beside others: [UDPSocket] = []) -> Exposure {
    Exposure(of: sockets) { port in (sockets + others).filter { $0.port == port } }
}

/// A socket of the client, another socket, and whether the client's port may be open beside it.
private struct Encounter: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var client = socket()
    var other: UDPSocket
    var isOpen: Bool
}

private let encounters: [Encounter] = [
    .init(
        testDescription: "root's service on an address of the host", other: socket(at: address, of: root),
        isOpen: false),
    .init(testDescription: "another user's socket on every address", other: socket(of: 65534), isOpen: false),
    .init(
        testDescription: "root's connected socket on an address of the host",
        other: socket(at: address, of: root, hasNoPeer: false),
        isOpen: false),
    .init(
        testDescription: "root's socket connected through loopback, after that on every address again",
        other: socket(at: loopback, of: root, hasNoPeer: false), isOpen: false),
    .init(
        testDescription: "root's socket connected through loopback, the client's on one address",
        client: socket(at: address), other: socket(at: loopback, of: root, hasNoPeer: false), isOpen: true),
    .init(
        testDescription: "root's connected socket on another address than the client's",
        client: socket(at: address), other: socket(at: otherAddress, of: root, hasNoPeer: false), isOpen: true
    ),
    .init(
        testDescription: "root's connected socket on the address of the client's",
        client: socket(at: address), other: socket(at: address, of: root, hasNoPeer: false), isOpen: false),
    .init(
        testDescription: "root's service on a loopback address", other: socket(at: loopback, of: root),
        isOpen: true),
    .init(
        testDescription: "root's service on the loopback interface", other: socket(of: root, interface: 1),
        isOpen: true),
    .init(testDescription: "another socket of the client's user", other: socket(at: address), isOpen: true),
    .init(testDescription: "root's service on another port", other: socket(5301, of: root), isOpen: true),
    .init(
        testDescription: "root's service on every address, the client's on one", client: socket(at: address),
        other: socket(of: root),
        isOpen: false),
    .init(
        testDescription: "root's service on the address of the client's", client: socket(at: address),
        other: socket(at: address, of: root),
        isOpen: false),
    .init(
        testDescription: "root's service on another address than the client's", client: socket(at: address),
        other: socket(at: otherAddress, of: root),
        isOpen: true),
    .init(
        testDescription: "sockets on different interfaces, of which the exception names none",
        client: socket(interface: 2), other: socket(of: root, interface: 3), isOpen: false),
]

@Suite struct ExposureTests {
    @Test func `a socket on every address opens its port on every address`() {
        let exposure = exposure(of: [socket()])
        #expect(exposure.open == [.init(address: nil, port: 5300)] && exposure.withheld.isEmpty)
    }

    @Test func `a socket on one address opens its port there`() {
        #expect(exposure(of: [socket(at: address)]).open == [.init(address: address, port: 5300)])
    }

    @Test func `a socket on a loopback address does not open the same port of root's service`() {
        let exposure = exposure(of: [socket(at: loopback)], beside: [socket(at: address, of: root)])
        #expect(exposure.open.isEmpty)
        #expect(exposure.withheld.map(\.reason) == [.loopback])
    }

    @Test(arguments: encounters)
    fileprivate func `a port is withheld while another user's socket would receive its packets`(
        _ encounter: Encounter
    ) {
        let exposure = exposure(of: [encounter.client], beside: [encounter.other])
        #expect(exposure.open.isEmpty != encounter.isOpen)
        #expect(
            exposure.withheld.map(\.reason) == (encounter.isOpen ? [] : [.shared(uid: encounter.other.uid)]))
    }

    @Test func `ports below 1024, those of system services, are not opened`() {
        #expect(exposure(of: [socket(1023)]).withheld.map(\.reason) == [.reserved])
        #expect(exposure(of: [socket(1024)]).open.map(\.port) == [1024])
    }

    @Test func `the oldest sixteen ports are opened, whatever their numbers`() {
        let sockets = (0..<17).map { socket(20_000 - UInt16($0)) }
        let exposure = exposure(of: sockets)
        #expect(Set(exposure.open.map(\.port)) == Set(sockets.prefix(16).map(\.port)))
        let newest = sockets[16].port
        #expect(exposure.withheld == [.init(endpoint: .init(address: nil, port: newest), reason: .tooMany)])
    }

    @Test func `the sixteen ports watched for binds of other users include one that is shared`() {
        let sockets = (0..<40).map { socket(20_000 + UInt16($0)) } + [socket(1023), socket(at: loopback)]
        let shared: UInt16 = 20_003
        let exposure = exposure(of: sockets, beside: [socket(shared, at: address, of: root)])
        #expect(exposure.open.count == 15)
        #expect(exposure.shareablePorts == (20_000..<20_016).map { $0 })
    }

    @Test func `a port open on every address is not listed for one as well`() {
        let both = exposure(of: [socket(), socket(at: address)])
        #expect(both.open == [.init(address: nil, port: 5300)])
    }

    @Test func `a failed look is an error and opens nothing`() {
        #expect(throws: SystemError.self) {
            try Exposure(of: [socket()]) { _ throws(SystemError) -> [UDPSocket] in
                throw SystemError("list the sockets", code: 105)  // ENOBUFS
            }
        }
    }
}
