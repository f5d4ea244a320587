extension DeclaredProvider {
    /// Names the likely cause of a refusal for a person.
    public func explain(_ failure: VerificationFailure, of delivery: Delivery) -> String {
        if failure == .addressNotAllowed { return addressNotAllowed(delivery) }
        let values = RequestValues(delivery, contents: definition.contents)
        let offered = checks.filter { $0.proof.conditions.allSatisfy { $0.holds(in: values) } }
        guard let check = blamed(offered, failure, delivery, values) ?? checks.first else {
            return "\(definition.title) proves nothing"
        }
        let prefix = check.proof.label.isEmpty ? "" : "\(check.proof.label): "
        return prefix + explain(failure, of: delivery, by: check, values)
    }

    /// The proof whose failure it is.
    private func blamed(
        _ offered: [ProofCheck], _ failure: VerificationFailure, _ delivery: Delivery, _ values: RequestValues
    ) -> ProofCheck? {
        let failing = offered.first { check in
            do throws(VerificationFailure) {
                _ = try check.secret(of: delivery, values)
                return false
            } catch {
                return error == failure
            }
        }
        return failing ?? offered.first
    }

    private func explain(
        _ failure: VerificationFailure, of delivery: Delivery, by check: ProofCheck, _ values: RequestValues
    ) -> String {
        switch (failure, check.keys) {
        case (.missing, .digests): return missingSecret(check, delivery)
        case (.missing, _): return missing(check, delivery, values)
        case (.malformed, .digests): return malformedSecret(check)
        case (.malformed, _): return malformed(check, delivery, values)
        case (.expired, _): return expired(check, delivery, values)
        case (.mismatch, .digests): return mismatchedSecret(check, delivery, values)
        case (.mismatch, _):
            return DeclaredDiagnosis(definition: definition, settings: settings, check: check, values: values)
                .explanation(of: delivery)
        case (.addressNotAllowed, _): return addressNotAllowed(delivery)
        }
    }

    // MARK: Missing

    private func missing(_ check: ProofCheck, _ delivery: Delivery, _ values: RequestValues) -> String {
        let rule = check.proof.signature
        guard let value = values.first(of: rule?.places ?? []) else {
            if case .header(let name)? = rule?.places.first { return SignatureHints.missing(name, in: delivery) }
            return "\(rule?.places.first?.title ?? "the signature") is missing: \(definition.title) signs there"
        }
        if let rule, let fields = rule.fields, rule.read(value).signatures.isEmpty {
            let keys = fields.keys.map { "'\($0)'" }.joined(separator: " or ")
            return "\(rule.places.first?.title ?? "the signature") holds no signature under \(keys)"
        }
        let pairs = rule?.read(value).pairs ?? []
        for (what, places) in [("id", check.proof.id), ("timestamp", check.proof.timestamp?.places ?? [])]
        where !places.isEmpty && values.first(of: places, fields: pairs) == nil {
            return "the signature is there, but \(places.first?.title ?? what) is missing, which it covers: "
                + "a proxy removes unknown headers, or the sender is not \(definition.title)"
        }
        return "a part of what \(definition.title) signs is missing in the request"
    }

    private func missingSecret(_ check: ProofCheck, _ delivery: Delivery) -> String {
        switch check.proof.kind {
        case .basic: return "the header Authorization is missing: expected Basic with user and password"
        case .urlSecret:
            return
                "the secret is missing in the URL: expected '?\(settings.secretParameter)=…' or the secret after the "
                + "source's name in the path; \(definition.title) does not sign its deliveries"
        case .shared, .hmac, .hash, .signature, .none:
            let place = check.proof.signature?.places.first
            if case .header(let name)? = place { return SignatureHints.missing(name, in: delivery) }
            return "\(place?.title ?? "the secret") is missing"
        }
    }

    // MARK: Malformed

    private func malformedSecret(_ check: ProofCheck) -> String {
        if check.proof.kind == .basic { return "the header Authorization is not 'Basic' and base64 of user:password" }
        let prefix = check.proof.signature?.prefix ?? ""
        return "\(check.proof.signature?.places.first?.title ?? "the secret") does not begin with '\(prefix)'"
    }

    private func malformed(_ check: ProofCheck, _ delivery: Delivery, _ values: RequestValues) -> String {
        guard let rule = check.proof.signature, let value = values.first(of: rule.places) else {
            return missing(check, delivery, values)
        }
        let place = rule.places.first?.title ?? "the signature"
        guard value.count <= SignatureRule.maximumLength else {
            return "\(place) is longer than \(SignatureRule.maximumLength) bytes"
        }
        let (signatures, pairs) = rule.read(value)
        if let timestamp = check.proof.timestamp {
            guard let text = values.first(of: timestamp.places, fields: pairs) else {
                return "\(timestamp.places.first?.title ?? "the timestamp") is missing, which the signature covers"
            }
            guard timestamp.seconds(text) != nil else {
                return "\(timestamp.places.first?.title ?? "the timestamp") is not \(timestamp.title)"
            }
        }
        guard let signature = signatures.first else {
            return "\(place) lacks the prefix '\(rule.prefix)' before the signature"
        }
        return DeclaredDiagnosis.form(of: signature, check.proof)
    }

    // MARK: Expired

    private func expired(_ check: ProofCheck, _ delivery: Delivery, _ values: RequestValues) -> String {
        guard let rule = check.proof.timestamp, let value = values.first(of: check.proof.signature?.places ?? []),
            let text = values.first(of: rule.places, fields: check.proof.signature?.read(value).pairs ?? []),
            let moment = rule.seconds(text)
        else { return "\(definition.title) signs no timestamp" }
        let tolerance = rule.toleranceSeconds ?? settings.toleranceSeconds
        let (age, overflow) = delivery.receivedAt.subtractingReportingOverflow(moment)
        guard !overflow else { return "the signature is right, but its timestamp lies far away" }
        if age < 0 {
            return "the signature is right, but its timestamp is \(-age) s in the future, more than the tolerance of "
                + "\(tolerance) s: a clock is off by \(-age) s"
        }
        return "the signature is right, but its timestamp is \(age) s old, \(age - tolerance) s older than the "
            + "tolerance of \(tolerance) s allows: a clock is off by \(age) s, or an old delivery was held back or replayed"
    }

    // MARK: Mismatched secrets and addresses

    private func mismatchedSecret(_ check: ProofCheck, _ delivery: Delivery, _ values: RequestValues) -> String {
        let given = ((try? check.candidates(delivery, values)) ?? nil)?.first ?? []
        let place =
            switch check.proof.kind {
            case .basic: "the header Authorization"
            case .urlSecret: "the URL"
            case .shared, .hmac, .hash, .signature, .none: check.proof.signature?.places.first?.title ?? "the request"
            }
        if given.isEmpty { return "the secret in \(place) is empty" }
        let digests = settings.secrets.map { SHA256Hash.digest(of: check.proof.bare($0)[...]) }
        func matches(_ text: [UInt8]) -> Bool { digests.contains(SHA256Hash.digest(of: text[...])) }
        if settings.secrets.contains(where: { $0[...].trimmingWhitespace.elementsEqual(given) }) {
            return "the secret in \(place) is right, the one configured has white space around it: remove it there"
        }
        if matches(Array(given[...].trimmingWhitespace)) { return "the secret in \(place) has white space around it" }
        if matches(PercentEncoding.decode(given[...], plusIsSpace: false)) {
            return "the secret in \(place) is percent-encoded once more than it should be"
        }
        if let decoded = Base64.decode(given[...]), matches(decoded) {
            return "the secret in \(place) is base64 of the one configured"
        }
        if check.proof.kind == .shared, given.starts(with: "Bearer ".utf8), matches(Array(given.dropFirst(7))) {
            return "the secret in \(place) stands behind 'Bearer ': the definition's prefix must say so"
        }
        return "the secret in \(place) is none of those configured: compare it with what is set at \(definition.title)"
    }

    private func addressNotAllowed(_ delivery: Delivery) -> String {
        guard let allowed = settings.allowedAddresses, !allowed.isEmpty else {
            return "allowedAddresses is an empty list, which allows nobody: remove it or list the provider's addresses"
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
