// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables

/// One step of a packet that the kernel traces (`meta nftrace set 1`).
public struct TraceStep: Hashable, Sendable {
    /// The event that the kernel reports as this step.
    public enum Event: Hashable, Sendable {
        /// A rule that matched.
        case rule(handle: UInt64, TraceVerdict)
        /// The end of a chain, or a return.
        case chainEnd
        /// The policy at the end of a base chain.
        case policy(BaseChain.Policy)
    }

    /// The kernel's ID of the packet: equal for all its steps, and usually different for two packets.
    public var packet: UInt32
    public var chain: ChainName
    public var event: Event

    public init(packet: UInt32, chain: ChainName, event: Event) {
        self.packet = packet
        self.chain = chain
        self.event = event
    }
}

/// The verdict of a rule on a traced packet.
public enum TraceVerdict: Hashable, Sendable {
    case accept
    case drop
    case `continue`
    case `return`
    case jump(String)
    case goto(String)
    /// The packet went to the queue with this number, whose reader decides.
    case queue(UInt16)
    /// Another part of the kernel has taken over the packet (NF_STOLEN).
    case stolen
}

extension TraceStep {
    /// Appends the step in a message to `list`, unless its family has no case. Returns 0 or −errno.
    static func read(_ message: cnftables_bytes, into list: inout [TraceStep]) -> CInt {
        var raw = unsafe cnftables_trace()
        let status = unsafe cnftables_read_trace(message, &raw)
        guard status == 0, let family = unsafe Family(rawValue: raw.family) else { return status }
        let chain = unsafe ChainName(TableName(family, String(raw.table)), String(raw.chain))
        let event: Event
        switch unsafe raw.step {
        // At the end of a chain the kernel also reports a rule with handle 0, which does not exist.
        case CNFTABLES_STEP_RULE where unsafe raw.handle != 0:
            event = unsafe .rule(
                handle: raw.handle, TraceVerdict(code: raw.verdict, target: raw.target))
        case CNFTABLES_STEP_POLICY: event = unsafe .policy(raw.verdict == 0 ? .drop : .accept)
        default: event = .chainEnd
        }
        unsafe list.append(TraceStep(packet: raw.packet, chain: chain, event: event))
        return 0
    }
}

extension TraceVerdict {
    /// The values of NF_STOLEN and NF_QUEUE.
    private static let stolenCode: Int32 = 2
    private static let queueCode: Int32 = 3

    fileprivate init(code: Int32, target: cnftables_bytes) {
        switch cnftables_verdict(rawValue: code) {
        case CNFTABLES_DROP: self = .drop
        case CNFTABLES_ACCEPT: self = .accept
        case CNFTABLES_JUMP: self = unsafe .jump(String(target))
        case CNFTABLES_GOTO: self = unsafe .goto(String(target))
        case CNFTABLES_RETURN: self = .return
        default:
            // The low byte is the verdict, and the upper half is the number of the queue or the negative errno of a
            // drop, both of which can make the code negative. In NFT_CONTINUE and NFT_BREAK the low byte is no verdict.
            switch code & 0xFF {
            case 0: self = .drop
            case Self.stolenCode: self = .stolen
            case Self.queueCode: self = .queue(UInt16(truncatingIfNeeded: code >> 16))
            default: self = .continue
            }
        }
    }
}
