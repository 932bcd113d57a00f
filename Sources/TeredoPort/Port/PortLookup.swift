// SPDX-License-Identifier: Apache-2.0
internal import Platform
internal import TeredoProtocol

/// Answers questions about one client's ports. Holds no descriptors between calls.
package final class PortLookup: Sendable {
    private let client: TeredoClient
    private let memory: ClientMemory
    /// The observer to notify of an answer before it is returned.
    private let observer: PortObserver?

    package init(
        of client: TeredoClient, memory: ClientMemory = ClientMemory(), observer: PortObserver? = nil
    ) {
        self.client = client
        self.memory = memory
        self.observer = observer
    }

    /// The main port, in constant time as long as it does not change.
    package func port() throws(TeredoError) -> UInt16 {
        let hasStack: Bool
        let socket: UDPSocket?
        do throws(SystemError) {
            hasStack = try IPv6Stack.isAvailable
            socket = hasStack ? try find() : nil
        } catch {
            throw TeredoError(error)
        }
        guard hasStack else { throw .notSupported }
        guard let socket else { throw .notReady }
        observer?.notifyOfAnswer(.port(socket))
        return socket.port
    }

    /// All ports, ascending.
    package func ports() throws(TeredoError) -> [UInt16] {
        do throws(SystemError) {
            guard let uid = try memory.uid(of: client) else { return [] }
            let sighting = try look(in: SocketTable(), uid: uid)
            if sighting.main != nil { observer?.notifyOfAnswer(.ports(sighting)) }
            return sighting.service.ports
        } catch {
            throw TeredoError(error)
        }
    }

    /// The service ports that may be opened to packets from outside.
    package func exposure() throws(TeredoError) -> Exposure {
        do throws(SystemError) {
            guard let uid = try client.uid() else { return .nothing }
            let table = try SocketTable()
            return try Exposure(of: look(in: table, uid: uid).service.sockets) { port throws(SystemError) in
                try table.sockets(onPort: port)
            }
        } catch {
            throw TeredoError(error)
        }
    }

    private func find() throws(SystemError) -> UDPSocket? {
        guard let uid = try memory.uid(of: client) else { return nil }
        let last = memory.sighting.main
        let table = try SocketTable()
        if let last, try table.socket(at: last.address, port: last.port) == last { return last }
        if let found = try sightingFromHints(in: table, uid: uid) {
            memory.remember(found)
            return found.main
        }
        return try look(in: table, uid: uid).main
    }

    /// The sighting of the socket that the hints lead to, used when the port reported before is gone.
    private func sightingFromHints(in table: SocketTable, uid: UInt32) throws(SystemError) -> Sighting? {
        // A hint does not show whether a socket belongs to the cgroup to which the client is limited.
        guard client.cgroups.isEmpty else { return nil }
        for port in PortHints.portsInAddresses() where port != RFC4380.wellKnownPort {
            guard let socket = try table.socket(at: .wildcard, port: port), socket.uid == uid,
                socket.hasNoPeer
            else { continue }
            return Sighting(service: ServiceSockets(among: [socket]), main: socket)
        }
        // Try the cgroup of the client's service: with a cgroup the kernel lists sockets ten times as fast.
        let service = try? TeredoClient(user: client.processName, unit: client.processName + ".service")
        guard let cgroup = service?.cgroup() else { return nil }
        let found = ServiceSockets(among: try table.sockets(ofUser: uid, cgroup: cgroup))
        return found.sockets.first.map { Sighting(service: found, main: $0) }
    }

    private func look(in table: SocketTable, uid: UInt32) throws(SystemError) -> Sighting {
        let sighting = try Sighting(of: client, uid: uid, in: table, after: memory.sighting)
        memory.remember(sighting)
        return sighting
    }
}
