// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc
internal import Platform

/// A command socket to nf_tables. Keep it open: closing one after a commit takes milliseconds.
///
/// The socket always belongs to the network namespace of the thread that opened it. Not for concurrent use.
public final class RulesetConnection {
    let socket: Socket
    /// True to repeat a listing during which the ruleset changed; false to throw ``NftablesError/stale`` in that
    /// case.
    public var repeatsListings = true

    /// Opens a socket in the network namespace of the calling thread.
    public init() throws(NftablesError) {
        do throws(SystemError) { socket = try Socket() } catch { throw .system(error) }
    }

    /// The netlink port of this connection, which the kernel reports as the author of its commits.
    public var portID: UInt32 { socket.port }

    /// The generation of the ruleset; every commit, by any process, increments it.
    public func generation() throws(NftablesError) -> UInt32 {
        let found = try unsafe list(CNFTABLES_GENERATION, "read the generation") {
            (message, found: inout [UInt32]) in
            var raw = unsafe cnftables_generation()
            let status = unsafe cnftables_read_generation(message, &raw)
            if status == 0 { unsafe found.append(raw.generation) }
            return status
        }
        guard let generation = found.first else { throw .malformed("no answer to: read the generation") }
        return generation
    }

    /// The tables of all families.
    public func tables() throws(NftablesError) -> [Table] {
        try unsafe list(CNFTABLES_TABLES, "list tables") { unsafe Table.read($0, into: &$1) }
    }

    /// The chains of all families.
    public func chains() throws(NftablesError) -> [Chain] {
        try unsafe list(CNFTABLES_CHAINS, "list chains") { unsafe Chain.read($0, into: &$1) }
    }

    /// The chain with this name; nil if there is none.
    public func chain(_ name: ChainName) throws(NftablesError) -> Chain? {
        do throws(NftablesError) {
            return try unsafe list(
                CNFTABLES_CHAINS, "read chain \(name)", in: name.table, name: name.name
            ) { unsafe Chain.read($0, into: &$1) }.first
        } catch .rejected(let rejections) where rejections.allSatisfy({ $0.code == ENOENT }) {
            return nil
        }
    }

    /// The named sets and maps of all families.
    public func sets() throws(NftablesError) -> [NamedSet] { try allSets().filter { !$0.isAnonymous } }

    /// The sets and maps of all families, including anonymous ones, which belong to one rule.
    public func allSets() throws(NftablesError) -> [NamedSet] {
        try unsafe list(CNFTABLES_SETS, "list sets") { unsafe NamedSet.read($0, into: &$1) }
    }

    /// The named limits and quotas that pass packets above their bound, and spent quotas that pass those below.
    public func invertedObjects() throws(NftablesError) -> Set<SetName> {
        let all = try unsafe list(CNFTABLES_OBJECTS, "list objects") {
            unsafe InvertedObject.read($0, into: &$1)
        }
        return Set(all.map(\.name))
    }

    /// The rules of one chain, in order; empty if there is no such chain. The kernel visits no other chain.
    /// `summary` converts each rule that was read to the rule that is returned.
    public func rules(
        of chain: ChainName, as summary: (Rule) -> Rule = { $0 }
    ) throws(NftablesError) -> [Rule] {
        try unsafe list(
            CNFTABLES_RULES, "list rules of \(chain.errorPhrase)", in: chain.table, name: chain.name
        ) {
            let countBefore = $1.count
            let status = unsafe Rule.read($0, of: chain, into: &$1)
            if $1.count > countBefore { $1[countBefore] = summary($1[countBefore]) }
            return status
        }
    }

    /// The elements of a set of ours that have not expired, without repetition, in no order.
    ///
    /// The kernel may resize the hash table of a set during a listing. The listing may then contain an element twice
    /// or, for a set so large that it takes several messages (thousands of elements), omit some.
    public func elements(of set: SetName) throws(NftablesError) -> [TimedElement] {
        let listed = try unsafe list(
            CNFTABLES_ELEMENTS, "list elements of \(set.errorPhrase)", in: set.table, name: set.name
        ) { unsafe TimedElement.read($0, into: &$1) }
        var seen: Set<TimedElement> = []
        return listed.filter { seen.insert($0.withoutLifetime).inserted }
    }

    /// Applies all operations in one transaction, or none of them. Does nothing when there are no operations.
    ///
    /// With `ifGeneration`, throws ``NftablesError/stale`` unless the ruleset is still at that generation.
    public func commit(
        _ operations: [Operation], ifGeneration: UInt32? = nil
    ) throws(NftablesError) {
        guard !operations.isEmpty else { return }
        // The kernel takes 0 for "any generation", but no ruleset has generation 0.
        guard ifGeneration != 0 else { throw .stale }
        let transaction = try EncodedTransaction(
            operations, sequence: socket.nextSequence, generation: ifGeneration ?? 0)
        try commit(transaction, operations)
    }

    /// Commits, for this port, a transaction that was encoded in advance. Does nothing when it is empty.
    public func commit(_ prepared: PortTransaction, port: UInt16) throws(NftablesError) {
        guard !prepared.operations.isEmpty else { return }
        prepared.prepare(port: port, sequence: socket.nextSequence)
        try commit(prepared.transaction, prepared.operations)
    }

    private func commit(
        _ transaction: borrowing EncodedTransaction, _ operations: [Operation]
    ) throws(NftablesError) {
        let status = socket.commit(transaction)
        switch -status {
        case 0: return
        case ERESTART: throw .stale
        case EPERM: throw .notPermitted
        case EREMOTEIO: throw .rejected(transaction.rejections(of: operations))
        default: throw .system(SystemError("commit a transaction", code: -status))
        }
    }

    /// Waits until the commit in progress, if any, has been applied completely.
    ///
    /// The kernel increments the generation before it applies policies and names: during a long commit,
    /// listings show the old policies and names with the new generation. To wait for it, this sends an empty
    /// transaction, which the kernel begins only after the commit in progress and which changes nothing.
    public func waitForCommit() throws(NftablesError) {
        let transaction = try EncodedTransaction([], sequence: socket.nextSequence, generation: 0)
        switch -socket.commit(transaction) {
        case 0: return
        case EPERM: throw .notPermitted
        case let code: throw .system(SystemError("wait for a commit", code: code))
        }
    }

    /// The maximum number of times that a listing is requested if the ruleset changes during each of them.
    private static let maximumAttempts = 16

    /// Requests a listing and passes each message to `read`, which appends to the result and returns 0 or
    /// −errno. If the ruleset changed meanwhile, repeats the request or throws, depending on ``repeatsListings``.
    /// `subject` names the request in errors.
    func list<Element>(
        _ request: cnftables_request_kind, _ subject: @autoclosure () -> String, in table: TableName? = nil,
        name: String? = nil, _ read: (cnftables_bytes, inout [Element]) -> CInt
    ) throws(NftablesError) -> [Element] {
        guard table?.name.utf8.contains(0) != true, name?.utf8.contains(0) != true else {
            throw .malformed("\(subject()): a name contains a NUL")
        }
        for _ in 0..<(repeatsListings ? Self.maximumAttempts : 1) {
            var found: [Element] = []
            var readStatus: CInt = 0
            let status = unsafe socket.list(
                request, family: table?.family, table: table?.name, name: name
            ) { message in
                readStatus = unsafe read(message, &found)
                return readStatus
            }
            switch -status {
            case 0: return found
            case EINTR: continue
            case _ where readStatus != 0 && readStatus != -ENOTSUP, EBADMSG:
                throw .malformed("\(subject()): the kernel's answer is malformed")
            case ENOTSUP where readStatus != 0:
                throw .malformed("\(subject()): not the elements of a set of teredowalld")
            case ENOENT, EPERM:
                throw .rejected([Rejection(operation: nil, subject: subject(), code: -status)])
            default: throw .system(SystemError(subject(), code: -status))
            }
        }
        throw .stale
    }
}
