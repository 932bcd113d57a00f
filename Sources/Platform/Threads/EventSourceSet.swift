// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Several sources as one, which has news while any of them has.
public final class EventSourceSet: EventSource {
    private let descriptor: Descriptor

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkStatus("open an event queue") { unsafe clinux_queue_open(&number) }
        descriptor = Descriptor(owning: number)
    }

    public var descriptorNumber: CInt { descriptor.rawValue }

    /// Adds a source, which stays in the set until it is released. The set does not retain it.
    public func add(_ source: any EventSource) throws(SystemError) {
        try checkStatus("watch a descriptor") {
            clinux_queue_add(descriptor.rawValue, source.descriptorNumber, 0, UInt32(CLINUX_READABLE))
        }
    }
}
