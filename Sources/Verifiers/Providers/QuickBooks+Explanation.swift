extension QuickBooks {
    /// Names the likely cause of a refusal for a person.
    public func explain(_ failure: VerificationFailure, of delivery: Delivery) -> String {
        let value = delivery.headers.first("intuit-signature") ?? []
        switch failure {
        case .missing: return SignatureHints.missing("intuit-signature", in: delivery)
        case .malformed: return SignatureHints.notBase64(value)
        case .mismatch: return mismatch(value, delivery)
        case .expired: return "QuickBooks signs no timestamp"
        case .addressNotAllowed: return "the address is not allowed"
        }
    }

    private func mismatch(_ value: ArraySlice<UInt8>, _ delivery: Delivery) -> String {
        guard let signature = Digest(base64: value, count: 32) else { return SignatureHints.notBase64(value) }
        let diagnosis = SignatureDiagnosis(secrets: settings.secrets, body: delivery.body) { key, body in
            key.code(of: body) == signature
        }
        return diagnosis.cause()
            ?? "no configured verifier token yields the signature: the token is of another app or environment "
            + "(development and production differ), it is the OAuth client secret, or the body was changed"
    }
}
