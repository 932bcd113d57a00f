// SPDX-License-Identifier: Apache-2.0
public import CTeredoPort
internal import TeredoPort

@_cdecl("GetTeredoPort")
public func getTeredoPort(_ Port: UnsafeMutablePointer<UInt16>?) -> teredo_status_t {
    unsafe getTeredoPortOf(nil, Port)
}

@_cdecl("GetTeredoPortOf")
public func getTeredoPortOf(
    _ Client: UnsafePointer<TEREDO_CLIENT>?, _ Port: UnsafeMutablePointer<UInt16>?
) -> teredo_status_t {
    status { () throws(TeredoError) in
        guard let result = unsafe Port else { throw .invalidParameter }
        unsafe result.pointee = 0
        unsafe result.pointee = try Teredo.lookup(of: TeredoClient(Client)).port()
    }
}

@_cdecl("NotifyTeredoPortChange")
public func notifyTeredoPortChange(
    _ Callback: teredo_port_change_callback?, _ CallerContext: UnsafeMutableRawPointer?,
    _ InitialNotification: teredo_boolean_t, _ NotificationHandle: UnsafeMutablePointer<teredo_handle_t?>?
) -> teredo_status_t {
    unsafe notifyTeredoPortChangeOf(nil, Callback, CallerContext, InitialNotification, NotificationHandle)
}

@_cdecl("NotifyTeredoPortChangeOf")
public func notifyTeredoPortChangeOf(
    _ Client: UnsafePointer<TEREDO_CLIENT>?, _ Callback: teredo_port_change_callback?,
    _ CallerContext: UnsafeMutableRawPointer?, _ InitialNotification: teredo_boolean_t,
    _ NotificationHandle: UnsafeMutablePointer<teredo_handle_t?>?
) -> teredo_status_t {
    status { () throws(TeredoError) in
        guard let result = unsafe NotificationHandle else { throw .invalidParameter }
        unsafe result.pointee = nil
        guard let callback = unsafe Callback else { throw .invalidParameter }
        nonisolated(unsafe) let context = unsafe CallerContext
        let handles = try Handles.keepingLibraryLoaded
        let observer = try unsafe Teredo.observer(of: TeredoClient(Client))
        // Write the handle before the first call of the callback, which may use it.
        _ = try observer.follow(
            initial: InitialNotification != 0, prepare: { unsafe result.pointee = handles.add($0) }
        ) { event in
            unsafe callback(context, event.port, event.notificationType)
        }
    }
}

extension TeredoPortEvent {
    /// The port of a C callback; 0 for the initial notification.
    var port: UInt16 {
        switch self {
        case .initial: UInt16(MIB_INVALID_TEREDO_PORT_NUMBER)
        case .started(let port), .changed(let port), .stopped(lastPort: let port): port
        }
    }

    var notificationType: teredo_notification_type_t {
        switch self {
        case .initial: teredo_notification_type_t(MibInitialNotification)
        case .started: teredo_notification_type_t(MibAddInstance)
        case .changed: teredo_notification_type_t(MibParameterNotification)
        case .stopped: teredo_notification_type_t(MibDeleteInstance)
        }
    }
}
