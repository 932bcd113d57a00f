// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// One end of a connected Unix stream socket. Reading and writing never block; ``wait(for:until:)`` does.
public struct UnixConnection: ~Copyable, Sendable {
    /// The result of an attempt to read.
    public enum Received: Hashable, Sendable {
        /// This number of bytes was read.
        case bytes(Int)
        /// Nothing has arrived yet.
        case nothing
        /// The other end has closed its side.
        case end
    }

    let descriptor: Descriptor

    init(owning descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Connects to the socket at `path`. Blocks at most `timeout` while the listener's queue is full, then
    /// throws EAGAIN. Throws ENOENT or ECONNREFUSED when no process listens.
    public static func connect(
        to path: String, within timeout: Duration
    ) throws(SystemError) -> UnixConnection {
        let descriptor = try makeStreamSocket()
        let operation = "connect to \(path)"
        try setBlocking(descriptor, true)
        // poll does not work for Unix sockets while the queue is full; connect(2) observes the send timeout.
        // At least 1, because 0 would mean no limit.
        let milliseconds = max(1, timeout.milliseconds)
        var limit = timeval(
            tv_sec: time_t(milliseconds / 1_000), tv_usec: suseconds_t(milliseconds % 1_000) * 1_000)
        try check(operation) {
            unsafe setsockopt(
                descriptor.rawValue, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let address = try SocketAddress(path)
        try check(operation) {
            unsafe address.withPointer { unsafe Glibc.connect(descriptor.rawValue, $0, $1) }
        }
        try setBlocking(descriptor, false)
        return UnixConnection(owning: descriptor)
    }

    /// The process at the other end.
    public var peer: PeerCredentials {
        get throws(SystemError) {
            var peer = clinux_peer()
            try checkStatus("read the credentials of a peer") {
                unsafe clinux_peer_credentials(descriptor.rawValue, &peer)
            }
            return PeerCredentials(processID: peer.process, userID: peer.user)
        }
    }

    /// Reads the bytes that have arrived into the beginning of `buffer`, as many as fit.
    public func receive(into buffer: inout [UInt8]) throws(SystemError) -> Received {
        do throws(SystemError) {
            let count = try check("read from a socket") {
                unsafe recv(descriptor.rawValue, &buffer, buffer.count, 0)
            }
            return count == 0 ? .end : .bytes(count)
        } catch {
            if error.wouldBlock { return .nothing }
            throw error
        }
    }

    /// Writes from the beginning of `bytes` and returns the number of bytes written: 0 while the buffer is
    /// full because the other end does not read. Throws EPIPE when the other end is closed; no signal is
    /// raised.
    public func send(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        if bytes.isEmpty { return 0 }
        do throws(SystemError) {
            return try check("write to a socket") {
                unsafe bytes.withUnsafeBytes { bytes in
                    unsafe Glibc.send(
                        descriptor.rawValue, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
                }
            }
        } catch {
            if error.wouldBlock { return 0 }
            throw error
        }
    }

    /// Blocks until reading or writing is possible. Returns false when `deadline` passes first; nil means no
    /// limit.
    public func wait(
        for interest: EventQueue.Interest, until deadline: ContinuousClock.Instant?
    ) throws(SystemError) -> Bool {
        var events: CInt = 0
        if interest.contains(.readable) { events |= POLLIN }
        if interest.contains(.writable) { events |= POLLOUT }
        var watched = pollfd(fd: descriptor.rawValue, events: Int16(events), revents: 0)
        let count = try check("wait for a socket") {
            let left = deadline.map { ContinuousClock.now.duration(to: $0) }
            return unsafe poll(&watched, 1, left.milliseconds)
        }
        return count > 0
    }

    private static func setBlocking(
        _ descriptor: borrowing Descriptor, _ isBlocking: Bool
    ) throws(SystemError) {
        let number = descriptor.rawValue
        let flags = try check("read the flags of a socket") { fcntl(number, F_GETFL) }
        let wanted = isBlocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK
        try check("change the flags of a socket") { fcntl(number, F_SETFL, wanted) }
    }
}

extension SystemError {
    /// True when a non-blocking call would have had to wait, or a time limit has passed.
    public var wouldBlock: Bool { code == EAGAIN }
}
