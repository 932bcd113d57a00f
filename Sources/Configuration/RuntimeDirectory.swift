// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// The directory of the control socket.
public enum RuntimeDirectory {
    public static let `default` = "/run/teredowall"

    /// The first of these that is given: `requested`; the first directory in the environment variable
    /// `RUNTIME_DIRECTORY`, which systemd sets; `TEREDOWALL_RUNTIME_DIRECTORY`; the default.
    public static func path(requested: String?) -> String {
        requested ?? Environment.value(of: "RUNTIME_DIRECTORY").flatMap {
            $0.split(separator: ":").first.map(String.init)
        }
            ?? Environment.value(of: "TEREDOWALL_RUNTIME_DIRECTORY") ?? Self.default
    }
}
