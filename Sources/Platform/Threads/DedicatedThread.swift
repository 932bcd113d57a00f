// SPDX-License-Identifier: Apache-2.0

/// Runs `body` on a new thread and resumes when `body` has returned. For loops that block, which must not run on the
/// cooperative pool. `name` has at most 15 bytes. Throws ``SystemError`` with EAGAIN when there are too many threads.
public func onDedicatedThread(
    name: String, _ body: @escaping @Sendable () -> Void
) async throws(SystemError) {
    let failure: SystemError? = await withCheckedContinuation { continuation in
        do throws(SystemError) {
            _ = try WorkerThread(name: name) {
                body()
                continuation.resume(returning: nil)
            }
        } catch {
            continuation.resume(returning: error)
        }
    }
    if let failure { throw failure }
}
