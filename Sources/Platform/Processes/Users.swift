// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The user database.
public enum Users {
    /// A stamp that changes whenever /etc/passwd does; nil without that file. Users may also come from elsewhere.
    public static var databaseStamp: Files.Stamp? { Files.stamp("/etc/passwd") }

    /// The number of a user, nil when there is no such user. Asks what nsswitch.conf says, which may be a directory on
    /// the network: it may take long, or hang. A number that is nobody's name stands for itself: in a container its user
    /// may have no name.
    ///
    /// - Throws: when the database cannot be read, which says nothing about the user.
    public static func uid(named name: String) throws(SystemError) -> UInt32? {
        var size = 1024
        while true {
            var buffer = [CChar](repeating: 0, count: size)
            var entry = unsafe passwd()
            var found: UnsafeMutablePointer<passwd>?
            let code = unsafe getpwnam_r(name, &entry, &buffer, buffer.count, &found)
            switch code {
            case 0: return unsafe found == nil ? number(name) : entry.pw_uid
            case ENOENT where databaseStamp == nil: return number(name)
            case EINTR: continue
            case ERANGE where size < 1 << 20: size *= 2
            // glibc says "no such name" in no other way than by 0 (the manual lists the ways of all systems).
            default:
                if let number = number(name) { return number }
                throw SystemError("look up the user \(name)", code: code)
            }
        }
    }
}

extension Users {
    /// The number that a text is in decimal digits. The largest stands for no user.
    private static func number(_ text: String) -> UInt32? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return UInt32(text).flatMap { $0 == .max ? nil : $0 }
    }
}

/// The privileges of the calling thread.
public enum Capabilities {
    /// True with CAP_NET_ADMIN in effect: may change the firewall of its network namespace.
    public static var includeNetworkAdministration: Bool {
        var capabilities: UInt64 = 0
        guard unsafe clinux_effective_capabilities(&capabilities) == 0 else { return false }
        return capabilities >> UInt64(CLINUX_CAP_NET_ADMIN) & 1 == 1
    }
}
