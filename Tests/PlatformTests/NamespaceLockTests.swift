// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import TestSupport
import Testing

@Suite(.enabledAsRoot)
struct NamespaceLockTests {
    private func acquire(_ name: String, in namespace: NetworkNamespace) throws -> NamespaceLock {
        try namespace.run { () throws(NamespaceLock.Failure) in try NamespaceLock.acquire(name: name) }
    }

    @Test func `a name is held once, the holder is named, and it is free again afterwards`() throws {
        let namespace = try NetworkNamespace.forTest()
        do {
            let lock = try acquire("test", in: namespace)
            #expect(throws: NamespaceLock.Failure.held(process: getpid(), uid: geteuid())) {
                _ = try acquire("test", in: namespace)
            }
            _ = consume lock
        }
        _ = try acquire("test", in: namespace)
    }

    @Test func `however many ask, the holder is named, and asking takes nothing`() throws {
        let namespace = try NetworkNamespace.forTest()
        func holder() throws -> NamespaceLock.Holder? {
            try namespace.run { () throws(SystemError) in try NamespaceLock.holder(of: "test") }
        }
        #expect(try holder() == nil)
        let lock = try acquire("test", in: namespace)
        for _ in 0..<100 {
            #expect(try holder() == NamespaceLock.Holder(process: getpid(), uid: geteuid()))
        }
        _ = consume lock
        #expect(try holder() == nil)
    }

    @Test func `network namespaces do not share names`() throws {
        let one = try acquire("test", in: NetworkNamespace.forTest())
        let other = try acquire("test", in: NetworkNamespace.forTest())
        _ = consume one
        _ = consume other
    }

    @Test(arguments: ["", String(repeating: "x", count: 108)])
    func `a name that does not fit is refused`(name: String) throws {
        let namespace = try NetworkNamespace.forTest()
        #expect(throws: NamespaceLock.Failure.self) { _ = try acquire(name, in: namespace) }
    }
}
