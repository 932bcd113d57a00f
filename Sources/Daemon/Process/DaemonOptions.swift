// SPDX-License-Identifier: GPL-2.0-or-later

/// The command line of teredowalld. Parsed by hand, since the argument parser of the command-line tool would
/// cost the daemon a megabyte of memory for eight options.
struct DaemonOptions: Equatable {
    enum Action: Equatable {
        case serve
        case checkConfiguration
        case showConfiguration
        case printVersion
        case printHelp
    }

    var action = Action.serve
    /// The configuration file; nil for the default file, which may be missing.
    var configurationPath: String?
    var runtimeDirectory: String?
    /// True to log to syslog(3), whatever standard error is.
    var wantsSystemLog = false
    /// True to log details for developers as well.
    var wantsDebugLog = false

    static let help = """
        USAGE: teredowalld [--config FILE] [--runtime-directory DIR] [--check-config | --show-config]
                          [--syslog] [--debug]

        Keeps the firewall open for the Teredo client's packets, and for nothing else.

        OPTIONS:
          --config FILE             Configuration (default: /etc/teredowall/teredowall.toml).
          --runtime-directory DIR   Directory of the control socket (default: $RUNTIME_DIRECTORY,
                                    $TEREDOWALL_RUNTIME_DIRECTORY or /run/teredowall).
          --check-config            Read the configuration; print its errors, settings without
                                    effect, and a summary in one line; exit.
          --show-config             Print every key with its value and where that is set; exit.
          --syslog                  Log to syslog(3); without this option, to the journal under
                                    systemd, else to standard error unless that is /dev/null.
          --debug                   Also log requests to look again, and commits of other programs
                                    that lead to a reading of the ruleset.
          --version                 Show the version.
          -h, --help                Show this help.

        SIGNALS:
          SIGTERM, SIGINT           Close everything and exit.
          SIGHUP                    Read the configuration again.

        EXIT STATUS: 0 ended on a signal, everything closed; 1 failure; 2 wrong arguments or configuration;
          75 another instance serves this network namespace or has the runtime directory;
          77 CAP_NET_ADMIN is missing.

        """

    /// - Throws: ``ArgumentError`` for arguments that are not accepted.
    init(_ arguments: [String]) throws(ArgumentError) {
        var rest = arguments[...]
        func value(of option: String) throws(ArgumentError) -> String {
            guard let value = rest.popFirst(), !value.isEmpty else {
                throw ArgumentError(reason: "\(option) needs a value")
            }
            return value
        }
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // Read "--config=FILE" like "--config FILE".
            if parts.count == 2, argument.hasPrefix("--") { rest = [String(parts[1])] + rest }
            let option = argument.hasPrefix("--") ? String(parts[0]) : argument
            switch option {
            case "--config": configurationPath = try value(of: option)
            case "--runtime-directory": runtimeDirectory = try value(of: option)
            case "--check-config" where parts.count == 1: action = .checkConfiguration
            case "--show-config" where parts.count == 1: action = .showConfiguration
            case "--syslog" where parts.count == 1: wantsSystemLog = true
            case "--debug" where parts.count == 1: wantsDebugLog = true
            case "--version" where parts.count == 1: action = .printVersion
            case "--help" where parts.count == 1: action = .printHelp
            case "-h": action = .printHelp
            default: throw ArgumentError(reason: "unknown argument \(argument)")
            }
            if action == .printVersion || action == .printHelp { return }
        }
    }
}
