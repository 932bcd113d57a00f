// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TestSupport
import Testing

@Suite(.enabledAsRoot) struct NetworkInterfaceTests {
    @Test func `the name of an interface may have bytes beyond ASCII`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.command("ip", ["link", "add", "größe0", "type", "bridge"])
        let found = try namespace.run { () throws(any Error) in
            let interface = try #require(NetworkInterface(named: "größe0"))
            return NetworkInterface(index: interface.index)
        }
        #expect(found?.name == "größe0")
    }
}
