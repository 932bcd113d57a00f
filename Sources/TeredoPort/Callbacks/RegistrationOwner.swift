// SPDX-License-Identifier: Apache-2.0

/// The object by which a registration is ended.
protocol RegistrationOwner: AnyObject, Sendable {
    /// Ends it and waits for its callback in flight.
    func cancel(_ id: Dispatcher.ID) throws(TeredoError)

    /// Ends it without waiting for anything.
    func abandon(_ id: Dispatcher.ID)
}
