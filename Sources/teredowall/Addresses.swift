// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import TeredoPort

extension Teredowall {
    struct Addresses: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Wait until the host's addresses are stable, then print them.",
            discussion: """
                Stable means that duplicate address detection has ended for every IPv6 address. Needs neither root \
                nor the daemon.
                """)

        enum Family: String, ExpressibleByArgument, CaseIterable {
            case any, ipv4, ipv6

            var value: AddressFamily {
                switch self {
                case .any: .any
                case .ipv4: .ipv4
                case .ipv6: .ipv6
                }
            }
        }

        @Option(help: "The addresses to wait for and to print.")
        var family = Family.any

        @Flag(help: "Print a JSON object per line.")
        var json = false

        @OptionGroup var daemon: DaemonOption

        func run() async throws {
            try daemon.enterNamespace()
            for address in try await Teredo.stableUnicastAddresses(family: family.value) {
                try printLine(json ? Self.json(address) : Self.text(address))
            }
        }

        private static func text(_ address: UnicastAddress) -> String {
            "\(address.interfaceName) \(address.text)/\(address.prefixLength) \(address.state)"
        }

        /// The address as a JSON object. The kernel permits quotes, backslashes and most control characters in names
        /// of interfaces, so these are escaped.
        private static func json(_ address: UnicastAddress) -> String {
            var name = ""
            for scalar in address.interfaceName.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { name += "\\" }
                if scalar.value < 0x20 {
                    name += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
                } else {
                    name.unicodeScalars.append(scalar)
                }
            }
            return """
                {"interface":"\(name)","index":\(address.interfaceIndex),"address":"\(address.text)",\
                "prefixLength":\(address.prefixLength),"state":"\(address.state)"}
                """
        }
    }
}
