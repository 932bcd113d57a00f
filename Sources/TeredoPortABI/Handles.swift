// SPDX-License-Identifier: Apache-2.0
public import CTeredoPort
internal import Platform
internal import TeredoPort

#if !_pointerBitWidth(_64)
    #error("libteredoport needs a 64-bit machine: a handle is a 64-bit ID in the form of a pointer")
#endif

/// The registrations of C programs, by handle. A forked process has its own and none of its parent's.
///
/// A handle is the ID of a registration in the form of a pointer. IDs are never reused, so that a stale
/// handle is recognised.
final class Handles: Sendable {
    private static let local = ForkLocal { Handles() }
    static var current: Handles {
        get throws(TeredoError) { try local.ownValue }
    }

    /// The handles, for a registration that needs a thread of the library. Keeps the library's code loaded
    /// from then on, even if the program unloads the library.
    static var keepingLibraryLoaded: Handles {
        get throws(TeredoError) {
            try requireMemory()
            let handles = try current
            handles.isPinned.withLock { isPinned in
                if !isPinned { LoadedCode.pin() }
                isPinned = true
            }
            return handles
        }
    }

    private struct Entry: Sendable {
        let registration: TeredoRegistration
        let watch: PolledPortWatch?
    }

    private let entries = Monitor<[UInt64: Entry]>([:])
    /// True once the library's code is kept loaded.
    private let isPinned = Monitor(false)

    private init() {}

    /// Adds a registration, and the watch of one that is polled. Returns the registration's handle, never nil.
    func add(_ registration: TeredoRegistration, watch: PolledPortWatch? = nil) -> teredo_handle_t? {
        entries.withLock { $0[registration.id] = Entry(registration: registration, watch: watch) }
        return unsafe teredo_handle_t(bitPattern: UInt(registration.id))
    }

    /// Cancels a registration. The lock is not held meanwhile: the callback that this waits for may call these
    /// functions.
    func cancel(_ handle: teredo_handle_t) throws(TeredoError) {
        let id = UInt64(UInt(bitPattern: handle))
        guard let entry = entries.withLock({ $0[id] }) else { throw .invalidHandle }
        try entry.registration.cancel()
        // The registration is released outside the lock.
        let removed = entries.withLock { $0.removeValue(forKey: id) }
        withExtendedLifetime(removed) {}
    }

    /// The watch behind a handle of ``TeredoPortOpen(_:_:_:)``.
    func watch(_ handle: teredo_handle_t) throws(TeredoError) -> PolledPortWatch {
        let id = UInt64(UInt(bitPattern: handle))
        guard let watch = entries.withLock({ $0[id]?.watch }) else { throw .invalidHandle }
        return watch
    }
}

@_cdecl("CancelMibChangeNotify2")
public func cancelMibChangeNotify2(_ NotificationHandle: teredo_handle_t?) -> teredo_status_t {
    status { () throws(TeredoError) in
        guard let handle = unsafe NotificationHandle else { throw .invalidParameter }
        try unsafe Handles.current.cancel(handle)
    }
}
