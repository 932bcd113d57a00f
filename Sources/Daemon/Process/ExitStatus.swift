// SPDX-License-Identifier: GPL-2.0-or-later

/// How the daemon ends; 75 and 77 are sysexits(3)'s EX_TEMPFAIL and EX_NOPERM.
public enum ExitStatus: Int32, Error, Sendable {
    case done = 0
    case failure = 1
    case configuration = 2
    case anotherInstance = 75
    case insufficientPrivilege = 77
}
