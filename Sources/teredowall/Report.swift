// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import Configuration
internal import Platform

extension Teredowall {
    struct Report: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the information for a bug report, with addresses masked.",
            discussion: """
                Versions, the kernel, status, check, plan, the ruleset, the configuration and the daemon's last log \
                lines. Public IPv4 addresses, IPv6 addresses and hardware addresses are replaced by numbered names; \
                read it before you send it. Where this user may not read something, the error is shown instead: run it \
                as root. It runs `check`, which sends test packets.
                """)

        @Flag(help: "Leave addresses as they are.")
        var unmasked = false

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            try daemon.enterNamespace()
            var mask = AddressMask()
            for section in sections {
                let text = section.text()
                try printLine("== \(section.title)\n\(unmasked ? text : mask.masked(text))\n")
            }
        }

        private struct Section {
            var title: String
            var text: () -> String
        }

        private var sections: [Section] {
            // The path of this program, wherever it is installed.
            let program = "/proc/self/exe"
            let daemonOptions = ["--runtime-directory", daemon.directory]
            // With this option `check` reports a daemon that does not answer in the directory. Do not make it expect
            // the daemon in the default directory, since the daemon may have been started with another one.
            let checkOptions = daemon.namespace == nil && daemon.runtimeDirectory == nil ? [] : daemonOptions
            func command(_ title: String, _ words: [String]) -> Section {
                Section(title: title) { Self.output(of: words) }
            }
            return [
                Section(title: "teredowall") { "teredowall \(Version.text)" },
                command("kernel", ["uname", "-srvm"]),
                command("system", ["cat", "/etc/os-release"]),
                command("nft", ["nft", "--version"]), command("iptables", ["iptables", "--version"]),
                command("firewalld", ["firewall-cmd", "--version"]), command("ufw", ["ufw", "version"]),
                command("status", [program, "status"] + daemonOptions),
                command("status, JSON", [program, "status", "--json"] + daemonOptions),
                command("check", [program, "check"] + checkOptions),
                command("plan", [program, "plan"] + daemonOptions),
                command("interfaces", ["ip", "-brief", "address"]),
                command("UDP sockets", ["ss", "-uanp"]),
                command("ruleset", ["nft", "-a", "-s", "list", "ruleset"]),
                Section(title: "configuration") { Self.configurationText },
                command(
                    "log", ["journalctl", "--no-pager", "-u", daemon.unit, "-n", "100", "-o", "short-iso"]),
            ]
        }

        /// The output of a command, or the reason why there is none, in brackets.
        private static func output(of words: [String]) -> String {
            do {
                let result = try Processes.output(of: words, within: .seconds(20))
                let text = result.text.isEmpty ? "(nothing)" : result.text
                return result.status == 0 ? text : "\(text)\n(exit status \(result.status))"
            } catch {
                return "(\(error))"
            }
        }

        private static var configurationText: String {
            let main = Configuration.defaultPath
            let directory = main + ".d"
            // Without the directory, or if it cannot be read, only the main file is shown.
            let parts = ((try? Files.names(in: directory)) ?? nil) ?? []
            return ([main] + parts.sorted().map { "\(directory)/\($0)" }).map { path in
                guard Files.exists(path) else { return "\(path): does not exist" }
                do {
                    return "\(path):\n" + String(decoding: try Files.contents(of: path), as: UTF8.self)
                } catch {
                    return "\(path): \(error)"
                }
            }.joined(separator: "\n")
        }
    }
}
