// SPDX-License-Identifier: Apache-2.0
public import CTeredoPort
internal import Glibc
internal import TeredoPort

/// A table of ports in one block of memory, for one call of free(): the table, the row of its one type, and
/// the ports.
private enum PortTable {
    static func make(_ ports: [UInt16]) throws(TeredoError) -> UnsafeMutablePointer<TEREDO_SYSTEM_PORTS> {
        let tableSize = unsafe MemoryLayout<TEREDO_SYSTEM_PORTS>.stride
        let rowSize = unsafe MemoryLayout<TEREDO_SYSTEM_PORTS_BY_TYPE>.stride
        let size = tableSize + rowSize + ports.count * MemoryLayout<UInt16>.stride
        guard let memory = unsafe malloc(size) else {
            throw .notEnoughMemory
        }
        let numbers = unsafe (memory + tableSize + rowSize).bindMemory(to: UInt16.self, capacity: ports.count)
        for (index, port) in ports.enumerated() { unsafe numbers[index] = port }
        let row = unsafe (memory + tableSize)
            .bindMemory(to: TEREDO_SYSTEM_PORTS_BY_TYPE.self, capacity: 1)
        unsafe row.initialize(
            to: TEREDO_SYSTEM_PORTS_BY_TYPE(
                type: UInt32(TEREDO_SYSTEM_PORT_TEREDO), numPorts: UInt32(ports.count), ports: numbers))
        let table = unsafe memory.bindMemory(to: TEREDO_SYSTEM_PORTS.self, capacity: 1)
        unsafe table.initialize(to: TEREDO_SYSTEM_PORTS(numTypes: 1, types: row))
        return unsafe table
    }
}

@_cdecl("TeredoSystemPortsGet")
public func teredoSystemPortsGet(
    _ SysPorts: UnsafeMutablePointer<UnsafeMutablePointer<TEREDO_SYSTEM_PORTS>?>?
) -> teredo_status_t {
    unsafe teredoSystemPortsGetOf(nil, SysPorts)
}

@_cdecl("TeredoSystemPortsGetOf")
public func teredoSystemPortsGetOf(
    _ Client: UnsafePointer<TEREDO_CLIENT>?,
    _ SysPorts: UnsafeMutablePointer<UnsafeMutablePointer<TEREDO_SYSTEM_PORTS>?>?
) -> teredo_status_t {
    status { () throws(TeredoError) in
        guard let result = unsafe SysPorts else { throw .invalidParameter }
        unsafe result.pointee = nil
        unsafe result.pointee = try PortTable.make(Teredo.lookup(of: TeredoClient(Client)).ports())
    }
}

@_cdecl("TeredoSystemPortsSubscribe")
public func teredoSystemPortsSubscribe(
    _ Callback: teredo_system_ports_callback?, _ CallerContext: UnsafeMutableRawPointer?,
    _ SysPortsHandle: UnsafeMutablePointer<teredo_handle_t?>?
) -> teredo_status_t {
    unsafe teredoSystemPortsSubscribeOf(nil, Callback, CallerContext, SysPortsHandle)
}

@_cdecl("TeredoSystemPortsSubscribeOf")
public func teredoSystemPortsSubscribeOf(
    _ Client: UnsafePointer<TEREDO_CLIENT>?, _ Callback: teredo_system_ports_callback?,
    _ CallerContext: UnsafeMutableRawPointer?, _ SysPortsHandle: UnsafeMutablePointer<teredo_handle_t?>?
) -> teredo_status_t {
    status { () throws(TeredoError) in
        guard let result = unsafe SysPortsHandle else { throw .invalidParameter }
        unsafe result.pointee = nil
        guard let callback = unsafe Callback else { throw .invalidParameter }
        nonisolated(unsafe) let context = unsafe CallerContext
        let handles = try Handles.keepingLibraryLoaded
        let observer = try unsafe Teredo.observer(of: TeredoClient(Client))
        _ = try observer.followAll(prepare: { unsafe result.pointee = handles.add($0) }) { ports in
            // There is no way to report a lack of memory here; the next change is reported.
            guard let table = try? unsafe PortTable.make(ports) else { return }
            unsafe callback(context, table)
            unsafe free(table)
        }
    }
}
