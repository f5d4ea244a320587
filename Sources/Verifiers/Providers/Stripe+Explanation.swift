extension Stripe {
    /// Names the likely cause of a refusal for a person.
    public func explain(_ failure: VerificationFailure, of delivery: Delivery) -> String {
        let value = delivery.headers.first("stripe-signature") ?? []
        switch failure {
        case .missing:
            return value.isEmpty
                ? SignatureHints.missing("Stripe-Signature", in: delivery)
                : "Stripe-Signature holds no v1 signature\(Self.schemes(value)): only v1 is accepted"
        case .malformed: return malformed(value)
        case .mismatch: return mismatch(value, delivery)
        case .expired: return expired(value, delivery)
        case .addressNotAllowed: return "the address is not allowed"
        }
    }

    private func malformed(_ value: ArraySlice<UInt8>) -> String {
        guard value.count <= Self.maximumHeaderLength else {
            return "Stripe-Signature is longer than \(Self.maximumHeaderLength) bytes"
        }
        let fields = Self.fields(value)
        guard let timestamp = fields.first(where: { $0.key == Array("t".utf8) })?.value else {
            if Digest(hex: value, count: 32) != nil {
                return "Stripe-Signature is a bare signature: expected 't=<Unix seconds>,v1=<hex>'"
            }
            return "Stripe-Signature has no timestamp 't': expected 't=<Unix seconds>,v1=<hex>'"
        }
        guard Digits.number(timestamp, maximumCount: 19) != nil else {
            return "the timestamp 't' in Stripe-Signature is not a number of Unix seconds"
        }
        let signature = fields.first { $0.key == Array("v1".utf8) }?.value ?? []
        return SignatureHints.notHex(signature)
    }

    private func expired(_ value: ArraySlice<UInt8>, _ delivery: Delivery) -> String {
        guard let header = header(value) else { return malformed(value) }
        let (age, overflow) = delivery.receivedAt.subtractingReportingOverflow(header.timestamp)
        guard !overflow else { return "the signature is right, but its timestamp lies far in the past" }
        return "the signature is right, but t is \(age) s old, \(age - settings.toleranceSeconds) s older than the "
            + "tolerance of \(settings.toleranceSeconds) s allows: a clock is off by \(age) s, "
            + "or an old delivery was held back or replayed"
    }

    private func mismatch(_ value: ArraySlice<UInt8>, _ delivery: Delivery) -> String {
        guard let header = header(value) else { return malformed(value) }
        func matches(_ prefix: ArraySlice<UInt8>) -> SignatureDiagnosis {
            SignatureDiagnosis(secrets: settings.secrets, body: delivery.body) { key, body in
                key.restart()
                key.update(prefix)
                key.update(body)
                return header.contains(key.finish())
            }
        }
        let prefix = Array(header.timestampText) + Array(".".utf8)
        let diagnosis = matches(prefix[...])
        if let cause = diagnosis.cause() { return cause }
        if matches([]).matchesAnySecret(delivery.body) {
            return "the signature covers the body alone: Stripe signs t, '.' and the body"
        }
        if matches(header.timestampText).matchesAnySecret(delivery.body) {
            return "the signature covers t and the body without the '.' between them"
        }
        for (description, text) in Self.otherTimestamps(header.timestamp)
        where matches(Array("\(text).".utf8)[...]).matchesAnySecret(delivery.body) {
            return "the signature was made for the timestamp \(description): sign t exactly as the header spells it"
        }
        if let scheme = otherScheme(value, prefix: prefix, body: delivery.body) {
            return "the signature under \(scheme) is right, the one under v1 is not: only v1 counts"
        }
        if header.timestamp > 100_000_000_000 {
            return "t is in milliseconds where seconds are expected, and no configured secret yields the signature"
        }
        return "no configured secret yields the signature: the secret belongs to another endpoint or another mode "
            + "(each endpoint has its own, test and live differ, 'stripe listen' prints its own), or the body was changed"
    }

    private static func otherTimestamps(_ timestamp: Int64) -> [(String, String)] {
        [
            ("in milliseconds", timestamp <= .max / 1000 ? "\(timestamp * 1000)" : ""),
            ("in seconds where the header has milliseconds", "\(timestamp / 1000)"),
            ("without leading zeros", "\(timestamp)"),
        ].filter { !$0.1.isEmpty }
    }

    /// A scheme other than v1 whose signature is right.
    private func otherScheme(_ value: ArraySlice<UInt8>, prefix: [UInt8], body: ArraySlice<UInt8>) -> String? {
        for field in Self.fields(value).prefix(StripeSignatureHeader.maximumSignatures)
        where field.key != Array("v1".utf8) {
            guard let signature = Digest(hex: field.value, count: 32),
                keys.match(signature, prefix: prefix[...], body: body) != nil
            else { continue }
            return "'\(String(decoding: field.key.prefix(16), as: UTF8.self))'"
        }
        return nil
    }

    private static func schemes(_ value: ArraySlice<UInt8>) -> String {
        fields(value).contains { $0.key == Array("v0".utf8) } ? ", only the fake 'v0' of test events" : ""
    }

    private static func fields(_ value: ArraySlice<UInt8>) -> [(key: [UInt8], value: ArraySlice<UInt8>)] {
        value.prefix(maximumHeaderLength).split(separator: UInt8(ascii: ",")).map { item in
            let pair = QueryString.pair(of: item.drop { $0 == UInt8(ascii: " ") })
            return (Array(pair.name), pair.value)
        }
    }

    private func header(_ value: ArraySlice<UInt8>) -> StripeSignatureHeader? {
        do {
            return try StripeSignatureHeader(value)
        } catch {
            // Only reached when asked to explain another failure than the one that verifying found.
            return nil
        }
    }
}
