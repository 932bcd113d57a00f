// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Synchronization

/// An object of which every process has its own: a forked process makes a new one at the first use.
///
/// The object inherited from the parent is never used, since threads that do not exist in the child may hold
/// its locks.
public final class ForkLocal<Value: Sendable>: Sendable {
    private let make: @Sendable () -> Value
    /// The address of a word of memory (`clinux_fork_word_open`); 0 until the first use of the object.
    ///
    /// The word holds the reference to this process's ``Box``. A fork sets the word to 0 in the child, but leaves
    /// its address.
    private let wordAddress = Atomic<UInt>(0)
    /// A copy of the word that a fork does not change. Leak checkers do not search the word itself, but they do
    /// search this.
    private let newest = Atomic<UInt>(0)

    /// The object of one process. `inherited` refers to the parent's box, which is unused but would otherwise
    /// count as leaked; 0 without one.
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
    /// - Throws: ``SystemError`` at the first use: ENOMEM when memory is short, or ENOSPC when no further word is
    ///   available (see `clinux_fork_word_open`).
    public var value: Value { get throws(SystemError) { try object() } }

    private func object() throws(SystemError) -> Value {
        let address = try openWord()
        guard let word = unsafe UnsafeMutablePointer<UInt64>(bitPattern: address) else {
            fatalError("the word of a ForkLocal has the address 0")
        }
        let present = unsafe clinux_fork_word_load(word)
        if present != 0 { return object(inBoxAt: present) }
        let inherited = newest.load(ordering: .acquiring)
        let newBox = unsafe Unmanaged.passRetained(Box(make(), inherited: inherited))
        let newReference = unsafe UInt(bitPattern: newBox.toOpaque())
        let stored = unsafe clinux_fork_word_set_once(word, UInt64(newReference))
        if stored == UInt64(newReference) {
            newest.store(newReference, ordering: .releasing)
        } else {
            // Another thread was first.
            unsafe newBox.release()
        }
        return object(inBoxAt: stored)
    }

    /// The address of the word, which the first call allocates.
    private func openWord() throws(SystemError) -> UInt {
        let known = wordAddress.load(ordering: .acquiring)
        if known != 0 { return known }
        var new: UnsafeMutablePointer<UInt64>?
        try checkStatus("distinguish a process from its children") { unsafe clinux_fork_word_open(&new) }
        let newAddress = UInt(bitPattern: new)
        let (isFirst, other) = wordAddress.compareExchange(
            expected: 0, desired: newAddress, ordering: .acquiringAndReleasing)
        // If another thread was first, the new word is never used nor freed. This can happen only at the first
        // use: children inherit the address.
        return isFirst ? newAddress : other
    }

    private func object(inBoxAt address: UInt64) -> Value {
        guard let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(address)) else {
            fatalError("the word of a ForkLocal refers to no object")
        }
        return unsafe Unmanaged<Box>.fromOpaque(pointer).takeUnretainedValue().value
    }
}
