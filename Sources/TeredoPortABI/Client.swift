// SPDX-License-Identifier: Apache-2.0
internal import CTeredoPort
internal import TeredoPort

extension TeredoClient {
    /// The client in a C program's argument; NULL and NULL members stand for the default.
    init(_ client: UnsafePointer<TEREDO_CLIENT>?) throws(TeredoError) {
        try requireMemory()
        let user = unsafe client?.pointee.User
        let unit = unsafe client?.pointee.Unit
        try self.init(
            user: unsafe user.map { unsafe String(cString: $0) } ?? Teredo.defaultUser,
            unit: unsafe unit.map { unsafe String(cString: $0) } ?? "")
    }
}
