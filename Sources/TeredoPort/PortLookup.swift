// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// Answers questions about one client's ports, and remembers the socket it named last.
package final class PortLookup: Sendable {
    private let client: Client
    private let last = Monitor<Sighting>(.nothing)

    package init(of client: Client) { self.client = client }

    /// The one port, in constant time as long as it does not change.
    package func port() throws(TeredoError) -> UInt16 {
        try requireStack()
        let last = last.withLock { $0 }
        do {
            let table = try SocketTable()
            guard let uid = client.uid() else { throw TeredoError.notReady }
            if let main = last.main, try table.socket(at: main.address, port: main.port) == main {
                return main.port
            }
            let sighting = try look(in: table, uid: uid)
            guard let port = sighting.main?.port else { throw TeredoError.notReady }
            return port
        } catch let error as TeredoError {
            throw error
        } catch let error as SystemError {
            throw TeredoError(error)
        } catch {
            fatalError("an error of a third kind")
        }
    }

    /// All ports, ascending.
    package func ports() throws(TeredoError) -> [UInt16] {
        do throws(SystemError) {
            guard let uid = client.uid() else { return [] }
            return try look(in: SocketTable(), uid: uid).service.ports
        } catch {
            throw TeredoError(error)
        }
    }

    private func look(in table: SocketTable, uid: UInt32) throws(SystemError) -> Sighting {
        let sighting = try Sighting(of: client, uid: uid, in: table, after: last.withLock { $0 })
        last.withLock { $0 = sighting }
        return sighting
    }

    private func requireStack() throws(TeredoError) {
        do throws(SystemError) {
            guard try IPv6Stack.isAvailable else { throw SystemError("find an IPv6 stack", code: 0) }
        } catch {
            throw error.code == 0 ? .notSupported : TeredoError(error)
        }
    }
}
