// SPDX-License-Identifier: GPL-2.0-or-later
internal import CLinux
internal import Synchronization

/// An object of which every process has its own: a forked process makes a new one when it first asks.
///
/// What it had from its parent is never touched again, as its locks may be held by threads that are not there.
public final class ForkLocal<Value: Sendable>: Sendable {
    private let make: @Sendable () -> Value
    /// Where the page is that holds the reference to this process's object; 0 in a process that has not asked.
    private let word: UInt
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

    public init(_ make: @escaping @Sendable () -> Value) {
        self.make = make
        var word: UnsafeMutablePointer<UInt64>?
        guard unsafe clinux_fork_word_open(&word) == 0 else { fatalError("out of memory") }
        self.word = UInt(bitPattern: word)
    }

    /// This process's object, from any thread.
    public var value: Value {
        guard let word = unsafe UnsafeMutablePointer<UInt64>(bitPattern: word) else { fatalError("no word") }
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

    private func object(_ bits: UInt64) -> Value {
        guard let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(bits)) else { fatalError("no object") }
        return unsafe Unmanaged<Box>.fromOpaque(pointer).takeUnretainedValue().value
    }
}
