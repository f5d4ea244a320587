import Verifiers

/// Judges refused deliveries anew: by the secrets and rules of the configuration of now, as of when they arrived.
@ControlPlane
final class RefusalJudge {
    /// What becomes of a refusal by the configuration of now.
    enum Verdict: Equatable, Sendable {
        /// It proves authentic; the number of the secret, from 1, or 0: by its address alone.
        case authentic(secret: Int)
        /// It does not.
        case refused(VerificationFailure)
        /// It cannot be judged: why, for a person.
        case undecidable(String)

        var isAuthentic: Bool { if case .authentic = self { true } else { false } }
    }

    private let sources: [String: SourceConfiguration]
    /// In the order of the configuration.
    private let names: [String]
    private var providers: [String: any Provider] = [:]

    /// - Parameter sources: those whose secrets may be tried.
    init(_ sources: [SourceConfiguration]) {
        names = sources.map(\.name)
        self.sources = Dictionary(sources.map { ($0.name, $0) }) { first, _ in first }
    }

    func verdict(on refusal: Refusal) -> Verdict {
        guard let provider = provider(refusal.source) else { return Self.noSource(refusal.source) }
        if let obstacle = Self.obstacle(refusal, provider) { return .undecidable(obstacle) }
        let opened = opened(refusal, provider)
        do throws(VerificationFailure) {
            return .authentic(secret: try provider.verify(opened.delivery))
        } catch {
            return .refused(Self.isUnreadable(opened, error) ? refusal.reason : error)
        }
    }

    /// The likely cause, as `verify` names it; nil when it would be accepted now.
    func explanation(of refusal: Refusal) -> String? {
        switch verdict(on: refusal) {
        case .authentic: return nil
        case .undecidable(let reason): return reason
        case .refused(let failure):
            guard let provider = provider(refusal.source) else { return nil }
            var others: [Diagnosis.Source] = []
            for name in names where name != refusal.source {
                if let other = self.provider(name) { others.append((name, other)) }
            }
            let opened = opened(refusal, provider)
            if failure == .mismatch, Self.isUnreadable(opened, .malformed) {
                return
                    "the secret that it carries is none of those configured: compare it with what is set at the provider"
            }
            return Diagnosis.explain(failure, of: opened.delivery, by: provider, others: others)
        }
    }

    /// The refusal with the secrets in it that are known.
    func opened(_ refusal: Refusal) -> Refusal {
        provider(refusal.source).map { opened(refusal, $0) } ?? refusal
    }

    // MARK: Steps

    /// Whether a credential cannot be read only because it is sealed: basic authentication, which is no Base64 then.
    private static func isUnreadable(_ opened: Refusal, _ failure: VerificationFailure) -> Bool {
        failure == .malformed
            && opened.headers.contains {
                $0.name.lowercased() == "authorization" && RefusalSeal.masked($0.value) != $0.value
            }
    }

    private static func noSource(_ name: String) -> Verdict {
        .undecidable("the configuration has no source \(TextRule.quoted(name)) any more")
    }

    /// Why a refusal cannot be judged as the delivery was.
    private static func obstacle(_ refusal: Refusal, _ provider: any Provider) -> String? {
        if refusal.events != nil { return "it was accepted already" }
        switch refusal.bodyState {
        case .kept, .accepted: break
        case .tooLarge:
            return
                "its body of \(refusal.bodyBytes) bytes was too large to be kept (\(Refusal.Limit.bodyBytes) bytes), so it cannot be proved again: have the provider deliver it again"
        case .withheld:
            return
                "its body holds what nobody may keep, so it cannot be proved again: have the provider deliver it again"
        }
        if provider.provesOnce {
            return
                "its proof is a token that is good once, and nobody knows any more whether it was used: have the provider deliver it again"
        }
        return nil
    }

    private func opened(_ refusal: Refusal, _ provider: any Provider) -> Refusal {
        guard let seal = RefusalSeal(salt: refusal.salt) else { return refusal }
        let secrets = names.flatMap { name in sources[name]?.secrets.map(\.bytes) ?? [] }
        return seal.opened(refusal, secrets: secrets, provider.credentials(in: refusal.delivery))
    }

    private func provider(_ name: String) -> (any Provider)? {
        if let known = providers[name] { return known }
        guard let provider = try? sources[name]?.makeProvider() else { return nil }
        providers[name] = provider
        return provider
    }
}

extension Refusal {
    /// The delivery as it came.
    var delivery: Delivery {
        let target = Array(target.utf8)[...]
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        let parts = path.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: true)
        return Delivery(
            method: method, target: target, pathSuffix: parts.count == 3 ? parts[2] : [], body: body,
            headers: HeaderFields(headers), peer: peer, receivedAt: receivedAt / 1000)
    }
}
