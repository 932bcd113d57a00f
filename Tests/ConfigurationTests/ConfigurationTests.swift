// SPDX-License-Identifier: GPL-2.0-or-later
import Planner
import Testing

@testable import Configuration

extension Configuration {
    /// Applies the text of a file.
    mutating func apply(_ text: String, file: String) throws(ConfigurationError) {
        try apply(Array(text.utf8), file: file)
    }
}

struct ConfigurationTests {
    @Test func `every key is read`() throws {
        var configuration = Configuration()
        try configuration.apply(
            """
            [client]
            user = "teredo"
            unit = "miredo.service"
            probe = "off"
            [exceptions]
            multicast = false
            igmp = true
            [inner]
            guard = "unsolicited"
            [firewall]
            mode = "own-table"
            exclude = ["inet mytable", "ip filter INPUT"]
            pierce = ["inet vpnguard"]
            position = "first"
            lease = "90s"
            """, file: "f")
        #expect(configuration.clientUser == "teredo")
        #expect(configuration.clientUnit == "miredo.service")
        #expect(configuration.clientProbe == .off)
        #expect(!configuration.multicast)
        #expect(configuration.igmp)
        #expect(configuration.innerGuard == .unsolicited)
        #expect(
            configuration.policy
                == Policy(
                    mode: .ownTable, position: .first, exclude: ["inet mytable", "ip filter INPUT"],
                    pierce: ["inet vpnguard"],
                    lease: .seconds(90)))
        // The file above sets each key to another value than the default.
        let defaults = Configuration()
        for key in ConfigurationKey.all {
            #expect(key.show(configuration) != key.show(defaults), "\(key.fullName)")
        }
    }

    @Test func `an empty file means the defaults`() throws {
        var configuration = Configuration()
        try configuration.apply("# nothing\n", file: "f")
        #expect(configuration == Configuration())
        #expect(configuration.policy.lease == .seconds(180))
    }

    @Test(arguments: [
        ("[client]\nusr = \"a\"\n", 2, "client.usr", "unknown key; accepted here: user, unit"),
        (
            "[clients]\n", 1, "clients",
            "unknown section or key; accepted sections: client, exceptions, firewall"
        ),
        ("\nlease = \"3m\"\n", 2, "lease", "unknown section"),
        ("client = 3\n", 1, "client", "must be a section: [client]"),
        ("[client]\nuser = \"\"\n", 2, "client.user", "a user name is needed"),
        ("[client]\nuser = 7\n", 2, "client.user", "a string in quotes is needed"),
        ("[client]\nunit = \"miredo\"\n", 2, "client.unit", "is no service unit"),
        ("[exceptions]\n\n# x\nmulticast = \"yes\"\n", 4, "exceptions.multicast", "accepted: true or false"),
        (
            "[firewall]\nmode = \"fast\"\n", 2, "firewall.mode",
            "accepted: \"auto\", \"own-table\", \"report\""
        ),
        ("[firewall]\nposition = \"last\"\n", 2, "firewall.position", "accepted: \"default\", \"first\""),
        ("[firewall]\nlease = \"3\"\n", 2, "firewall.lease", "is no duration"),
        ("[firewall]\nlease = \"-3s\"\n", 2, "firewall.lease", "is no duration"),
        ("[firewall]\nlease = \"99999999999999999999s\"\n", 2, "firewall.lease", "is out of range"),
        ("[firewall]\nlease = \"1s\"\n", 2, "firewall.lease", "accepted: \"3s\" to \"24h\""),
        ("[firewall]\nexclude = \"inet a\"\n", 2, "firewall.exclude", "a list of strings"),
        ("[firewall]\npierce = [\"vpn\"]\n", 2, "firewall.pierce", "names no table or chain"),
        ("[firewall]\nexclude = [1]\n", 2, "firewall.exclude", "a list of strings"),
        ("[firewall]\nexclude = [\"inet\"]\n", 2, "firewall.exclude", "names no table or chain"),
        ("firewall.lease = \"x\"\n", 1, "firewall.lease", "is no duration"),
    ])
    func `an error names the file, the line, the key and the reason`(
        text: String, line: Int, key: String, reason: String
    ) {
        var configuration = Configuration()
        let problem = #expect(throws: ConfigurationError.self) {
            try configuration.apply(text, file: "a.toml")
        }?.problems.first
        #expect(problem?.file == "a.toml")
        #expect(problem?.line == line)
        #expect(problem?.key == key)
        #expect(problem?.reason.contains(reason) == true, "\(problem?.reason ?? "")")
    }

    @Test func `a syntax error names its line`() {
        var configuration = Configuration()
        let error = #expect(throws: ConfigurationError.self) {
            try configuration.apply("[client]\nuser = \n", file: "a.toml")
        }
        #expect(error?.problems.map(\.line) == [2])
    }

    @Test func `a named file that is missing is an error`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(path: "/nonexistent/teredowall.toml")
        }
        #expect(error?.description.contains("/nonexistent/teredowall.toml") == true)
    }
}
