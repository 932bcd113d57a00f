// SPDX-License-Identifier: Apache-2.0

/// An event of the Teredo client's service port. Ports are in host byte order, 1 to 65535.
public enum TeredoPortEvent: Hashable, Sendable {
    /// The registration is in force. For the present port call ``Teredo/port(user:unit:)``.
    case initial
    /// The client had no port and now has this one.
    case started(UInt16)
    /// The client had another port and now has this one.
    case changed(UInt16)
    /// The client no longer has a port. The last one is given, for a firewall to close.
    case stopped(lastPort: UInt16)

    /// The event for a change between two ports (nil: no port); nil if they are equal.
    init?(from old: UInt16?, to new: UInt16?) {
        switch (old, new) {
        case (nil, nil): return nil
        case (nil, .some(let new)): self = .started(new)
        case (.some(let old), nil): self = .stopped(lastPort: old)
        case (.some(let old), .some(let new)):
            guard old != new else { return nil }
            self = .changed(new)
        }
    }
}
