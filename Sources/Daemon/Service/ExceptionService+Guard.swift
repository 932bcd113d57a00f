// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Logging
internal import Platform
internal import TeredoPort

/// The guard of what comes out of the tunnel stands on the Teredo interfaces, which come, go and are renamed.
extension ExceptionService {
    /// Looks where the guard has to stand; true when that has changed. What cannot be looked at leaves the guard where
    /// it is.
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
