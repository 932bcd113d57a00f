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

    @Test func `a name is held once, the error names its holder, and a release makes it free`() throws {
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

    @Test func `finding the holder of a name many times does not take the name`() throws {
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

    @Test func `a name whose holder accepts no connection is reported as busy`() throws {
        let namespace = try NetworkNamespace.forTest()
        let descriptors = try namespace.run { () throws(SystemError) in try Self.fullListener(named: "test") }
        #expect(throws: NamespaceLock.Failure.busy) { _ = try acquire("test", in: namespace) }
        for descriptor in descriptors { close(descriptor) }
        _ = try acquire("test", in: namespace)
    }

    /// The descriptors of a listener that accepts no connection, and of sockets that fill its queue. The caller closes
    /// them.
    private static func fullListener(named name: String) throws(SystemError) -> [CInt] {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.dropFirst().copyBytes(from: name.utf8) }
        // The family, the zero byte of an abstract name, and the name.
        let length = socklen_t(2 + 1 + name.utf8.count)
        func call(_ operation: (UnsafePointer<sockaddr>) -> CInt) -> CInt {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { operation($0) }
            }
        }
        func socket() -> CInt {
            Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        }
        let listener = socket()
        try check("bind") { call { bind(listener, $0, length) } }
        try check("listen") { listen(listener, 0) }
        var all = [listener]
        // Connecting fails as soon as the queue is full.
        var status: CInt = 0
        while status == 0 {
            all.append(socket())
            status = call { connect(all[all.count - 1], $0, length) }
        }
        return all
    }

    @Test func `network namespaces do not share names`() throws {
        let one = try acquire("test", in: NetworkNamespace.forTest())
        let other = try acquire("test", in: NetworkNamespace.forTest())
        _ = consume one
        _ = consume other
    }

    /// The longest name has 107 bytes: sun_path has 108, of which the first is 0.
    @Test(arguments: ["", String(repeating: "x", count: 108)])
    func `a name that is empty or too long is refused`(name: String) throws {
        let namespace = try NetworkNamespace.forTest()
        #expect(throws: NamespaceLock.Failure.self) { _ = try acquire(name, in: namespace) }
    }
}
