/// Explains a refusal with knowledge of the whole configuration: what one provider cannot see is whose secret it was.
public enum Diagnosis {
    /// A configured source, by name.
    public typealias Source = (name: String, provider: any Provider)

    /// Names the likely cause of a refusal for a person; never a secret, never a right signature.
    ///
    /// The delivery is first tried against `others`: "this verifies with the secret of source 'shop-eu'" says more
    /// than any guess about its bytes.
    public static func explain(
        _ failure: VerificationFailure, of delivery: Delivery, by provider: any Provider, others: [Source]
    ) -> String {
        guard failure != .expired, failure != .addressNotAllowed,
            let other = others.first(where: { signs(delivery, by: $0.provider) })
        else { return provider.explain(failure, of: delivery) }
        let theirs = other.provider.name
        let own = provider.name
        if theirs == own {
            return "this verifies with the secret of source '\(other.name)': "
                + "the delivery was sent to the wrong URL, or the two secrets are swapped"
        }
        return "this is a \(theirs) delivery and verifies with the secret of source '\(other.name)', "
            + "but it was sent to a source of \(own): correct the URL at \(theirs)"
    }

    /// Whether another source's secret is in the delivery; its age and its address do not matter here.
    private static func signs(_ delivery: Delivery, by provider: any Provider) -> Bool {
        do {
            // 0: accepted by its address alone, which proves nothing about a secret.
            return try provider.verify(delivery) > 0
        } catch {
            return error == .expired
        }
    }
}
