// SPDX-License-Identifier: GPL-2.0-or-later
import CNftables
import Glibc

/// The result of reading a datagram with the functions of cnftables_messages.h, except those for the interfaces of a
/// chain and for single expressions.
public struct GuardedReading: Hashable, Sendable {
    /// The number of readings that succeeded; finding the end of a datagram or list counts as one.
    public var found = 0
    /// The number of readings that ended with an error.
    public var refused = 0
    /// The number of results outside the datagram, and of lists without an end; must be 0.
    public var broken = 0
}

/// Memory followed by an inaccessible page: reading one byte too many ends the process.
public final class GuardedMemory {
    private let start: UnsafeMutableRawPointer
    /// The number of accessible bytes, a multiple of the page size.
    private let accessible: Int
    private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

    /// For datagrams of at most `capacity` bytes.
    public init(capacity: Int = 4096) {
        accessible = (max(capacity, 1) + Self.pageSize - 1) / Self.pageSize * Self.pageSize
        guard
            let start = mmap(
                nil, accessible + Self.pageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != MAP_FAILED, mprotect(start + accessible, Self.pageSize, PROT_NONE) == 0
        else { fatalError("no memory for a guarded page") }
        self.start = start
    }

    deinit { munmap(start, accessible + Self.pageSize) }

    /// Reads the bytes, placed at the very end of the memory, as a message of each kind in turn.
    public func read(_ bytes: [UInt8]) -> GuardedReading {
        precondition(bytes.count <= accessible)
        let place = start + (accessible - bytes.count)
        bytes.withUnsafeBytes { bytes in
            if let source = bytes.baseAddress { place.copyMemory(from: source, byteCount: bytes.count) }
        }
        var reader = Reader(start: place.assumingMemoryBound(to: UInt8.self), length: bytes.count)
        reader.readAll()
        return reader.reading
    }
}

private struct Reader {
    let start: UnsafePointer<UInt8>
    let length: Int
    var reading = GuardedReading()

    init(start: UnsafePointer<UInt8>, length: Int) {
        self.start = start
        self.length = length
    }

    /// An upper bound for the calls that read a list to its end: one for each entry, which takes at least one byte,
    /// and one that finds the end.
    private var limit: Int { length + 1 }

    mutating func readAll() {
        var datagram = cnftables_bytes(start: start, length: length)
        for _ in 0...limit {
            var message = cnftables_bytes()
            guard accept(cnftables_next_message(&datagram, &message)), message.length > 0 else { return }
            check(message)
            readObjects(in: message)
        }
        reading.broken += 1
    }

    private mutating func readObjects(in message: cnftables_bytes) {
        var table = cnftables_table()
        if accept(cnftables_read_table(message, &table)) { check(table.name, table.comment) }
        var chain = cnftables_chain()
        if accept(cnftables_read_chain(message, &chain)) {
            check(chain.table, chain.name, chain.type, chain.comment)
        }
        var set = cnftables_set()
        if accept(cnftables_read_set(message, &set)) { check(set.table, set.name, set.comment) }
        var rule = cnftables_rule()
        if accept(cnftables_read_rule(message, &rule)) {
            check(rule.table, rule.chain, rule.comment, rule.expressions)
            readExpressions(rule.expressions)
        }
        var elements = cnftables_bytes()
        if accept(cnftables_read_elements(message, &elements)) {
            check(elements)
            readElements(elements)
            readEntries(elements)
        }
        var object = cnftables_object()
        if accept(cnftables_read_object(message, &object)) { check(object.table, object.name) }
        var change = cnftables_change()
        if accept(cnftables_read_change(message, &change)) {
            check(change.table, change.name, change.type, change.contents)
            if change.subject == CNFTABLES_SUBJECT_RULE { readExpressions(change.contents) }
            if change.subject == CNFTABLES_SUBJECT_ELEMENTS { readEntries(change.contents) }
        }
        var trace = cnftables_trace()
        if accept(cnftables_read_trace(message, &trace)) { check(trace.table, trace.chain, trace.target) }
        var generation = cnftables_generation()
        if accept(cnftables_read_generation(message, &generation)) { check(generation.process_name) }
    }

    private mutating func readExpressions(_ list: cnftables_bytes) {
        var list = list
        for _ in 0...limit {
            var expression = cnftables_expression()
            guard accept(cnftables_next_expression(&list, &expression)), expression.kind != CNFTABLES_END
            else { return }
            check(expression.data, expression.second)
            // The name in an expression of kind OTHER or LOAD may be a constant of the reader, outside the datagram.
            if expression.kind != CNFTABLES_OTHER, expression.kind != CNFTABLES_LOAD {
                check(expression.name)
            }
        }
        reading.broken += 1
    }

    /// Reads the elements as those of teredowalld's sets: numbers only, so that no result can be outside the datagram.
    private mutating func readElements(_ list: cnftables_bytes) {
        var list = list
        for _ in 0...limit {
            var element = cnftables_element()
            var found: CInt = 0
            guard accept(cnftables_next_element(&list, &element, &found)), found != 0 else { return }
        }
        reading.broken += 1
    }

    /// Reads the elements as those of any set.
    private mutating func readEntries(_ list: cnftables_bytes) {
        var list = list
        for _ in 0...limit {
            var entry = cnftables_entry()
            var found: CInt = 0
            guard accept(cnftables_next_entry(&list, &entry, &found)), found != 0 else { return }
            check(entry.key, entry.key_end, entry.data, entry.chain, entry.object)
        }
        reading.broken += 1
    }

    /// Counts the result of a reading, and returns whether it succeeded.
    private mutating func accept(_ status: CInt) -> Bool {
        if status == 0 { reading.found += 1 } else { reading.refused += 1 }
        return status == 0
    }

    /// Counts results that are outside the datagram.
    private mutating func check(_ results: cnftables_bytes...) {
        for result in results {
            guard let from = result.start else {
                if result.length != 0 { reading.broken += 1 }
                continue
            }
            if from < start || from + result.length > start + length { reading.broken += 1 }
        }
    }
}
