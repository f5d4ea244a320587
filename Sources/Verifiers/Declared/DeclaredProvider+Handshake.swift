extension DeclaredProvider {
    /// What a challenge may be long: it is sent back.
    private static let maximumChallengeLength = 1024

    /// The answer to a request that a rule is for; nil when it is for another.
    func reply(_ rule: HandshakeRule, _ delivery: Delivery, _ values: RequestValues) -> HandshakeReply? {
        guard rule.methods.contains(delivery.method), rule.conditions.allSatisfy({ $0.holds(in: values) }) else {
            return nil
        }
        if let place = rule.verifyToken {
            let given = SHA256Hash.digest(of: values.value(at: place) ?? [])
            let token = settings.verifyToken ?? []
            guard !token.isEmpty, given == SHA256Hash.digest(of: token[...]) else { return HandshakeReply(status: 403) }
        }
        if rule.isSigned {
            // Not the provider asks: the delivery is refused as any other.
            guard (try? verify(delivery)) != nil else { return nil }
        } else if hasWrongURLSecret(delivery, values) {
            return HandshakeReply(status: 401)
        }
        var value: [UInt8] = []
        if let place = rule.value {
            guard let found = values.value(at: place), found.count <= Self.maximumChallengeLength else { return nil }
            value = Array(found)
        }
        var reply = HandshakeReply(status: rule.status, contentType: rule.contentType)
        if let header = rule.echoHeader {
            // What would end the field or begin another is no challenge.
            guard value.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
            reply.headers = [.init(name: header, value: String(decoding: value, as: UTF8.self))]
        }
        if delivery.method != "HEAD" { reply.body = body(rule, value, delivery, values) }
        return reply
    }

    private func body(
        _ rule: HandshakeRule, _ value: [UInt8], _ delivery: Delivery, _ values: RequestValues
    ) -> [UInt8] {
        var output: [UInt8] = []
        let pieces = Self.pieces(rule.body)
        for piece in pieces {
            switch piece {
            case "{value}": output += value
            case "{value:json}": JSONWriter.append(value[...], to: &output)
            case "{code}": output += Array((code(rule, value) ?? "").utf8)
            default: output += Array(piece.utf8)
            }
        }
        return output
    }

    private static func pieces(_ template: String) -> [String] {
        var pieces = [template]
        for name in ["{value}", "{value:json}", "{code}"] {
            pieces = pieces.flatMap { piece -> [String] in
                if ["{value}", "{value:json}", "{code}"].contains(piece) { return [piece] }
                var result: [String] = []
                var rest = piece[...]
                while let range = rest.firstRange(of: name) {
                    result.append(String(rest[..<range.lowerBound]))
                    result.append(name)
                    rest = rest[range.upperBound...]
                }
                return result + [String(rest)]
            }
        }
        return pieces
    }

    /// The challenge's code by the first secret.
    private func code(_ rule: HandshakeRule, _ value: [UInt8]) -> String? {
        guard let code = rule.code, let secret = settings.secrets.first else { return nil }
        let bytes = definition.proofs.first?.key(of: secret) ?? secret
        guard let key = HMACKey(bytes, algorithm: code.algorithm) else { return nil }
        return code.encoding.text(of: key.code(of: value[...]).bytes)
    }

    /// A challenge that carries the wrong URL secret is refused; one without any may come before the URL is complete.
    private func hasWrongURLSecret(_ delivery: Delivery, _ values: RequestValues) -> Bool {
        let checks = checks.filter { $0.proof.kind == .urlSecret }
        guard !checks.isEmpty else { return false }
        return checks.allSatisfy { check in
            do throws(VerificationFailure) {
                _ = try check.secret(of: delivery, values)
                return false
            } catch {
                return error != .missing
            }
        }
    }
}
