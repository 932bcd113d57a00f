// SPDX-License-Identifier: Apache-2.0
package import Platform
internal import Synchronization

/// Distinguishes a process from its parent, since registrations belong to the process that made them.
final class ProcessGeneration: Sendable {
    /// The number of generations. A child process inherits the count, so that its own number differs from those of
    /// its ancestors.
    private static let count = Atomic<UInt64>(0)
    private static let local = ForkLocal { ProcessGeneration() }

    /// The generation of this process.
    static var current: ProcessGeneration {
        get throws(SystemError) { try local.value }
    }

    /// True in the process that made this object.
    var isCurrent: Bool { (try? Self.current) === self }

    /// Differs from the numbers of all ancestors of this process.
    let number: UInt64

    private init() { number = Self.count.add(1, ordering: .relaxed).newValue }
}

extension ForkLocal {
    /// This process's object.
    ///
    /// - Throws: ``TeredoError/notEnoughMemory`` when memory is short at the first use in this process.
    package var ownValue: Value {
        get throws(TeredoError) {
            do throws(SystemError) { return try value } catch { throw TeredoError(error) }
        }
    }
}
