// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc
internal import Platform

/// A netlink socket for commands (`cnftables_socket`), as opposed to one for events; closed with this value.
@safe
struct Socket: ~Copyable {
    private let pointer: OpaquePointer

    init() throws(SystemError) {
        var pointer: OpaquePointer?
        try checkStatus("open a netlink socket for nf_tables") { unsafe cnftables_socket_open(&pointer) }
        guard let pointer = unsafe pointer else { fatalError("open succeeded without a socket") }
        unsafe self.pointer = pointer
    }

    deinit { unsafe cnftables_socket_close(pointer) }

    /// The netlink port, by which the kernel identifies the socket.
    var port: UInt32 { unsafe cnftables_socket_port(pointer) }

    /// The sequence number with which the next transaction must begin.
    var nextSequence: UInt32 { unsafe cnftables_next_sequence(pointer) }

    /// Commits a transaction. Returns 0 or −errno as documented for `cnftables_commit`.
    func commit(_ transaction: borrowing EncodedTransaction) -> CInt {
        unsafe transaction.withPointer { unsafe cnftables_commit(pointer, $0) }
    }

    /// Requests a listing and passes each message to `body`; a message is valid during the call only. `body` returns
    /// 0 or −errno, which ends the listing and is returned. Otherwise returns 0 or −errno as documented for
    /// `cnftables_request` and `cnftables_next`.
    func list(
        _ request: cnftables_request_kind, family: Family?, table: String?, name: String?,
        _ body: (cnftables_bytes) -> CInt
    ) -> CInt {
        unsafe readAnswers(
            toRequestWith: cnftables_request(pointer, request, family?.rawValue ?? 0, table, name), body)
    }

    /// Requests the element that has this key or whose interval contains it, and passes the message about it to
    /// `body`, as ``list(_:family:table:name:_:)`` does. Returns 0 or −errno as documented for
    /// `cnftables_request_element` and `cnftables_next`.
    func element(of set: SetName, _ key: [UInt8], _ body: (cnftables_bytes) -> CInt) -> CInt {
        let status = unsafe key.withUnsafeBufferPointer { bytes in
            unsafe cnftables_request_element(
                pointer, set.table.family.rawValue, set.table.name, set.name,
                cnftables_bytes(start: bytes.baseAddress, length: bytes.count))
        }
        return unsafe readAnswers(toRequestWith: status, body)
    }

    /// Passes each message of the answer to `body` if the request was sent, that is, if its status is 0.
    private func readAnswers(
        toRequestWith requestStatus: CInt, _ body: (cnftables_bytes) -> CInt
    ) -> CInt {
        var status = requestStatus
        while status == 0 {
            var message = unsafe cnftables_bytes()
            status = unsafe cnftables_next(pointer, &message)
            guard status == 0, unsafe message.length > 0 else { break }
            status = unsafe body(message)
        }
        return status
    }
}
