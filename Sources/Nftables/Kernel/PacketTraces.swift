// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc
public import Platform

/// Receives the kernel's messages about traced packets, whichever rule turns tracing on.
///
/// Not for concurrent use.
public final class PacketTraces: EventSource {
    private let descriptor: Descriptor
    /// The size of the receive buffer in bytes: enough for thousands of steps. A packet has one or two steps in each
    /// chain.
    private static let receiveBuffer = 8 << 20

    /// Starts listening in the network namespace of the calling thread. Needs CAP_NET_ADMIN.
    public init() throws(NftablesError) {
        var number: CInt = -1
        do throws(SystemError) {
            try checkStatus("listen to packet traces") {
                unsafe cnftables_traces_open(Self.receiveBuffer, &number)
            }
        } catch {
            throw error.code == EPERM ? .notPermitted : .system(error)
        }
        descriptor = Descriptor(owning: number)
    }

    public var descriptorNumber: CInt { descriptor.rawValue }

    /// Waits until the deadline for the first step, and returns all steps that have arrived.
    ///
    /// Returns nil when steps were lost because too many arrived. Then make a new object: if the loss happened while
    /// the last datagram was being read, the kernel may deliver nothing more to this socket.
    public func steps(until deadline: ContinuousClock.Instant) throws(NftablesError) -> [TraceStep]? {
        var steps: [TraceStep] = []
        do throws(SystemError) { _ = try waitForEvents(from: [self], until: deadline) } catch {
            throw .system(error)
        }
        let datagramCapacity = 1 << 16  // no datagram of nf_tables is larger
        while true {
            let status = unsafe withUnsafeTemporaryAllocation(byteCount: datagramCapacity, alignment: 8) {
                buffer in
                var length = 0
                let status = unsafe cnftables_receive(
                    descriptor.rawValue, buffer.baseAddress, buffer.count, &length)
                guard status == 0 else { return status }
                let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
                return unsafe Self.read(cnftables_bytes(start: start, length: length), into: &steps)
            }
            switch -status {
            case 0: continue
            case EAGAIN: return steps
            case ENOBUFS: return nil
            default: throw .system(SystemError("read packet traces", code: -status))
            }
        }
    }

    private static func read(_ datagram: cnftables_bytes, into steps: inout [TraceStep]) -> CInt {
        var datagram = unsafe datagram
        var message = unsafe cnftables_bytes()
        var status = unsafe cnftables_next_message(&datagram, &message)
        while status == 0, unsafe message.length > 0 {
            status = unsafe TraceStep.read(message, into: &steps)
            if status == 0 { status = unsafe cnftables_next_message(&datagram, &message) }
        }
        return status
    }
}
