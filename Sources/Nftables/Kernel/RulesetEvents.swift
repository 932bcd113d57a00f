// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Dispatch
internal import Glibc
public import Platform
internal import Synchronization

/// Something that happened to the ruleset.
public enum RulesetChange: Hashable, Sendable {
    /// Somebody, perhaps ourselves (``RulesetConnection/portID``), committed a transaction. What it changed is as
    /// complete as ``RulesetEvents/listen(toElementsOf:)`` has it.
    case committed(
        generation: UInt32, portID: UInt32, processID: Int32?, processName: String?, changed: ChangedObjects)
    /// Notifications were lost: look at everything again.
    case lost
}

/// Tells of every commit to the ruleset of one network namespace, and of nothing else.
public final class RulesetEvents: Sendable {
    /// The detail in which commits are reported.
    public enum Detail: Sendable {
        /// Only that there was a commit. It takes about 1 kB of the buffer, whatever its size.
        case generation
        /// Also the objects that it changed. A reload of some ten thousand rules does not fit into the buffer.
        case objects

        fileprivate var receiveBuffer: Int { self == .objects ? 8 << 20 : 1 << 20 }
    }

    private let descriptor: Descriptor
    private let detail: Detail
    private let reader = Mutex<AsyncStream<RulesetChange>.Continuation?>(nil)
    private let state = Mutex(State())
    private let watcher = Mutex<(executor: ThreadExecutor, token: UInt64)?>(nil)

    private struct State: Sendable {
        /// Changes of the commit whose end has not been read.
        var pending = ChangedObjects()
        /// No datagram of nf_tables is larger.
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
    }

    /// Number of changes that wait for a slow reader before the oldest are dropped, which is reported.
    private static let waitingChanges = 1024

    /// Listens from now on, in the network namespace of the calling thread. Needs CAP_NET_ADMIN.
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

    /// From now on a commit that changes elements of other sets may be told of without them, and costs as little as one
    /// that changes nothing.
    ///
    /// What the ruleset is must be read after this: changes of these sets may not have been told of before.
    public func listen(toElementsOf sets: some Sequence<SetName>) throws(NftablesError) {
        guard detail == .objects else { return }
        var list: [UInt8] = []
        for set in sets {
            list.append(set.table.family.rawValue)
            for name in [set.table.name, set.name] { list += Array(name.utf8) + [0] }
        }
        let status = unsafe list.withUnsafeBufferPointer { bytes in
            unsafe cnftables_events_want_elements(
                descriptor.rawValue, cnftables_bytes(start: bytes.baseAddress, length: bytes.count))
        }
        guard status < 0 else { return }
        throw .system(SystemError("choose what to hear of nf_tables", code: -status))
    }

    /// The commits since this object was made, then each as it happens. One reader at a time: a further call
    /// ends the earlier stream, and begins with ``RulesetChange/lost`` for what that one may have read.
    public func changes() -> AsyncStream<RulesetChange> {
        AsyncStream(bufferingPolicy: .bufferingNewest(Self.waitingChanges)) { continuation in
            let earlier = reader.withLock { exchange(&$0, with: continuation) }
            if let earlier {
                earlier.finish()
                continuation.yield(.lost)
            }
            let source = DispatchSource.makeReadSource(
                fileDescriptor: descriptor.rawValue, queue: DispatchQueue(label: "teredowall.ruleset"))
            // The closure keeps this object, and so the descriptor, for as long as the source lives.
            source.setEventHandler { [self] in
                for change in take() {
                    if case .dropped = continuation.yield(change) { continuation.yield(.lost) }
                }
            }
            // A source may not be cancelled before its queue is done with the descriptor.
            nonisolated(unsafe) let ending = source
            continuation.onTermination = { _ in unsafe ending.cancel() }
            source.activate()
        }
    }

    /// From now on calls `body` on the thread of an actor whenever there is something to ``take()``.
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

    /// Lets commits wait: what is called whenever there is something to take is not, for so long. To be called on the
    /// actor's thread.
    public func rest(for time: Duration) {
        guard let (executor, token) = watcher.withLock({ $0 }) else { return }
        do throws(SystemError) { try executor.pause(descriptor, token: token) } catch { return }
        executor.setAlarm(of: self, at: .now + time) { [self] in
            do throws(SystemError) { try executor.resume(descriptor, token: token) } catch {
                fatalError("\(error)")
            }
        }
    }

    /// The commits that were not taken yet, in their order. Not beside ``changes()``.
    public func take() -> [RulesetChange] {
        state.withLock { state in
            unsafe state.buffer.withUnsafeMutableBytes { buffer in
                unsafe read(through: buffer, &state.pending)
            }
        }
    }

    private func read(
        through buffer: UnsafeMutableRawBufferPointer, _ pending: inout ChangedObjects
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
                unsafe read(cnftables_bytes(start: start, length: length), &pending, into: &changes)
            case ENOBUFS, EMSGSIZE:
                // Reported once, however much is lost until the buffer has been read empty.
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

    private func read(
        _ datagram: cnftables_bytes, _ pending: inout ChangedObjects, into changes: inout [RulesetChange]
    ) {
        var datagram = unsafe datagram
        var message = unsafe cnftables_bytes()
        while unsafe cnftables_next_message(&datagram, &message) == 0, unsafe message.length > 0 {
            if unsafe pending.read(message) { continue }
            let changed = exchange(&pending, with: ChangedObjects())
            var read = unsafe cnftables_generation()
            guard unsafe cnftables_read_generation(message, &read) == 0 else {
                changes.append(.lost)
                continue
            }
            unsafe changes.append(
                .committed(
                    generation: read.generation, portID: read.port,
                    processID: read.process == 0 ? nil : Int32(bitPattern: read.process),
                    processName: String(ifAny: read.process_name),
                    changed: detail == .objects ? changed : .unknown))
        }
    }
}
