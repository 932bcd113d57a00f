// SPDX-License-Identifier: GPL-2.0-or-later
import Planner
import Testing

@testable import Configuration

/// Tests the syntax of configuration files: invalid content is an error with a line, and each form that TOML allows is
/// read.
struct SyntaxTests {
    /// Applies bytes that are no valid configuration, expects an error and an unchanged configuration, and returns the
    /// problems.
    private func problems(of bytes: [UInt8]) -> [ConfigurationError.Problem] {
        var configuration = Configuration()
        let error = #expect(throws: ConfigurationError.self) { try configuration.apply(bytes, file: "f") }
        #expect(configuration == Configuration())
        return error?.problems ?? []
    }

    @Test(arguments: [
        ".= 1\n", "= 1\n", "a\n", "[#firewall]\n", "[.]\n", "[@client]\n", "[(x)]\n", "[$USER]\n", "[*]\n",
        "[=]\n",
        "[]\n", "[client\n", "[client]]\n", "[[client]\n", "[client] user = \"a\"\n",
        "client..user = \"a\"\n",
        "client.user = \"a\" client.unit = \"\"\n", "client.user =\n", "client.user = \"a\n\"\n",
        "client.user = 'a\n", "client.user = \"\\x41\"\n", "client.user = \"\\uD800\"\n",
        "client.user = \"\\u00\"\n", "client.user = \"a\u{7}\"\n", "# a\u{0}\n", "client.user = \"a\"\r# b\n",
        "firewall.exclude = [\"ip a\" \"ip b\"]\n", "firewall.exclude = [,]\n", "client = {user = \"a\",}\n",
        "client = {\nuser = \"a\"}\n", "client.user = \"\"\"a\"\"\"\"\"\"\n", "\u{FEFF}\u{FEFF}\n",
    ])
    func `bytes that are not TOML are an error with a line`(text: String) {
        for linesBefore in ["", "# a comment\n\n"] {
            let line = linesBefore.isEmpty ? 1 : 3
            // The text with byte order marks must come first.
            guard !text.hasPrefix("\u{FEFF}") || linesBefore.isEmpty else { continue }
            let found = problems(of: Array((linesBefore + text).utf8))
            #expect(found.first?.line == line, "\(text.debugDescription): \(found)")
        }
    }

    @Test func `invalid UTF-8 is an error with a line`() {
        #expect(problems(of: Array("[client]\n# ".utf8) + [0xC3] + Array("\n".utf8)).map(\.line) == [2])
        #expect(problems(of: [0xFF]).map(\.line) == [1])
    }

    @Test func `an unterminated value is reported where it begins`() {
        #expect(problems(of: Array("\nclient.user = \"\"\"a\n\n".utf8)).map(\.line) == [2])
        #expect(problems(of: Array("\nfirewall.exclude = [\n\"ip a\",\n".utf8)).map(\.line) == [2])
    }

    @Test(arguments: [
        ("a.", 50_000), ("[", 100_000), ("a = [", 20_000), ("x = {a = ", 10_000), ("[a]\n", 20_000),
        ("\"", 100_000), ("a = 1\n", 15_000), ("#", 100_000), ("\n", 100_000), ("'''", 33_333),
        ("client.user = \"a\"\n", 5_500), ("client = {user = \"\u{301}", 4_000),
        ("[firewall]\nlease = '3m'\n", 4_000),
    ])
    func `a large invalid file is rejected quickly`(part: String, count: Int) {
        let text = String(repeating: part, count: count) + "\n]"
        let begun = ContinuousClock.now
        #expect(!problems(of: Array(text.utf8)).isEmpty)
        // A high limit, for a debug build on a busy machine; the fuzzer has a lower one for the release
        // build.
        #expect(ContinuousClock.now - begun < .seconds(10))
    }

    @Test func `all errors of a file are reported together`() {
        let text = """
            [client]
            usr = "a"
            unit = "x"
            [clients]
            user = "not reported: the section is"
            [exceptions]
            igmp = 1
            igmp = 2
            [firewall]
            lease = "1s"
            [client]
            user = oops oops
            """
        #expect(
            problems(of: Array(text.utf8)).map { "\($0.line ?? 0) \($0.key ?? "")" } == [
                "2 client.usr", "3 client.unit", "4 clients", "7 exceptions.igmp", "10 firewall.lease",
                "11 client", "12 ",
            ])
    }

    @Test(arguments: [
        ("[client]\n[client]\n", 2, "in line 1"), ("client.user = \"a\"\n[client]\n", 2, "in line 1"),
        ("client = {user = \"a\"}\n[client]\n", 2, "in line 1"),
        ("client = {user = \"a\"}\nclient.unit = \"\"\n", 2, "ended"),
        ("[client]\nuser = \"a\"\n\"user\" = \"a\"\n", 3, "in line 2"),
        ("[[client]]\n", 1, "must be a section"),
        ("[client.user]\n", 1, "a string in quotes"), ("client.user.x = 1\n", 1, "unknown key"),
        ("client.user = {}\n", 1, "a string in quotes"),
    ])
    func `a section or key that is repeated, or of the wrong kind, is refused`(
        text: String, line: Int, reason: String
    ) {
        let found = problems(of: Array(text.utf8))
        #expect(found.first?.line == line)
        #expect(found.first?.reason.contains(reason) == true, "\(found)")
    }

    @Test func `an error shows no control characters and no more than the beginning of a text`() {
        let text = "\"\\u001b[31m\u{202E}\(String(repeating: "k", count: 900))\" = 1\n"
        let shown = problems(of: Array(text.utf8)).first?.description ?? ""
        #expect(shown.contains("\\u{1b}[31m\\u{202e}kkk"))
        #expect(!shown.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202E}" })
        #expect(shown.utf8.count < 250)
    }

    @Test(arguments: [
        "client = { user = \"t\", unit = 'x.service' }\n",
        "\u{FEFF}client.user = 't'\n \tclient . \"unit\" = \"\"\"\nx\\\n\n  .service\"\"\" # c\n",
        "[ 'client' ]\r\nuser = '''t'''\r\nunit = \"\\u0078.\\U00000073ervice\"",
    ])
    func `each TOML syntax of a setting is read`(text: String) throws {
        var configuration = Configuration()
        try configuration.apply(text, file: "f")
        #expect(configuration.clientUser == "t")
        #expect(configuration.clientUnit == "x.service")
    }

    @Test func `quotes and line ends in strings of several lines are read by the rules of TOML`() throws {
        var configuration = Configuration()
        try configuration.apply("client.user = \"\"\"\r\na\"\"b\r\nc\"\"\"\"\"\n", file: "f")
        #expect(configuration.clientUser == "a\"\"b\nc\"\"")
    }
}
