// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Nftables
import Platform
import TestSupport
import Testing

/// glibc exports capset(2) without declaring it. It changes the calling thread only, unlike glibc's
/// setuid(2).
@_silgen_name("capset")
private func capset(_ header: UnsafeRawPointer, _ data: UnsafeRawPointer) -> CInt

/// Removes all capabilities from the calling thread, irrevocably.
private func dropCapabilities() throws(SystemError) {
    let header: [UInt32] = [0x2008_0522, 0]  // _LINUX_CAPABILITY_VERSION_3
    let none = [UInt32](repeating: 0, count: 6)  // twice: effective, permitted, inheritable
    try check("drop capabilities") { capset(header, none) }
}

@Suite(.enabledAsRoot) struct NftablesRejectionTests {
    static let table = TableName(.inet, "filter")
    static let chain = ChainName(table, "input")
    static let absent = ChainName(table, "absent")
    static let set = SetName(table, "ports")

    private func connection(in namespace: NetworkNamespace) throws -> RulesetConnection {
        let connection = try namespace.connection()
        try connection.commit([
            .addTable(Table(Self.table)), .addChain(Chain(Self.chain)), .addSet(.timedPorts(Self.set)),
        ])
        return connection
    }

    /// The rejections that the kernel reports for a transaction.
    private func rejections(_ connection: RulesetConnection, _ operations: [Operation]) -> [Rejection] {
        do throws(NftablesError) {
            try connection.commit(operations)
            return []
        } catch {
            guard case .rejected(let rejections) = error else {
                Issue.record("\(error)")
                return []
            }
            return rejections
        }
    }

    @Test func `the refused operation is named, although the last one was acknowledged`() throws {
        let namespace = try NetworkNamespace.forTest()
        let connection = try connection(in: namespace)
        let before = try namespace.nft("-a", "list", "ruleset")
        let rejections = rejections(
            connection,
            [
                .addChain(Chain(ChainName(Self.table, "first"))),
                .addRule(NewRule([.accept]), to: Self.absent, .last),
                .addChain(Chain(ChainName(Self.table, "last"))),
            ])
        let rejection = try #require(rejections.first)
        #expect(rejections.count == 1)
        #expect(rejection.operation == 1 && rejection.code == ENOENT)
        // The chain's name, after the two headers (20 bytes) and the attribute with the table's name (12 bytes).
        #expect(rejection.attributeOffset == 32)
        #expect(
            rejection.description
                == "add rule to chain absent of table inet filter: No such file or directory")
        #expect(try namespace.nft("-a", "list", "ruleset") == before)
    }

    @Test func `every refused operation is named`() throws {
        let namespace = try NetworkNamespace.forTest()
        let connection = try connection(in: namespace)
        let absentTable = TableName(.ip, "absent")
        let rejections = rejections(
            connection,
            [
                .deleteRule(Self.chain, handle: 4711), .flushChain(Self.chain), .deleteTable(absentTable),
                .addRule(NewRule([.jump("nowhere")]), to: Self.chain, .last),
                .addRule(NewRule([.udpSourcePort(inSet: "nosuch"), .accept]), to: Self.chain, .last),
                .addElements(SetName(Self.table, "nosuch"), [TimedElement(1, timeout: nil)]),
            ])
        // Operation 1 flushes a chain that exists: only it is valid.
        #expect(rejections.map(\.operation) == [0, 2, 3, 4, 5])
        #expect(rejections.map(\.code) == Array(repeating: ENOENT, count: 5))
        #expect(
            rejections.map(\.subject).first
                == "delete the rule with handle 4711 of chain input of table inet filter")
        // For elements of an absent set, the last operation, Linux 6.1 does not say which attribute is wrong.
        #expect(rejections.dropLast().allSatisfy { $0.attributeOffset != nil })
    }

    @Test func `an object with references cannot be deleted`() throws {
        let namespace = try NetworkNamespace.forTest()
        let connection = try connection(in: namespace)
        let own = ChainName(Self.table, "own")
        try connection.commit([
            .addChain(Chain(own)), .addRule(NewRule([.jump("own")]), to: Self.chain, .last),
            .addRule(NewRule([.udpSourcePort(inSet: "ports"), .accept]), to: Self.chain, .last),
        ])
        #expect(rejections(connection, [.deleteChain(own)]).map(\.code) == [EBUSY])
        #expect(rejections(connection, [.deleteSet(Self.set)]).map(\.code) == [EBUSY])
    }

    @Test func `a set of another kind and a rule at an absent position are refused`() throws {
        let namespace = try NetworkNamespace.forTest()
        let connection = try connection(in: namespace)
        // A set of ports (nft's type 13, inet_service) without the flag for timeouts.
        let permanent = NamedSet(Self.set, keyType: 13, keyLength: 2, flags: 0)
        #expect(rejections(connection, [.addSet(permanent)]).map(\.code) == [EEXIST])
        for position in [RulePosition.before(handle: 99), .after(handle: 99)] {
            #expect(
                rejections(connection, [.addRule(NewRule([.accept]), to: Self.chain, position)])
                    .map(\.code) == [ENOENT])
        }
    }

    @Test func `a change of a table that another process owns is refused`() throws {
        let namespace = try NetworkNamespace.forTest()
        let (owner, other) = (try namespace.connection(), try namespace.connection())
        let owned = TableName(.inet, "owned")
        let ownedFlag: UInt32 = 2  // NFT_TABLE_F_OWNER
        try owner.commit([.addTable(Table(owned, flags: ownedFlag))])
        #expect(try other.tables().first?.owner == owner.portID)
        let rejections = rejections(
            other, [.addTable(Table(Self.table)), .addChain(Chain(ChainName(owned, "c")))])
        #expect(rejections.map(\.operation) == [1] && rejections.map(\.code) == [EPERM])
        #expect(try other.tables().count == 1)
    }

    @Test func `without CAP_NET_ADMIN the whole transaction is refused`() throws {
        let namespace = try NetworkNamespace.forTest()
        let connection = try connection(in: namespace)
        try namespace.run { () throws(any Error) in
            try dropCapabilities()
            #expect(throws: NftablesError.notPermitted) {
                try connection.commit([.deleteTable(Self.table), .addTable(Table(Self.table))])
            }
            #expect(throws: NftablesError.notPermitted) { _ = try RulesetEvents() }
        }
        // The test's own thread has kept its capabilities, and the socket still works.
        try connection.commit([.deleteTable(Self.table)])
        #expect(try connection.tables().isEmpty)
    }

    @Test func `a large transaction without the right to a large buffer is refused`() throws {
        let namespace = try NetworkNamespace.forTest()
        let connection = try connection(in: namespace)
        let rules = Array(
            repeating: Operation.addRule(NewRule([.counter]), to: Self.chain, .last), count: 60_000)
        try namespace.run { () throws(any Error) in
            try dropCapabilities()
            // Which of the two errors is thrown depends on net.core.wmem_max of the system.
            let tooLarge = NftablesError.system(SystemError("commit a transaction", code: EMSGSIZE))
            #expect {
                try connection.commit(rules)
            } throws: { error in
                [tooLarge, .notPermitted].contains(error as? NftablesError)
            }
        }
        try connection.commit(rules)
        #expect(try connection.rules(of: Self.chain).count == 60_000)
    }

    @Test func `a transaction with more refusals than the socket can hold is refused`() throws {
        let namespace = try NetworkNamespace.forTest()
        let connection = try connection(in: namespace)
        let refused = Array(repeating: Operation.deleteChain(Self.absent), count: 5_000)
        let rejections = rejections(connection, refused + [.deleteTable(Self.table)])
        // How many refusals are received depends on the size of the socket's buffer.
        #expect(rejections.count > 10 && rejections.allSatisfy { $0.code == ENOENT })
        #expect(try connection.tables().count == 1)
        try connection.commit([.deleteTable(Self.table)])
    }

    @Test func `listing the elements of an absent set, or of a set unlike ours, is an error`() throws {
        let namespace = try NetworkNamespace.forTest()
        let connection = try connection(in: namespace)
        #expect(
            throws: NftablesError.rejected([
                Rejection(
                    operation: nil, subject: "list elements of set nosuch of table inet filter",
                    code: ENOENT)
            ])
        ) { _ = try connection.elements(of: SetName(Self.table, "nosuch")) }
        try namespace.nft(
            load: "add set inet filter hosts { type ipv4_addr; elements = { 10.0.0.1 }; }")
        #expect(
            throws: NftablesError.malformed(
                "list elements of set hosts of table inet filter: not the elements of a set of teredowalld"
            )
        ) { _ = try connection.elements(of: SetName(Self.table, "hosts")) }
        // An aborted listing does not disturb later requests.
        #expect(try connection.tables().count == 1)
        try connection.commit([.deleteTable(Self.table)])
    }

    @Test func `answers from other senders than the kernel are ignored`() throws {
        let namespace = try NetworkNamespace.forTest()
        let connection = try connection(in: namespace)
        let netfilter: CInt = 12  // NETLINK_NETFILTER
        let forger = Descriptor(
            owning: try namespace.run { () throws(any Error) in
                try check("open") { socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), netfilter) }
            })
        // The connection numbers its requests from 1: its next ones are in this range.
        for sequence in UInt32(1)..<40 {
            // A message of type NLMSG_ERROR (2) with -EPERM for a request with that sequence number: the header, the
            // error, and the header of the request.
            let words: [UInt32] = [36, 2, sequence, 0, UInt32(bitPattern: -EPERM), 16, 0, sequence, 0]
            // A sockaddr_nl with the port of the connection.
            var address: [UInt32] = [UInt32(AF_NETLINK), connection.portID, 0]
            try check("forge an answer") {
                words.withUnsafeBytes { bytes in
                    address.withUnsafeMutableBytes { address in
                        sendto(
                            forger.rawValue, bytes.baseAddress, bytes.count, 0,
                            address.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                            socklen_t(address.count))
                    }
                }
            }
        }
        #expect(try connection.tables().count == 1)
        try connection.commit([.addTable(Table(TableName(.ip, "more")))])
        #expect(try connection.tables().count == 2)
    }
}
