// SPDX-License-Identifier: Apache-2.0
public import CTeredoPort
internal import TeredoPort

@_cdecl("TeredoPortOpen")
public func teredoPortOpen(
    _ Client: UnsafePointer<TEREDO_CLIENT>?, _ NotificationHandle: UnsafeMutablePointer<teredo_handle_t?>?,
    _ Descriptor: UnsafeMutablePointer<CInt>?
) -> teredo_status_t {
    status { () throws(TeredoError) in
        if let handle = unsafe NotificationHandle { unsafe handle.pointee = nil }
        if let descriptor = unsafe Descriptor { unsafe descriptor.pointee = -1 }
        guard let handle = unsafe NotificationHandle, let descriptor = unsafe Descriptor else {
            throw .invalidParameter
        }
        // Not `Handles.keepingLibraryLoaded`, which keeps the library loaded: without a thread it may be unloaded.
        let handles = try Handles.current
        let (watch, registration) = try unsafe Teredo.observer(of: TeredoClient(Client)).poll()
        unsafe descriptor.pointee = watch.descriptorNumber
        unsafe handle.pointee = handles.add(registration, watch: watch)
    }
}

@_cdecl("TeredoPortTake")
public func teredoPortTake(
    _ NotificationHandle: teredo_handle_t?, _ Changes: UnsafeMutablePointer<TEREDO_PORT_CHANGE>?,
    _ Capacity: UInt32, _ Count: UnsafeMutablePointer<UInt32>?
) -> teredo_status_t {
    status { () throws(TeredoError) in
        guard let count = unsafe Count else { throw .invalidParameter }
        unsafe count.pointee = 0
        guard let handle = unsafe NotificationHandle, let changes = unsafe Changes, Capacity > 0 else {
            throw .invalidParameter
        }
        let taken = try unsafe Handles.current.watch(handle).takeChanges(atMost: Int(Capacity))
        for (index, event) in taken.enumerated() {
            unsafe changes[index] = TEREDO_PORT_CHANGE(
                NotificationType: event.notificationType, Port: event.port, Reserved: 0)
        }
        unsafe count.pointee = UInt32(taken.count)
    }
}
