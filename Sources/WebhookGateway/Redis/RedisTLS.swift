/// How a Redis proves who it is, and we to it (`rediss://`).
struct RedisTLS: Sendable, Equatable {
    /// The name or address that the server's certificate must be for.
    var host: String
    /// PEM file of trusted roots; nil: the system's.
    var caFile: String?
    var clientCertificate: String?
    var clientKey: String?

    /// A session on a connected socket, with the files as they are now.
    func session(on descriptor: Int32) throws(StreamError) -> TLSSession {
        let context = try TLSClientContext(caFile: caFile)
        if let clientCertificate, let clientKey {
            try context.useCertificate(clientCertificate, key: clientKey)
        }
        return try context.session(on: descriptor, host: host)
    }
}
