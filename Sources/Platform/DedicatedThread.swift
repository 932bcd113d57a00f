// SPDX-License-Identifier: GPL-2.0-or-later
internal import Glibc

/// Runs `body` on a thread of its own and resumes when it has ended: for loops that block, which must not
/// hold up the cooperative pool.
public func onDedicatedThread(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
        let box = Body {
            body()
            continuation.resume()
        }
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(box).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument)
        guard code == 0 else { fatalError("out of threads: \(SystemError.text(of: code))") }
        pthread_detach(thread)
    }
}

private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
