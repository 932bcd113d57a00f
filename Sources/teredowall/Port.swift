// SPDX-License-Identifier: GPL-2.0-or-later
internal import ArgumentParser
internal import TeredoPort

extension Teredowall {
    struct Port: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the UDP port that the Teredo client uses now.",
            discussion: """
                Needs neither root nor the daemon. Exit status: 0 with the port printed, 3 when the client is \
                not started, 4 when the host has no IPv6 stack.
                """)

        @OptionGroup var daemon: DaemonOption

        func run() throws {
            do throws(TeredoError) {
                print(try Teredo.port())
            } catch .notReady {
                throw Failure(
                    "the Teredo client has no port: is miredo running in this network namespace?", 3)
            } catch .notSupported {
                throw Failure("this host has no IPv6 stack", 4)
            } catch {
                throw Failure("cannot find the Teredo port: \(error)", 1)
            }
        }
    }
}
