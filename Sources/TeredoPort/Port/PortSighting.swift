// SPDX-License-Identifier: Apache-2.0
package import Platform

/// The service sockets of a client, as seen at one moment.
package struct PortSighting: Hashable, Sendable {
    /// The sockets, the oldest first.
    package var sockets: [UDPSocket]
    /// The main port, for uses that permit a single port only: the one reported before, while it exists.
    package var main: UInt16?
    /// The ports that may be opened to packets from outside.
    package var exposure = Exposure.nothing

    /// The sighting without a client.
    package static let nothing = PortSighting(sockets: [])

    /// The ports, ascending, without repetition.
    package var ports: [UInt16] { Set(sockets.map(\.port)).sorted() }
}
