// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import Testing

@Suite struct ProcessOutputTests {
    @Test func `the output has both streams and the exit status`() throws {
        let output = try Processes.output(
            of: ["sh", "-c", "echo a; echo b >&2; exit 3"], within: .seconds(30))
        #expect(output.text == "a\nb\n")
        #expect(output.status == 3)
        // 128 + SIGKILL.
        #expect(try Processes.output(of: ["sh", "-c", "kill -9 $$"], within: .seconds(30)).status == 137)
    }

    @Test(arguments: ["exec sleep 20", "exec sleep 20 >&- 2>&-"])
    func `a program that does not end in time is killed, even if it has closed its output`(script: String) {
        let start = ContinuousClock.now
        #expect {
            try Processes.output(of: ["sh", "-c", script], within: .milliseconds(300))
        } throws: { error in
            (error as? SystemError)?.code == ETIMEDOUT
        }
        // The call returns after the program's end, which without the kill would be later.
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
