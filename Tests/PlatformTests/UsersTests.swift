// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TeredoProtocol
import Testing

@Suite struct UsersTests {
    @Test func `a user has an ID`() throws { #expect(try Users.uid(named: "root") == 0) }

    @Test(arguments: ["", "no-such-user-4711", "root "])
    func `a user that does not exist has no ID`(name: String) throws {
        #expect(try Users.uid(named: name) == nil)
    }

    @Test func `a number is an ID without an entry in the database`() throws {
        #expect(try Users.uid(named: "4800") == 4800)
        #expect(try Users.uid(named: "4294967295") == nil)
    }

    @Test func `addresses are written as usual`() {
        #expect(IPv4Address(bits: 0xE000_00FD).description == "224.0.0.253")
    }
}

@Suite struct MonitorTests {
    @Test func `a wait ends with the change it waits for`() throws {
        let value = Monitor(0)
        let thread = try WorkerThread(name: "count") {
            for _ in 0..<1000 { value.withLock { $0 += 1 } }
        }
        #expect(value.wait(atMost: .seconds(30)) { $0 == 1000 ? $0 : nil } == 1000)
        #expect(!thread.isCurrent)
        thread.join()
    }

    @Test func `a wait with a limit gives up`() {
        #expect(Monitor(0).wait(atMost: .milliseconds(20)) { $0 == 1 ? $0 : nil } == nil)
    }
}

extension UsersTests {
    @Test func `a number that is not a name is an ID`() throws {
        #expect(try Users.uid(named: "4000000001") == 4_000_000_001)
        #expect(try Users.uid(named: "0") == 0)
        for text in ["4294967295", "4294967296", "-1", "+1", "1 ", "0x10"] {
            #expect(try Users.uid(named: text) == nil)
        }
    }
}
