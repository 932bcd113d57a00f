// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

extension NetworkNamespace {
    /// Runs `body` inside the namespace on a thread of its own, which ends with it, and waits for the result.
    /// Blocks the caller: not for the cooperative pool.
    public func run<Result: ~Copyable, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws -> Result {
        try withoutActuallyEscaping(body) { body in
            try onThread { () throws(any Error) -> Result in
                try self.enter()
                return try body()
            }
        }
    }
}
