// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The user database.
public enum Users {
    /// A stamp that changes with /etc/passwd; nil without that file. It does not cover users from other
    /// sources.
    public static var databaseStamp: Files.Stamp? { Files.stamp("/etc/passwd") }

    /// The ID of a user; nil when there is no such user. Queries the sources of nsswitch.conf: a directory on
    /// the network may be slow or never answer. If `name` is a number but not a user's name, it is the ID: in
    /// a container, the client's user may have no name.
    ///
    /// - Throws: ``SystemError`` when the database cannot be read, so that it is unknown whether the user
    ///   exists.
    public static func uid(named name: String) throws(SystemError) -> UInt32? {
        var size = 1024
        while true {
            var buffer = [CChar](repeating: 0, count: size)
            var entry = unsafe passwd()
            var found: UnsafeMutablePointer<passwd>?
            let code = unsafe getpwnam_r(name, &entry, &buffer, buffer.count, &found)
            switch code {
            case 0: return unsafe found == nil ? number(name) : entry.pw_uid
            // A container may have no /etc/passwd.
            case ENOENT where databaseStamp == nil: return number(name)
            case EINTR: continue
            case ERANGE where size < 1 << 20: size *= 2
            // With glibc, any other code is an error of the database: a missing name is reported by 0 and
            // a null pointer. The further codes for it in the manual are those of other systems.
            default:
                if let number = number(name) { return number }
                throw SystemError("look up the user \(name)", code: code)
            }
        }
    }
}

extension Users {
    /// The number in a text of decimal digits; nil for other texts and for the largest number, which is not a
    /// user ID.
    private static func number(_ text: String) -> UInt32? {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard !text.isEmpty, text.utf8.allSatisfy({ digits.contains($0) }) else { return nil }
        return UInt32(text).flatMap { $0 == .max ? nil : $0 }
    }
}
