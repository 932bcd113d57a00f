// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The connection tracking table of the network namespace of the thread that created this object. Needs
/// CAP_NET_ADMIN.
///
/// Any thread; concurrent calls wait for each other.
public final class FlowTable: Sendable {
    private let connection: Monitor<Connection>

    /// True when the kernel's connection tracking is loaded, or when /sys does not show it. Check this
    /// first: a request for flows would load the modules of connection tracking.
    public static var isAvailable: Bool {
        Files.inode("/sys/module/nf_conntrack") != nil || Files.inode("/sys/module") == nil
    }

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkNetlink("open a netlink socket for connection tracking") {
            unsafe clinux_flows_open(&number)
        }
        connection = Monitor(Connection(descriptor: Descriptor(owning: number)))
    }

    /// The number of flows of the namespace, of all protocols. Takes constant time, unlike
    /// ``flows(ofPort:)``.
    public func count() throws(SystemError) -> UInt32 {
        try connection.withLock { (connection) throws(SystemError) in try connection.count() }
    }

    /// The IPv4 UDP flows whose first packet was from or to this port (host byte order); one from and to this
    /// port is listed twice.
    public func flows(ofPort port: UInt16) throws(SystemError) -> [TrackedFlow] {
        try connection.withLock { (connection) throws(SystemError) in
            try connection.list(CLINUX_FLOW_SOURCE, port) + connection.list(CLINUX_FLOW_DESTINATION, port)
        }
    }

    /// Deletes a flow, so that its next packet counts as new. No error if the flow has already ended.
    public func forget(_ flow: TrackedFlow) throws(SystemError) {
        try connection.withLock { (connection) throws(SystemError) in
            do throws(SystemError) {
                try connection.delete(flow.raw)
            } catch  where error.code == ENOENT {
                return
            }
        }
    }

    private struct Connection: ~Copyable, Sendable {
        let descriptor: Descriptor
        var sequence: UInt32 = 0

        mutating func list(_ end: clinux_flow_end, _ port: UInt16) throws(SystemError) -> [TrackedFlow] {
            var attempts = 0
            while true {
                do throws(SystemError) {
                    return try dump(end, port)
                } catch  where error.code == EINTR && attempts < 5 {
                    // The table changed while it was read: read it again, but give up if the changes do not cease.
                    attempts += 1
                }
            }
        }

        private mutating func dump(
            _ end: clinux_flow_end, _ port: UInt16
        ) throws(SystemError) -> [TrackedFlow] {
            sequence &+= 1
            let sequence = sequence
            var flows: UnsafeMutablePointer<clinux_flow>?
            var count = 0
            try checkStatus("list the tracked flows of UDP port \(port)") {
                unsafe clinux_flows_dump(descriptor.rawValue, sequence, end, port, &flows, &count)
            }
            defer { unsafe free(flows) }
            return unsafe UnsafeBufferPointer(start: flows, count: count).map { TrackedFlow($0) }
        }

        mutating func count() throws(SystemError) -> UInt32 {
            sequence &+= 1
            let sequence = sequence
            var count: UInt32 = 0
            try checkStatus("count the tracked flows") {
                unsafe clinux_flows_count(descriptor.rawValue, sequence, &count)
            }
            return count
        }

        mutating func delete(_ flow: clinux_flow) throws(SystemError) {
            sequence &+= 1
            let sequence = sequence
            var flow = flow
            try checkStatus("forget a tracked flow") {
                unsafe clinux_flow_delete(descriptor.rawValue, sequence, &flow)
            }
        }
    }
}
