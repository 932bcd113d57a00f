// SPDX-License-Identifier: GPL-2.0-or-later

/// The names of the rows as phrases.
enum RowName {
    /// "in, to the service port" for "I1".
    static func words(of name: String) -> String {
        switch name {
        case "I1": "in, to the service port"
        case "I2": "in, local discovery"
        case "O1": "out, from the service port"
        case "O2": "out, to Teredo servers"
        default: ""
        }
    }

    /// True when the row's rule matches only packets to or from the client's port.
    static func isOfServicePort(_ name: String) -> Bool { name == "I1" || name == "O1" }
}
