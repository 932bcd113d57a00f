// SPDX-License-Identifier: Apache-2.0
public import CTeredoPort

// The functions that programs compiled with TEREDOPORT_WIN32_CODES call: the header maps the names without
// "Win32" to these.

@_cdecl("GetTeredoPortWin32")
public func getTeredoPortWin32(_ port: UnsafeMutablePointer<UInt16>?) -> UInt32 {
    unsafe teredoStatusToWin32(getTeredoPort(port))
}

@_cdecl("NotifyTeredoPortChangeWin32")
public func notifyTeredoPortChangeWin32(
    _ callback: teredo_port_change_callback?, _ callerContext: UnsafeMutableRawPointer?,
    _ initialNotification: teredo_boolean_t, _ notificationHandle: UnsafeMutablePointer<teredo_handle_t?>?
) -> UInt32 {
    unsafe teredoStatusToWin32(
        notifyTeredoPortChange(callback, callerContext, initialNotification, notificationHandle))
}

@_cdecl("CancelMibChangeNotify2Win32")
public func cancelMibChangeNotify2Win32(_ notificationHandle: teredo_handle_t?) -> UInt32 {
    unsafe teredoStatusToWin32(cancelMibChangeNotify2(notificationHandle))
}

@_cdecl("NotifyStableUnicastIpAddressTableWin32")
public func notifyStableUnicastIpAddressTableWin32(
    _ family: UInt16, _ table: UnsafeMutablePointer<PMIB_UNICASTIPADDRESS_TABLE?>?,
    _ callerCallback: teredo_stable_address_callback?, _ callerContext: UnsafeMutableRawPointer?,
    _ notificationHandle: UnsafeMutablePointer<teredo_handle_t?>?
) -> UInt32 {
    unsafe teredoStatusToWin32(
        notifyStableUnicastIpAddressTable(family, table, callerCallback, callerContext, notificationHandle))
}
