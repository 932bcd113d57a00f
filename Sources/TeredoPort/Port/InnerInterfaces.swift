// SPDX-License-Identifier: Apache-2.0
package import Platform

/// The interfaces through which IPv6 packets leave the tunnel.
package enum InnerInterfaces {
    /// The default name of Miredo's interface.
    private static let defaultName = "teredo"
    package static let configurationPath = "/etc/miredo.conf"

    /// The names in the network namespace of the calling thread, ascending: the name in Miredo's
    /// configuration, whether or not the interface exists, and every interface with an address in 2001::/32.
    package static func names() throws(SystemError) -> [String] {
        let found = try TeredoInterface.all().map(\.name).filter { !$0.isEmpty }
        return Set(found + [configuredName]).sorted()
    }

    /// The name in Miredo's configuration; the default if the file cannot be read or has none.
    private static var configuredName: String {
        guard let bytes = try? Files.contents(of: configurationPath) else { return defaultName }
        return name(inConfiguration: String(decoding: bytes, as: UTF8.self)) ?? defaultName
    }

    /// The value of InterfaceName in Miredo's configuration; nil if there is none or it is no valid interface
    /// name.
    package static func name(inConfiguration text: String) -> String? {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0].lowercased() == "interfacename" else { continue }
            let name = String(words[1])
            // The kernel's limit is 16 bytes with the terminating NUL (IFNAMSIZ).
            return name.utf8.count < 16 && !name.contains("/") ? name : nil
        }
        return nil
    }
}
