extension Square {
    /// Names the likely cause of a refusal for a person.
    public func explain(_ failure: VerificationFailure, of delivery: Delivery) -> String {
        let value = delivery.headers.first("x-square-hmacsha256-signature") ?? []
        switch failure {
        case .missing: return missing(delivery)
        case .malformed: return SignatureHints.notBase64(value)
        case .mismatch: return mismatch(value, delivery)
        case .expired: return "Square signs no timestamp"
        case .addressNotAllowed: return "the address is not allowed"
        }
    }

    private func missing(_ delivery: Delivery) -> String {
        if delivery.headers.first("x-square-signature") != nil {
            return "only the deprecated x-square-signature (SHA-1) is there, which is never accepted: "
                + "x-square-hmacsha256-signature is missing"
        }
        return SignatureHints.missing("x-square-hmacsha256-signature", in: delivery)
    }

    private func mismatch(_ value: ArraySlice<UInt8>, _ delivery: Delivery) -> String {
        if delivery.body.isEmpty { return "the body is empty: Square never sends an empty body" }
        guard let signature = Digest(base64: value, count: 32) else { return SignatureHints.notBase64(value) }
        let diagnosis = diagnosis(signature, url: Array(notificationURL), body: delivery.body)
        if diagnosis.matchesAnySecret([]) {
            return "the signature covers the URL alone: the body was lost before it was signed"
        }
        for variant in NotificationURLVariant.all(of: notificationURL, delivery: delivery)
        where self.diagnosis(signature, url: variant.url, body: delivery.body).matchesAnySecret(delivery.body) {
            return "wrong notification URL: the signature was made for \(variant.description); "
                + "set notificationURL to the URL exactly as the subscription has it"
        }
        return diagnosis.cause()
            ?? "no configured signature key yields the signature for the notification URL: the key belongs to another "
            + "subscription (each has its own; it is not the access token), the URL differs from the subscription's, "
            + "or the body was changed"
    }

    private func diagnosis(_ signature: Digest, url: [UInt8], body: ArraySlice<UInt8>) -> SignatureDiagnosis {
        SignatureDiagnosis(secrets: settings.secrets, body: body) { key, body in
            key.restart()
            key.update(url[...])
            key.update(body)
            return key.finish() == signature
        }
    }
}
