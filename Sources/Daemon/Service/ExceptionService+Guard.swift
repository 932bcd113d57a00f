// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Logging
internal import Platform
internal import TeredoPort

/// The interfaces of the guard, which are the Teredo interfaces: these come, go and may be renamed.
extension ExceptionService {
    /// Updates the interfaces of the guard. Returns true when they have changed. If they cannot be listed,
    /// the guard keeps the interfaces of the last listing.
    @discardableResult
    func findGuardedInterfaces() -> Bool {
        let before = guardedInterfaces
        do throws(SystemError) {
            guardedInterfaces = configuration.innerGuard == .off ? [] : try InnerInterfaces.names()
            guardProblem = nil
        } catch {
            if "\(error)" != guardProblem { log.error("the guard does not follow the interfaces: \(error)") }
            guardProblem = "\(error)"
        }
        return guardedInterfaces != before
    }
}
