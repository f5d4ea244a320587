import Verifiers

/// Looks at the certificates of the two ports: whether `serve` can use them, and when they expire.
struct CertificateExamination {
    let configuration: Configuration
    /// In Unix seconds.
    let now: Int64

    func findings() -> [Finding] {
        findings("listen.tls", configuration.listen.tls) + findings("admin.tls", configuration.admin.tls)
    }

    private func findings(_ keyPath: String, _ tls: TLSConfiguration?) -> [Finding] {
        do throws(Certificates.Failure) {
            return (try Certificates.read(tls, keyPath)?.expiries ?? []).map {
                finding("\(keyPath): the certificate \($0.name)", expiresAt: $0.unixSeconds)
            }
        } catch {
            return [.problem("tls", "\(error)")]
        }
    }

    private func finding(_ certificate: String, expiresAt end: Int64) -> Finding {
        let date = Timestamp(seconds: end).formatted()
        let days = abs(end - now) / 86_400
        let distance = "\(days) \(days == 1 ? "day" : "days")"
        guard end > now else {
            return .problem(
                "tls",
                "\(certificate) expired on \(date), \(distance) ago: clients refuse it; renew it and send SIGHUP")
        }
        let sentence = "\(certificate) expires on \(date), in \(distance)"
        return end < now + Certificates.warningSeconds
            ? .warning("tls", "\(sentence); renew it and send SIGHUP") : .ok("tls", sentence)
    }
}
