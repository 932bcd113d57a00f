// SPDX-License-Identifier: GPL-2.0-or-later
internal import Logging

/// The kinds of log entries that programs may look for with `journalctl MESSAGE_ID=…`, listed in
/// teredowalld(8).
enum LogKind: String, CaseIterable {
    case portChanged = "8476f40131124054bfb058801fe48086"
    case closed = "e66703f2642f437cb164928c88c1e671"
    case healed = "97e24ed748c44720ba57eaa20d6f4968"
    case leftAlone = "0876ed8a40dd4790ba8615c1ba7b4fe0"
    case failed = "ab24383022294c308c52e2ad7e17a7b9"
    case configurationRefused = "bcff3086354943a7b52ae72a6d84beee"

    /// The metadata key of the kind.
    static let key = "kind"
}

extension Logger.Metadata {
    /// The fields of an entry; fields without a value are left out.
    static func entry(_ kind: LogKind, table: String? = nil, port: String? = nil) -> Logger.Metadata {
        var fields: Logger.Metadata = [LogKind.key: "\(kind.rawValue)"]
        if let table { fields["table"] = "\(table)" }
        if let port { fields["port"] = "\(port)" }
        return fields
    }
}
