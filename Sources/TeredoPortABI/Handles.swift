// SPDX-License-Identifier: GPL-2.0-or-later
public import CTeredoPort
internal import Platform
internal import TeredoPort

/// The registrations of C programs, by handle. Every process has its own: a child knows none of its parent's.
///
/// A handle is the number of a registration in the form of a pointer. Numbers never come again, so a stale handle
/// hits nothing.
final class Handles: Sendable {
    private static let local = ForkLocal { Handles() }
    static var current: Handles { local.value }

    private let registrations = Monitor<[UInt64: TeredoRegistration]>([:])

    private init() {}

    func add(_ registration: TeredoRegistration) -> teredo_handle_t? {
        registrations.withLock { $0[registration.id] = registration }
        return unsafe teredo_handle_t(bitPattern: UInt(registration.id))
    }

    /// Cancels without holding the lock: it waits for a callback, which may call us.
    func cancel(_ handle: teredo_handle_t) throws(TeredoError) {
        let id = UInt64(UInt(bitPattern: handle))
        guard let registration = registrations.withLock({ $0[id] }) else { throw .invalidHandle }
        try registration.cancel()
        _ = registrations.withLock { $0.removeValue(forKey: id) }
    }
}

@c @implementation
public func CancelMibChangeNotify2(_ NotificationHandle: teredo_handle_t?) -> teredo_status_t {
    status { () throws(TeredoError) in
        guard let handle = unsafe NotificationHandle else { throw .invalidParameter }
        try unsafe Handles.current.cancel(handle)
    }
}
