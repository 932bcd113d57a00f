// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The result of one look at the client.
struct Sighting: Hashable, Sendable {
    var service: ServiceSockets
    /// The socket whose port is reported by functions that report a single port.
    var main: UDPSocket?

    static let nothing = Sighting(service: .none, main: nil)

    init(service: ServiceSockets, main: UDPSocket?) {
        self.service = service
        self.main = main
    }

    /// Looks at the client's sockets.
    init(
        of client: TeredoClient, uid: UInt32?, in table: SocketTable, after previous: Sighting
    ) throws(SystemError) {
        let sockets = try client.sockets(ofUser: uid, in: table)
        self.init(among: sockets, after: previous)
    }

    /// Selects among a client's sockets.
    init(among sockets: [UDPSocket], after previous: Sighting) {
        service = ServiceSockets(among: sockets, after: previous.service)
        main = service.main(after: previous.main)
    }
}
