// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The last sighting of a client, shared by all calls and watches of a process, so that all report the
/// same one of several ports.
package final class ClientMemory: Sendable {
    private let last = Monitor(Sighting.nothing)
    private let user = Monitor<KnownUser?>(nil)

    package init() {}

    var sighting: Sighting { last.withLock { $0 } }

    func remember(_ sighting: Sighting) { last.withLock { $0 = sighting } }

    /// Records a sighting, unless another one was recorded since `known`.
    func remember(_ sighting: Sighting, after known: Sighting) {
        last.withLock { if $0 == known { $0 = sighting } }
    }

    /// The ID of the client's user. Looked up again only when it may have changed.
    func uid(of client: TeredoClient) throws(SystemError) -> UInt32? {
        let database = Users.databaseStamp
        let known = user.withLock { $0 }
        if let known, known.database == database, .now < known.due { return known.uid }
        let uid = try client.uid()
        user.withLock { $0 = KnownUser(uid: uid, database: database) }
        return uid
    }

    /// Makes the next call look up the user again.
    func forgetUser() { user.withLock { $0 = nil } }

    private struct KnownUser: Sendable {
        /// The interval of look-ups of a user that does not exist. Users may also come from other sources than
        /// /etc/passwd, for instance with the start of a service.
        private static let missingUserGap = Duration.seconds(1)

        /// nil when there was no such user.
        let uid: UInt32?
        /// The stamp of the user database at the time of the look-up.
        let database: Files.Stamp?
        /// The time of the next look-up if the database stays the same.
        let due: ContinuousClock.Instant

        init(uid: UInt32?, database: Files.Stamp?) {
            self.uid = uid
            self.database = database
            due = .now + (uid == nil ? Self.missingUserGap : LookSchedule.safetyGap)
        }
    }
}
