// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc
public import Platform
internal import Synchronization

/// Reports every commit to the ruleset of one network namespace.
public final class RulesetEvents: EventSource {
    /// The level of detail of the reports.
    public enum Detail: Sendable {
        /// The generation only. A commit takes about 1 kB of the receive buffer, whatever its size.
        case generation
        /// Also the changed objects. A commit of some ten thousand rules does not fit into the receive
        /// buffer and is reported as ``RulesetChange/lost``.
        case objects

        /// The size of the receive buffer in bytes.
        fileprivate var receiveBuffer: Int { self == .objects ? 8 << 20 : 1 << 20 }
    }

    let descriptor: Descriptor
    private let detail: Detail
    let state = Mutex(State())
    /// The executor of the last call of ``watch(on:_:)``, and its token for the calls of `body`.
    let watcher = Mutex<(executor: ThreadExecutor, token: UInt64)?>(nil)

    struct State: Sendable {
        var reports = Reports()
        /// The sets whose elements are reported, as `cnftables_events_filter` takes them; nil for all.
        var setsWithReportedElements: [UInt8]?
        /// True while the kernel drops the reports of irrelevant commits.
        var isSkipping = false
        /// The buffer for one datagram; no datagram of nf_tables is larger.
        fileprivate var buffer = [UInt8](repeating: 0, count: 1 << 16)
    }

    struct Reports: Sendable {
        /// The changes of a commit whose last message has not been read.
        var pending = ChangedObjects()
        /// True when commits were skipped since the last one reported.
        var hasSkipped = false
    }

    /// Starts listening in the network namespace of the calling thread. Needs CAP_NET_ADMIN.
    public convenience init(_ detail: Detail = .objects) throws(NftablesError) {
        try self.init(detail, receiveBuffer: detail.receiveBuffer)
    }

    init(_ detail: Detail, receiveBuffer: Int) throws(NftablesError) {
        var number: CInt = -1
        let events = detail == .objects ? CNFTABLES_EVENTS_CHANGES : CNFTABLES_EVENTS_GENERATIONS
        do throws(SystemError) {
            try checkStatus("listen to nf_tables") {
                unsafe cnftables_events_open(receiveBuffer, events, &number)
            }
        } catch {
            throw error.code == EPERM ? .notPermitted : .system(error)
        }
        descriptor = Descriptor(owning: number)
        self.detail = detail
    }

    public var descriptorNumber: CInt { descriptor.rawValue }

    /// Requests element events of these sets only, from now on. The kernel drops the events of other sets, as
    /// far as it can distinguish them, so that they cost nothing.
    ///
    /// Elements of these sets may have changed before without an event: read them after this call.
    public func listen(toElementsOf sets: some Sequence<SetName>) throws(NftablesError) {
        guard detail == .objects else { return }
        var list: [UInt8] = []
        for set in sets {
            list.append(set.table.family.rawValue)
            for name in [set.table.name, set.name] { list += Array(name.utf8) + [0] }
        }
        try state.withLock { state throws(NftablesError) in
            stopSkipping(&state)
            try filter(for: list, isSkipping: false)
            state.setsWithReportedElements = list
        }
    }

    /// Sets the socket's filter: only the elements of these sets are reported and, if `isSkipping`, no ends of
    /// commits.
    func filter(for sets: [UInt8], isSkipping: Bool) throws(NftablesError) {
        let status = unsafe sets.withUnsafeBufferPointer { bytes in
            unsafe cnftables_events_filter(
                descriptor.rawValue, cnftables_bytes(start: bytes.baseAddress, length: bytes.count),
                isSkipping ? 1 : 0)
        }
        guard status < 0 else { return }
        throw .system(SystemError("choose which changes of nf_tables are reported", code: -status))
    }

    /// Calls `body` on the executor's thread, from now on, whenever there are changes to ``take()``.
    public func watch(
        on executor: ThreadExecutor, _ body: @escaping @Sendable () -> Void
    ) throws(NftablesError) {
        do throws(SystemError) {
            let token = try executor.watch(descriptor, body)
            watcher.withLock { $0 = (executor, token) }
        } catch {
            throw .system(error)
        }
    }

    /// Suspends, for this time, the calls of the `body` that was passed to ``watch(on:_:)``. Call it on the
    /// executor's thread.
    public func suspendCalls(for time: Duration) {
        guard let (executor, token) = watcher.withLock({ $0 }) else { return }
        do throws(SystemError) { try executor.pause(descriptor, token: token) } catch { return }
        executor.setAlarm(of: self, at: .now + time) { [self] in
            do throws(SystemError) { try executor.resume(descriptor, token: token) } catch {
                fatalError("\(error)")
            }
        }
    }

    /// Returns the changes not yet taken, in order.
    public func take() -> [RulesetChange] {
        state.withLock { state in
            let changes = read(&state)
            let hasEvents = !changes.isEmpty || !state.hasNothingPending
            // Events that arrive while skipping belong to a relevant commit, whose end the kernel drops.
            return state.isSkipping && hasEvents ? discardPending(&state) : changes
        }
    }

    /// Reads all datagrams that have arrived.
    func read(_ state: inout State) -> [RulesetChange] {
        unsafe state.buffer.withUnsafeMutableBytes { buffer in
            unsafe read(through: buffer, &state.reports)
        }
    }

    private func read(
        through buffer: UnsafeMutableRawBufferPointer, _ reports: inout Reports
    ) -> [RulesetChange] {
        var changes: [RulesetChange] = []
        var hasLost = false
        while true {
            var length = 0
            let status = unsafe cnftables_receive(
                descriptor.rawValue, buffer.baseAddress, buffer.count, &length)
            switch -status {
            case 0:
                let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe reports.read(cnftables_bytes(start: start, length: length), detail, into: &changes)
            case ENOBUFS, EMSGSIZE:
                // Report a loss once, after the buffer has been read empty.
                hasLost = true
            case EAGAIN:
                if hasLost { changes.append(.lost) }
                return changes
            default:
                changes.append(.lost)
                return changes
            }
        }
    }
}

extension RulesetEvents.Reports {
    /// Reads the messages of a datagram, and appends a change for each that ends a commit.
    mutating func read(
        _ datagram: cnftables_bytes, _ detail: RulesetEvents.Detail, into changes: inout [RulesetChange]
    ) {
        var datagram = unsafe datagram
        var message = unsafe cnftables_bytes()
        while true {
            guard unsafe cnftables_next_message(&datagram, &message) == 0 else {
                // The rest is malformed.
                return changes.append(.lost)
            }
            if unsafe message.length == 0 { return }
            if unsafe pending.read(message) { continue }
            // This message ends a commit.
            let changed = exchange(&pending, with: ChangedObjects())
            if exchange(&hasSkipped, with: false) { changes.append(.skipped) }
            var raw = unsafe cnftables_generation()
            guard unsafe cnftables_read_generation(message, &raw) == 0 else {
                changes.append(.lost)
                continue
            }
            unsafe changes.append(
                .committed(
                    generation: raw.generation, portID: raw.port,
                    processID: raw.process == 0 ? nil : Int32(bitPattern: raw.process),
                    processName: String(ifAny: raw.process_name),
                    changed: detail == .objects ? changed : .unknown))
        }
    }
}
