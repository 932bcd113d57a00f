// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Dispatch
internal import Glibc
public import Platform
internal import Synchronization

/// Something that happened to the ruleset.
public enum RulesetChange: Hashable, Sendable {
    /// Somebody, perhaps ourselves (``RulesetConnection/portID``), committed a transaction.
    case committed(generation: UInt32, portID: UInt32, processID: Int32?, processName: String?)
    /// Notifications were lost: look at everything again.
    case lost
}

/// Tells of every commit to the ruleset of one network namespace, and of nothing else.
public final class RulesetEvents: Sendable {
    private let descriptor: Descriptor
    private let reader = Mutex<AsyncStream<RulesetChange>.Continuation?>(nil)

    /// A commit takes about 1 kB of it, whatever its size, so that a thousand can wait.
    private static let receiveBuffer = 1 << 20
    /// How many changes wait for a slow reader before the oldest are lost, and said to be.
    private static let waitingChanges = 1024

    /// Listens from now on, in the network namespace of the calling thread. Needs CAP_NET_ADMIN.
    public convenience init() throws(NftablesError) {
        try self.init(receiveBuffer: Self.receiveBuffer)
    }

    init(receiveBuffer: Int) throws(NftablesError) {
        var number: CInt = -1
        do throws(SystemError) {
            try checkStatus("listen to nf_tables") { unsafe cnftables_events_open(receiveBuffer, &number) }
        } catch {
            throw error.code == EPERM ? .notPermitted : .system(error)
        }
        descriptor = Descriptor(owning: number)
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
                for change in read() {
                    if case .dropped = continuation.yield(change) { continuation.yield(.lost) }
                }
            }
            // A source may not be cancelled before its queue is done with the descriptor.
            nonisolated(unsafe) let ending = source
            continuation.onTermination = { _ in unsafe ending.cancel() }
            source.activate()
        }
    }

    /// The same for an actor: from now on it hears of each commit on its own thread, with no other in between.
    public func watch(
        on executor: ThreadExecutor, _ body: @escaping @Sendable (RulesetChange) -> Void
    ) throws(NftablesError) {
        do throws(SystemError) {
            // The closure keeps this object, and so the descriptor.
            try executor.watch(descriptor) { [self] in read().forEach(body) }
        } catch {
            throw .system(error)
        }
    }

    /// What is in the queue now.
    private func read() -> [RulesetChange] {
        var changes: [RulesetChange] = []
        while true {
            let status = unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
                var length = 0
                let status = unsafe cnftables_receive(
                    descriptor.rawValue, buffer.baseAddress, buffer.count, &length)
                guard status == 0 else { return status }
                let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe Self.read(cnftables_bytes(start: start, length: length), into: &changes)
                return 0
            }
            switch -status {
            case 0: continue
            case EAGAIN: return changes
            default:
                changes.append(.lost)
                // Lost messages are reported once, and others may still be there.
                if -status != ENOBUFS && -status != EMSGSIZE { return changes }
            }
        }
    }

    private static func read(_ datagram: cnftables_bytes, into changes: inout [RulesetChange]) {
        var datagram = unsafe datagram
        var message = unsafe cnftables_bytes()
        while unsafe cnftables_next_message(&datagram, &message) == 0, unsafe message.length > 0 {
            var read = unsafe cnftables_generation()
            guard unsafe cnftables_read_generation(message, &read) == 0 else {
                changes.append(.lost)
                continue
            }
            unsafe changes.append(
                .committed(
                    generation: read.generation, portID: read.port,
                    processID: read.process == 0 ? nil : Int32(bitPattern: read.process),
                    processName: String(ifAny: read.process_name)))
        }
    }
}
