import Glibc

/// The certificates of the two ports: read from their files, and what is said about them.
struct Certificates: Sendable {
    /// Why a port's certificates cannot be used.
    struct Failure: Error, CustomStringConvertible {
        /// `listen.tls` or `admin.tls`.
        var keyPath: String
        /// The file, what is wrong with it, and what to do.
        var reason: String

        var description: String { "\(keyPath): \(reason)" }
    }

    /// How often session tickets get a new key: who steals one can read older TLS 1.2 sessions no further back.
    static let ticketKeyLifetime = Duration.seconds(12 * 3600)
    /// From when on before its end a certificate is warned of.
    static let warningSeconds: Int64 = 14 * 86_400

    var listen: TLSMaterial?
    var admin: TLSMaterial?

    /// Reads every file that the configuration names; one that cannot be used fails the whole.
    init(_ configuration: Configuration) throws(Failure) {
        listen = try Self.read(configuration.listen.tls, "listen.tls")
        admin = try Self.read(configuration.admin.tls, "admin.tls")
    }

    /// Reads the files of one port; nil when it speaks plain HTTP.
    static func read(_ tls: TLSConfiguration?, _ keyPath: String) throws(Failure) -> TLSMaterial? {
        guard let tls else { return nil }
        do {
            return try TLSMaterial(
                standard: .init(chain: tls.certificate, key: tls.key),
                named: tls.certificates.map { ($0.name, .init(chain: $0.certificate, key: $0.key)) },
                ticketKey: try TLSTicketKey())
        } catch {
            throw Failure(keyPath: keyPath, reason: "\(error)")
        }
    }

    /// Every certificate: its port, its name, and when it expires.
    var expiries: [(listener: String, name: String, unixSeconds: Int64)] {
        (listen?.expiries ?? []).map { ("listen", $0.name, $0.unixSeconds) }
            + (admin?.expiries ?? []).map { ("admin", $0.name, $0.unixSeconds) }
    }

    /// Warns of certificates that have expired or will within a fortnight.
    func warn(_ log: Log) {
        let now = Clock.unixMilliseconds() / 1000
        for entry in expiries where entry.unixSeconds < now + Self.warningSeconds {
            log.warning(
                "a certificate has expired or soon will; renew it and send SIGHUP",
                [
                    "listener": .text(entry.listener), "certificate": .text(entry.name),
                    "days": .integer((entry.unixSeconds - now) / 86_400),
                ])
        }
    }
}
