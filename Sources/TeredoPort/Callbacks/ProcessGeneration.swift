// SPDX-License-Identifier: Apache-2.0
package import Platform
internal import Synchronization

/// Tells a process from the one that it was forked off: registrations belong to the process that made them.
final class ProcessGeneration: Sendable {
    /// A child inherits the count, so that its number is another than all before it.
    private static let count = Atomic<UInt64>(0)
    private static let local = ForkLocal { ProcessGeneration() }

    /// The generation of this process.
    static var current: ProcessGeneration {
        get throws(SystemError) { try local.value }
    }

    /// True in the process that this was made in.
    var isCurrent: Bool { (try? Self.current) === self }

    let number: UInt64

    private init() { number = Self.count.add(1, ordering: .relaxed).newValue }
}

extension ForkLocal {
    /// This process's object.
    ///
    /// - Throws: ``TeredoError/notEnoughMemory`` when there is no memory to tell processes apart by.
    package var ownValue: Value {
        get throws(TeredoError) {
            do throws(SystemError) { return try value } catch { throw TeredoError(error) }
        }
    }
}
