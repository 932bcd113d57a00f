// SPDX-License-Identifier: Apache-2.0

/// The object that a registration belongs to, and that can end it.
protocol RegistrationOwner: AnyObject, Sendable {
    /// Ends the registration and waits for its callback in progress.
    func cancel(_ id: Dispatcher.ID) throws(TeredoError)

    /// Ends the registration without waiting.
    func removeWithoutWaiting(_ id: Dispatcher.ID)
}
