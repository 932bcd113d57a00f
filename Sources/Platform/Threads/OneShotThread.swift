// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Runs `body` on a new thread and blocks until the thread has ended. Ends the process when no thread can be started.
///
/// For code that changes its thread, such as entering a namespace: a thread of the pool would stay
/// changed. `body` does not outlive the call. It is escaping nevertheless, because
/// `withoutActuallyEscaping` would store the length of this file's path in the program, which would then
/// depend on the folder of the build.
package func onNewThread<Value: ~Copyable, Failure: Error>(
    _ body: @escaping () throws(Failure) -> Value
) throws(Failure) -> Value {
    let outcome = Box(Outcome<Value, Failure>.pending)
    let box = ThreadBody {
        do throws(Failure) { outcome.value = .finished(try body()) } catch { outcome.value = .failed(error) }
    }
    var thread = pthread_t()
    let argument = unsafe Unmanaged.passRetained(box).toOpaque()
    let code = unsafe pthread_create(
        &thread, nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().work()
            return nil
        }, argument)
    guard code == 0 else { fatalError("cannot start a thread: \(SystemError.text(of: code))") }
    pthread_join(thread, nil)
    switch outcome.take() {
    case .finished(let value): return value
    case .failed(let error): throw error
    case .pending: fatalError("a thread ended without a result")
    }
}

/// Holds the outcome, because a captured value cannot be consumed.
private final class Box<Value: ~Copyable, Failure: Error> {
    var value: Outcome<Value, Failure>
    init(_ value: consuming Outcome<Value, Failure>) { self.value = value }
    func take() -> Outcome<Value, Failure> { exchange(&value, with: .pending) }
}

private enum Outcome<Value: ~Copyable, Failure: Error>: ~Copyable {
    case pending
    case finished(Value)
    case failed(Failure)
}

private final class ThreadBody {
    let work: () -> Void
    init(_ work: @escaping () -> Void) { self.work = work }
}
