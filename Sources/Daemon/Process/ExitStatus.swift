// SPDX-License-Identifier: GPL-2.0-or-later

/// The daemon's exit status. 75 and 77 are EX_TEMPFAIL and EX_NOPERM of sysexits.h.
public enum ExitStatus: Int32, Error, Sendable {
    case done = 0
    case failure = 1
    case configuration = 2
    case anotherInstance = 75
    case insufficientPrivilege = 77
}
