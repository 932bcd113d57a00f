// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform
internal import Synchronization

/// Tells a process from the one that it was forked off: registrations belong to the process that made them.
package final class ProcessGeneration: Sendable {
    /// A child inherits the count, so that its number is another than all before it.
    private static let count = Atomic<UInt64>(0)
    private static let local = ForkLocal { ProcessGeneration() }

    /// That of this process.
    package static var current: ProcessGeneration { local.value }

    let number: UInt64

    private init() { number = Self.count.add(1, ordering: .relaxed).newValue }
}
