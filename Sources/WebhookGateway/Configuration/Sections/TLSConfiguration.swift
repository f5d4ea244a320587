/// `listen.tls` and `admin.tls`: a certificate chain and its key as PEM files, and further ones chosen by server name.
struct TLSConfiguration: ConfigurationSection {
    var certificate = ""
    var key = ""
    var certificates: [NamedCertificate] = []

    /// A certificate for one server name (SNI).
    struct NamedCertificate: ConfigurationSection {
        var name = ""
        var certificate = ""
        var key = ""

        mutating func visit(_ keys: inout some KeyVisitor) {
            keys.requiredText("name", &name, remedy: "set it to the server name that this certificate is for")
            keys.requiredText("certificate", &certificate, remedy: "set it to the path of a PEM file")
            keys.requiredText("key", &key, remedy: "set it to the path of a PEM file")
        }
    }

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.requiredText("certificate", &certificate, remedy: "set it to the path of a PEM file with the whole chain")
        keys.requiredText("key", &key, remedy: "set it to the path of the certificate's PEM private key")
        keys.sections("certificates", &certificates)
    }
}
