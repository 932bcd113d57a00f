// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

extension NetworkNamespace {
    /// Runs `body` inside the namespace on a new thread, which ends with `body`, and waits for the result.
    /// Blocks the calling thread, so do not call it on the cooperative pool.
    public func run<Result: ~Copyable, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws -> Result {
        try withoutActuallyEscaping(body) { body in
            try onNewThread { () throws(any Error) -> Result in
                try self.enter()
                return try body()
            }
        }
    }
}
