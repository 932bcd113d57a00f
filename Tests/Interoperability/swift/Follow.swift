// SPDX-License-Identifier: GPL-2.0-or-later
import TeredoPort

@main struct Follow {
    static func main() async throws {
        print("ready")
        for await event in try Teredo.portChanges() {
            switch event {
            case .started(let port): print("open", port)
            case .changed(let port): print("replace", port)
            case .stopped(let port):
                print("close", port)
                return
            case .initial: break
            }
        }
    }
}
