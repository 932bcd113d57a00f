// SPDX-License-Identifier: Apache-2.0
package import Platform

/// The interfaces that IPv6 packets come out of the tunnel by.
package enum InnerInterfaces {
    /// Miredo's name for its interface unless its configuration says otherwise.
    private static let defaultName = "teredo"
    package static let configurationPath = "/etc/miredo.conf"

    /// Their names in the network namespace of the calling thread, ascending: the one that Miredo's configuration names,
    /// whether it is there or not, and every one that has an address in 2001::/32, whatever it is called.
    package static func names() throws(SystemError) -> [String] {
        let found = try TeredoInterface.all().map(\.name).filter { !$0.isEmpty }
        return Set(found + [configuredName]).sorted()
    }

    /// A file that cannot be read leaves the default.
    private static var configuredName: String {
        guard let bytes = try? Files.contents(of: configurationPath) else { return defaultName }
        return name(inConfiguration: String(decoding: bytes, as: UTF8.self)) ?? defaultName
    }

    /// The value of InterfaceName in a configuration of Miredo's; nil without one, or with one that no interface can
    /// have.
    package static func name(inConfiguration text: String) -> String? {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0].lowercased() == "interfacename" else { continue }
            let name = String(words[1])
            return name.utf8.count < 16 && !name.contains("/") ? name : nil
        }
        return nil
    }
}
