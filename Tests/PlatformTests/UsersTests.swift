// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import Testing

@Suite struct UsersTests {
    @Test func `the ID of a user is found by name`() throws { #expect(try Users.uid(named: "root") == 0) }

    @Test(arguments: ["", "no-such-user-4711", "root "])
    func `a user that does not exist has no ID`(name: String) throws {
        #expect(try Users.uid(named: name) == nil)
    }

    @Test func `a number without an entry in the user database is an ID`() throws {
        #expect(try Users.uid(named: "4800") == 4800)
        // The number that stands for no user in system calls ((uid_t)-1).
        #expect(try Users.uid(named: "4294967295") == nil)
    }

    @Test func `only decimal digits below 4294967295 are read as an ID`() throws {
        #expect(try Users.uid(named: "4000000001") == 4_000_000_001)
        #expect(try Users.uid(named: "0") == 0)
        for text in ["4294967295", "4294967296", "-1", "+1", "1 ", "0x10"] {
            #expect(try Users.uid(named: text) == nil, "\(text)")
        }
    }
}
