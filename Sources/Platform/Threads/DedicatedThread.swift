// SPDX-License-Identifier: Apache-2.0

/// Runs `body` on a new thread and resumes when it has ended. For loops that block, which must not run on the
/// cooperative pool.
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
