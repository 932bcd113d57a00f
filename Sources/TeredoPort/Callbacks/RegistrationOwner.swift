// SPDX-License-Identifier: Apache-2.0

/// The object by which a registration is ended.
protocol RegistrationOwner: AnyObject, Sendable {
    /// Ends the registration and waits for its callback in progress.
    func cancel(_ id: Dispatcher.ID) throws(TeredoError)

    /// Ends the registration without waiting.
    func abandon(_ id: Dispatcher.ID)
}
