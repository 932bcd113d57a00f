// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Synchronization

/// An object of which every process has its own: a forked process makes a new one when it first asks.
///
/// What it had from its parent is never touched again, as its locks may be held by threads that are not there.
public final class ForkLocal<Value: Sendable>: Sendable {
    private let make: @Sendable () -> Value
    /// Where the word is with the reference to this process's object, and 0 in a process that has not asked. 0 itself
    /// until the first call.
    private let word = Atomic<UInt>(0)
    /// The reference once more, in memory in which tools look for references.
    private let newest = Atomic<UInt>(0)

    /// One process's object, and the reference to that of its parent, which is not to be lost.
    private final class Box: Sendable {
        let value: Value
        let inherited: UInt

        init(_ value: Value, inherited: UInt) {
            self.value = value
            self.inherited = inherited
        }
    }

    public init(_ make: @escaping @Sendable () -> Value) { self.make = make }

    /// This process's object, from any thread.
    ///
    /// - Throws: ENOMEM when there is no memory for the first call.
    public var value: Value { get throws(SystemError) { try object() } }

    private func object() throws(SystemError) -> Value {
        let bits = try wordAddress()
        guard let word = unsafe UnsafeMutablePointer<UInt64>(bitPattern: bits) else { fatalError("no word") }
        let present = unsafe clinux_fork_word_load(word)
        if present != 0 { return object(present) }
        let inherited = newest.load(ordering: .acquiring)
        let new = unsafe Unmanaged.passRetained(Box(make(), inherited: inherited))
        let mine = unsafe UInt(bitPattern: new.toOpaque())
        let settled = unsafe clinux_fork_word_settle(word, UInt64(mine))
        if settled == UInt64(mine) {
            newest.store(mine, ordering: .releasing)
        } else {
            // Another thread was faster.
            unsafe new.release()
        }
        return object(settled)
    }

    private func wordAddress() throws(SystemError) -> UInt {
        let known = word.load(ordering: .acquiring)
        if known != 0 { return known }
        var new: UnsafeMutablePointer<UInt64>?
        try checkStatus("tell a process from its children") { unsafe clinux_fork_word_open(&new) }
        let mine = UInt(bitPattern: new)
        let (isFirst, other) = word.compareExchange(
            expected: 0, desired: mine, ordering: .acquiringAndReleasing)
        // Where another thread was faster, the word stays unused: once in the life of a process.
        return isFirst ? mine : other
    }

    private func object(_ bits: UInt64) -> Value {
        guard let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(bits)) else { fatalError("no object") }
        return unsafe Unmanaged<Box>.fromOpaque(pointer).takeUnretainedValue().value
    }
}
