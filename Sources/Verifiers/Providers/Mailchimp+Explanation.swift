extension Mailchimp {
    /// Names the likely cause of a refusal for a person.
    public func explain(_ failure: VerificationFailure, of delivery: Delivery) -> String {
        switch failure {
        case .missing: return missing(delivery)
        case .mismatch: return mismatch(delivery)
        case .addressNotAllowed: return addressNotAllowed(delivery)
        case .malformed: return "the URL cannot be read"
        case .expired: return "Mailchimp sends no signed timestamp"
        }
    }

    private func missing(_ delivery: Delivery) -> String {
        let expected = "expected '?\(settings.secretParameter)=…' or the secret after the source's name in the path"
        for pair in QueryString.pairs(of: delivery.target) where match(pair.value) != nil {
            let name = String(decoding: PercentEncoding.decode(pair.name, plusIsSpace: true).prefix(64), as: UTF8.self)
            return "the secret is in the URL, but under the parameter '\(name)': \(expected)"
        }
        return "the secret is missing in the URL: \(expected); Mailchimp does not sign its deliveries"
    }

    private func mismatch(_ delivery: Delivery) -> String {
        let parameters = QueryString.pairs(of: delivery.target).filter {
            PercentEncoding.decode($0.name, plusIsSpace: true) == parameter
        }
        if parameters.dropFirst().contains(where: { match($0.value) != nil }) {
            return "the URL has the parameter '\(settings.secretParameter)' more than once; only the first counts"
        }
        if let candidate = candidate(in: delivery) {
            if candidate.isEmpty { return "the secret in the URL is empty" }
            let decoded = PercentEncoding.decode(candidate, plusIsSpace: false)
            if match(decoded[...]) != nil { return "the secret in the URL is percent-encoded twice" }
            if match(decoded[...].trimmingWhitespace) != nil {
                return "the secret in the URL has white space around it"
            }
            if decoded.last == UInt8(ascii: "/"), match(decoded.dropLast()) != nil {
                return "the secret in the URL is followed by a slash"
            }
        }
        return "the secret in the URL is none of those configured: compare the webhook's URL at Mailchimp"
    }

    private func addressNotAllowed(_ delivery: Delivery) -> String {
        guard let allowed = settings.allowedAddresses, !allowed.isEmpty else {
            return "allowedAddresses is an empty list, which allows nobody: remove it or list Mailchimp's addresses"
        }
        guard let peer = delivery.peer else {
            return "the client's address is unknown and allowedAddresses is set: give it with --from"
        }
        let hint =
            peer.isGloballyRoutable
            ? "add it, or list the proxy in trustedProxies if this is your proxy's address"
            : "it is not a public address, so probably a proxy's: list it in trustedProxies"
        return "the address \(peer) is not in allowedAddresses (\(allowed.count) networks): \(hint)"
    }
}
