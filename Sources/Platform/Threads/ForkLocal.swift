// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Synchronization

/// An object of which every process has its own: a forked process makes a new one at the first use.
///
/// The object inherited from the parent is never used, since threads that do not exist in the child may hold
/// its locks.
public final class ForkLocal<Value: Sendable>: Sendable {
    private let make: @Sendable () -> Value
    /// The address of a word with the reference to this process's object; the word is 0 in a process that has
    /// not used it. The address is 0 until the first use.
    private let word = Atomic<UInt>(0)
    /// A copy of the reference to the newest object, in memory that leak checkers search.
    private let newest = Atomic<UInt>(0)

    /// The object of one process, and the reference to the parent's object, so that it does not count as
    /// leaked.
    private final class Box: Sendable {
        let value: Value
        let inherited: UInt

        init(_ value: Value, inherited: UInt) {
            self.value = value
            self.inherited = inherited
        }
    }

    public init(_ make: @escaping @Sendable () -> Value) { self.make = make }

    /// The object of this process. Any thread.
    ///
    /// - Throws: ``SystemError`` with ENOMEM when memory is short at the first use.
    public var value: Value { get throws(SystemError) { try object() } }

    private func object() throws(SystemError) -> Value {
        let bits = try wordAddress()
        guard let word = unsafe UnsafeMutablePointer<UInt64>(bitPattern: bits) else { fatalError("no word") }
        let present = unsafe clinux_fork_word_load(word)
        if present != 0 { return object(present) }
        let inherited = newest.load(ordering: .acquiring)
        let new = unsafe Unmanaged.passRetained(Box(make(), inherited: inherited))
        let mine = unsafe UInt(bitPattern: new.toOpaque())
        let settled = unsafe clinux_fork_word_set_once(word, UInt64(mine))
        if settled == UInt64(mine) {
            newest.store(mine, ordering: .releasing)
        } else {
            // Another thread was first.
            unsafe new.release()
        }
        return object(settled)
    }

    private func wordAddress() throws(SystemError) -> UInt {
        let known = word.load(ordering: .acquiring)
        if known != 0 { return known }
        var new: UnsafeMutablePointer<UInt64>?
        try checkStatus("distinguish a process from its children") { unsafe clinux_fork_word_open(&new) }
        let mine = UInt(bitPattern: new)
        let (isFirst, other) = word.compareExchange(
            expected: 0, desired: mine, ordering: .acquiringAndReleasing)
        // If another thread was first, the word stays unused; this can happen once per process.
        return isFirst ? mine : other
    }

    private func object(_ bits: UInt64) -> Value {
        guard let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(bits)) else { fatalError("no object") }
        return unsafe Unmanaged<Box>.fromOpaque(pointer).takeUnretainedValue().value
    }
}
