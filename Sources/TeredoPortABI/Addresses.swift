// SPDX-License-Identifier: Apache-2.0
public import CTeredoPort
internal import Glibc
internal import TeredoPort

@_cdecl("NotifyStableUnicastIpAddressTable")
public func notifyStableUnicastIpAddressTable(
    _ Family: UInt16, _ Table: UnsafeMutablePointer<PMIB_UNICASTIPADDRESS_TABLE?>?,
    _ CallerCallback: teredo_stable_address_callback?, _ CallerContext: UnsafeMutableRawPointer?,
    _ NotificationHandle: UnsafeMutablePointer<teredo_handle_t?>?
) -> teredo_status_t {
    status { () throws(TeredoError) in
        // Reset both results first, so that after a failure neither looks like a result.
        if let result = unsafe Table { unsafe result.pointee = nil }
        if let result = unsafe NotificationHandle { unsafe result.pointee = nil }
        guard let table = unsafe Table, let handle = unsafe NotificationHandle,
            let callback = unsafe CallerCallback,
            let family = AddressFamily(number: Family)
        else { throw .invalidParameter }
        nonisolated(unsafe) let context = unsafe CallerContext
        let handles = try Handles.keepingLibraryLoaded
        let observer = try Teredo.addressObserver
        let answer = try observer.request(
            family, prepare: { unsafe handle.pointee = handles.add($0) }
        ) { addresses in
            // There is no way to report a lack of memory here.
            guard let table = try? unsafe AddressRows.make(addresses) else { return }
            unsafe callback(context, table)
        }
        switch answer {
        case .stable(let addresses): unsafe table.pointee = try AddressRows.make(addresses)
        case .pending: throw .ioPending
        }
    }
}

@_cdecl("FreeMibTable")
public func freeMibTable(_ Memory: UnsafeMutableRawPointer?) { preservingErrno { unsafe free(Memory) } }

extension AddressFamily {
    /// The family with this AF_* number; nil for others.
    init?(number: UInt16) {
        switch Int32(number) {
        case AF_UNSPEC: self = .any
        case AF_INET: self = .ipv4
        case AF_INET6: self = .ipv6
        default: return nil
        }
    }
}
