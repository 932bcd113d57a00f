// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import TeredoProtocol

/// Reports UDP binds as they happen, by eBPF programs at the root of the cgroup tree. The programs are
/// removed with this object, and at the latest when the process ends.
///
/// Only binds in the network namespace of the thread that created this object are reported (before Linux
/// 5.14: in all namespaces), and of these only the ones selected with ``choose(user:ports:)``; others do not
/// wake the reader. A socket that only sends and is never bound is not reported. Not for concurrent use.
public final class BindEvents: EventSource {
    /// The reason why binds cannot be reported on this host.
    public enum Obstacle: Error, Hashable, Sendable, CustomStringConvertible {
        /// The cgroup v2 tree is not mounted, or only a part of it.
        case noRoot
        /// The kernel refuses the programs or their maps.
        case refused(SystemError)

        public var description: String {
            switch self {
            case .noRoot: "the root of the cgroup v2 tree is not visible"
            case .refused(let error): error.description
            }
        }
    }

    /// The maximum number of ports that can be chosen.
    public static let mostPorts = Int(CLINUX_BIND_PORTS)

    /// The ring buffer of the records, and the map with the choice.
    let ring: Descriptor
    let choice: Descriptor
    /// The links that attach the programs for IPv4 and IPv6 sockets to the cgroup, until they are closed.
    let ipv4: Descriptor
    let ipv6: Descriptor
    private let reader: Monitor<Reader>

    /// Attaches the programs, which report nothing yet. Needs Linux 5.8, CAP_BPF and CAP_NET_ADMIN.
    public init() throws(Obstacle) {
        guard let root = ControlGroups.root else { throw .noRoot }
        let sources: Sources
        do throws(SystemError) { sources = try Self.open(root: root) } catch { throw .refused(error) }
        ring = sources.ring
        choice = sources.choice
        ipv4 = sources.ipv4
        ipv6 = sources.ipv6
        reader = sources.reader
    }

    public var descriptorNumber: CInt { ring.rawValue }

    /// Selects the binds to report from now on: those by this user, and those to one of these ports by any
    /// user. Look up the sockets after this call, as earlier binds are not reported.
    ///
    /// - Parameters:
    ///   - user: A user ID in the initial user namespace; nil for none.
    ///   - ports: Ports in host byte order; those after the first ``mostPorts`` are ignored.
    /// - Throws: ``SystemError``, ENOMEM for instance; the previous selection then stays in force.
    public func choose(user: UInt32?, ports: [UInt16]) throws(SystemError) {
        try Self.choose(user: user, ports: ports, in: choice)
    }

    /// The oldest binds that have not been taken yet, at most 128, without waiting; and whether some may have
    /// been lost: then look up everything.
    public func take() -> (binds: [Bind], mayHaveLost: Bool) {
        // A ring buffer of one page of 4 KiB has room for 102 records.
        var records = [clinux_bind](repeating: clinux_bind(), count: 128)
        var count = 0
        var isFull: UInt8 = 0
        let status = reader.withLock { $0.take(&records, &count, &isFull) }
        return (records[..<count].map(Bind.init), status < 0 || isFull != 0)
    }

    /// The descriptors and the reader, as the properties of this class.
    private struct Sources: ~Copyable {
        let ring: Descriptor
        let choice: Descriptor
        let ipv4: Descriptor
        let ipv6: Descriptor
        let reader: Monitor<Reader>
    }

    private static func open(root: String) throws(SystemError) -> Sources {
        let cgroup = Descriptor(
            owning: try check("open \(root)") { unsafe Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        clinux_raise_locked_memory()
        let ring = try descriptor("make the ring buffer of the bind program") {
            unsafe clinux_bind_ring_open(&$0)
        }
        let choice = try descriptor("make the map of the bind program") {
            unsafe clinux_bind_choice_open(&$0)
        }
        // At first the map selects user 0 and port 0.
        try choose(user: nil, ports: [], in: choice)
        var cookie: UInt64 = 0
        // Fails before Linux 5.14. The cookie stays 0: the programs report the binds of all namespaces,
        // and the lookup of the socket in this namespace finds no socket for the others.
        _ = unsafe clinux_namespace_cookie(&cookie)
        var settings = clinux_bind_settings(
            namespace_cookie: cookie, ring: ring.rawValue, choice: choice.rawValue, family: 0)
        let reader = try Reader(of: ring)
        settings.family = UInt32(CLINUX_BIND_IPV4)
        let ipv4 = try attach(settings, to: cgroup, named: root)
        settings.family = UInt32(CLINUX_BIND_IPV6)
        let ipv6 = try attach(settings, to: cgroup, named: root)
        return Sources(ring: ring, choice: choice, ipv4: ipv4, ipv6: ipv6, reader: Monitor(reader))
    }

    private static func attach(
        _ settings: clinux_bind_settings, to cgroup: borrowing Descriptor, named root: String
    ) throws(SystemError) -> Descriptor {
        var settings = settings
        let cgroup = cgroup.rawValue
        let program = try descriptor("load the bind program") {
            unsafe clinux_bind_program_open(&settings, &$0)
        }
        return try descriptor("attach the bind program to \(root)") {
            unsafe clinux_bind_attach(cgroup, program.rawValue, settings.family, &$0)
        }
    }

    private static func choose(
        user: UInt32?, ports: [UInt16], in choice: borrowing Descriptor
    ) throws(SystemError) {
        var value = clinux_bind_choice()
        value.user = user ?? UInt32(bitPattern: Int32(CLINUX_BIND_NOBODY))
        unsafe withUnsafeMutableBytes(of: &value.ports) { bytes in
            let entries = unsafe bytes.bindMemory(to: UInt16.self)
            for (index, port) in ports.prefix(entries.count).enumerated() { unsafe entries[index] = port }
        }
        try checkStatus("select the binds that the bind program reports") {
            unsafe clinux_bind_choice_set(choice.rawValue, &value)
        }
    }

    private static func descriptor(
        _ operation: String, _ open: (inout CInt) -> CInt
    ) throws(SystemError) -> Descriptor {
        var number: CInt = -1
        try checkStatus(operation) { open(&number) }
        return Descriptor(owning: number)
    }
}

/// The mapped ring buffer; unmapped with this value.
@safe
private struct Reader: ~Copyable, @unchecked Sendable {
    private let pointer: OpaquePointer

    init(of ring: borrowing Descriptor) throws(SystemError) {
        var pointer: OpaquePointer?
        try checkStatus("map the ring buffer of the bind program") {
            unsafe clinux_bind_reader_open(ring.rawValue, &pointer)
        }
        guard let pointer = unsafe pointer else { fatalError("open succeeded without a reader") }
        unsafe self.pointer = pointer
    }

    deinit { unsafe clinux_bind_reader_close(pointer) }

    func take(_ binds: inout [clinux_bind], _ count: inout Int, _ isFull: inout UInt8) -> CInt {
        unsafe clinux_bind_reader_take(pointer, &binds, binds.count, &count, &isFull)
    }
}

extension Bind {
    fileprivate init(_ bind: clinux_bind) {
        let bytes = (bind.address.0, bind.address.1, bind.address.2, bind.address.3)
        let bits = UInt32(bytes.0) << 24 | UInt32(bytes.1) << 16 | UInt32(bytes.2) << 8 | UInt32(bytes.3)
        self.init(
            address: bind.family == UInt32(CLINUX_BIND_IPV4) ? IPv4Address(bits: bits) : nil,
            port: UInt16(truncatingIfNeeded: bind.port), uid: bind.user)
    }
}
