import Verifiers

/// Runs a provider's vectors: deliveries whose verdict is known.
struct ProviderTrial {
    /// What became of one vector.
    struct Outcome: Equatable {
        var name: String
        var origin: String
        /// What differs from what was expected, for a person; nil: nothing does.
        var problem: String?
    }

    let definition: ProviderDefinition

    /// Every vector in order.
    func outcomes() -> [Outcome] {
        definition.vectors.enumerated().map { index, vector in
            Outcome(
                name: vector.name.isEmpty ? "vector \(index + 1)" : vector.name, origin: vector.origin,
                problem: problem(vector))
        }
    }

    private func problem(_ vector: ProviderVector) -> String? {
        let provider: DeclaredProvider
        do throws(InvalidSettings) {
            // Vectors are strangers to one another: a token of one is new to the next.
            provider = try DeclaredProvider(definition.unused, vector.settings)
        } catch {
            return "\(error.key): \(error.reason)"
        }
        let delivery = Delivery(
            method: vector.method, target: Array(vector.target.utf8)[...], body: vector.body[...],
            headers: HeaderFields(vector.headers.map { ($0.name, $0.value) }), peer: nil, receivedAt: vector.at)
        if case .answered(let answer) = vector.expectation {
            guard let reply = provider.handshake(delivery) else {
                return "it is taken for a delivery, not for a question"
            }
            let found = String(decoding: reply.body, as: UTF8.self)
            if reply.status >= 400 { return "it is refused with \(reply.status)" }
            return found == answer
                ? nil : "it is answered \(TextRule.quoted(found)) where \(TextRule.quoted(answer)) is expected"
        }
        do throws(VerificationFailure) {
            _ = try provider.verify(delivery)
        } catch {
            if vector.expectation == .refused(error) { return nil }
            return "refused (\(error.rawValue)): \(provider.explain(error, of: delivery))"
        }
        if case .refused(let failure) = vector.expectation {
            return "it is accepted, and \(failure.rawValue) is expected"
        }
        return eventProblem(vector, provider, delivery)
    }

    private func eventProblem(
        _ vector: ProviderVector, _ provider: DeclaredProvider, _ delivery: Delivery
    ) -> String? {
        guard vector.types != nil || vector.keys != nil else { return nil }
        var document = JSONDocument()
        do throws(MalformedBody) {
            let events = try provider.events(in: delivery, document: &document)
            if let types = vector.types, types != events.map(\.type) {
                return "its events are of the types \(events.map(\.type)) where \(types) are expected"
            }
            if let keys = vector.keys, keys != events.map(\.key) {
                return "its events have the keys \(events.map(\.key)) where \(keys) are expected"
            }
            return nil
        } catch {
            return "its body cannot be read: \(error.reason)"
        }
    }
}
