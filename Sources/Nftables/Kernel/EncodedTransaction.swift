// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc
internal import Platform

/// A complete transaction in the form that is sent to the kernel.
struct EncodedTransaction: ~Copyable {
    private let batch: Batch

    /// Encodes operations. The kernel applies them only if the ruleset is at this `generation`; 0 means any.
    init(_ operations: [Operation], sequence: UInt32, generation: UInt32) throws(NftablesError) {
        let batch = try Batch(sequence: sequence, generation: generation)
        for index in operations.indices {
            let status = unsafe operations[index].encode(into: batch.pointer)
            guard status == 0 else {
                throw .rejected([
                    Rejection(operation: index, subject: operations[index].subject, code: -status)
                ])
            }
        }
        let status = unsafe cnftables_batch_finish(batch.pointer)
        guard status == 0 else { throw .system(SystemError("encode a transaction", code: -status)) }
        self.batch = batch
    }

    /// Calls `body` with the C batch; the pointer is valid during the call only.
    func withPointer<Result>(_ body: (OpaquePointer) -> Result) -> Result { unsafe body(batch.pointer) }

    /// Gives the messages new sequence numbers, for another commit of the same transaction.
    func renumber(from sequence: UInt32) {
        let status = unsafe cnftables_batch_renumber(batch.pointer, sequence)
        guard status == 0 else { fatalError("a transaction without an end") }
    }

    /// Replaces the two bytes at an offset into ``bytes`` by a port, in network byte order.
    func setPort(_ port: UInt16, at offset: Int) {
        let status = unsafe cnftables_batch_set_port(batch.pointer, offset, port)
        guard status == 0 else { fatalError("a port beyond the end of a transaction") }
    }

    /// The messages, including those that begin and end the transaction.
    var bytes: [UInt8] {
        let bytes = unsafe cnftables_batch_bytes(batch.pointer)
        return unsafe [UInt8](UnsafeBufferPointer(start: bytes.start, count: bytes.length))
    }

    /// The kernel's refusals at the last commit; `operations` are those that were encoded.
    func rejections(of operations: [Operation]) -> [Rejection] {
        var start: UnsafePointer<cnftables_failure>?
        let count = unsafe cnftables_batch_failures(batch.pointer, &start)
        // UInt32.max is CNFTABLES_WHOLE and CNFTABLES_NO_OFFSET.
        return unsafe UnsafeBufferPointer(start: start, count: count).map { failure in
            let index = failure.operation == UInt32.max ? nil : Int(failure.operation)
            return Rejection(
                operation: index, subject: index.map { operations[$0].subject } ?? "commit the transaction",
                code: failure.code,
                attributeOffset: failure.offset == UInt32.max ? nil : Int(failure.offset))
        }
    }
}

/// The C batch; freed with this value.
@safe
private struct Batch: ~Copyable {
    let pointer: OpaquePointer

    init(sequence: UInt32, generation: UInt32) throws(NftablesError) {
        var pointer: OpaquePointer?
        let status = unsafe cnftables_batch_open(sequence, generation, &pointer)
        guard status == 0, let pointer = unsafe pointer else {
            throw .system(SystemError("begin a transaction", code: -status))
        }
        unsafe self.pointer = pointer
    }

    deinit { unsafe cnftables_batch_close(pointer) }
}
