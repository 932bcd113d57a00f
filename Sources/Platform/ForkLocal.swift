// SPDX-License-Identifier: GPL-2.0-or-later
internal import CLinux

/// An object of which every process has its own: a forked process makes a new one when it first asks.
///
/// What it had from its parent is never touched again, as its locks may be held by threads that are not there.
public final class ForkLocal<Value: AnyObject & Sendable>: Sendable {
    private let make: @Sendable () -> Value
    /// Holds the reference; 0 in a process that has not asked.
    private let word: UInt

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
        let new = unsafe Unmanaged.passRetained(make())
        let mine = unsafe UInt64(UInt(bitPattern: new.toOpaque()))
        let settled = unsafe clinux_fork_word_settle(word, mine)
        // Another thread was faster.
        if settled != mine { unsafe new.release() }
        return object(settled)
    }

    private func object(_ bits: UInt64) -> Value {
        guard let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(bits)) else { fatalError("no object") }
        return unsafe Unmanaged<Value>.fromOpaque(pointer).takeUnretainedValue()
    }
}
