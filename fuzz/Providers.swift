import Verifiers

@testable import WebhookGateway

/// A delivery from a stranger to each provider: refused with a reason, and read without harm all the same.
///
/// Input: which provider, then four parts divided by zero bytes: header lines, the target, the path's rest, the body.
enum ProvidersTarget: FuzzTarget {
    static func check(_ input: [UInt8]) {
        guard let choice = input.first else { return }
        let library = ProviderLibrary()
        let settings = ProviderSettings(
            secrets: [Array("a secret that nobody guesses".utf8), Array("the one before".utf8)],
            notificationURL: "https://hooks.example.com/in")
        // Some want other settings: a public key, facts of an account.
        guard let kind = try? library.kind(named: library.names[Int(choice) % library.names.count]),
            let provider = try? kind.provider(settings)
        else { return }
        let parts = input.dropFirst().split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
        func part(_ place: Int) -> ArraySlice<UInt8> { place < parts.count ? parts[place] : [] }
        let delivery = Delivery(
            method: choice < 128 ? "POST" : "GET", target: part(1), pathSuffix: part(2), body: part(3),
            headers: HeaderFields(headers(part(0))), peer: nil, receivedAt: 1_700_000_000)
        do throws(VerificationFailure) {
            _ = try provider.verify(delivery)
            preconditionFailure("\(provider.name) accepted a stranger's delivery")
        } catch {
            precondition(!provider.explain(error, of: delivery).isEmpty)
        }
        _ = provider.handshake(delivery)
        read(delivery, by: provider)
        var sample = Sample(target: "/webhooks/x", body: Array(part(3)), now: 1_700_000_000)
        provider.renew(&sample, serial: Int(choice))
        provider.sign(&sample)
    }

    private static func headers(_ text: ArraySlice<UInt8>) -> [(name: String, value: String)] {
        text.split(separator: 10).map { line in
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            return (
                String(decoding: name, as: UTF8.self).lowercased(),
                String(decoding: line.dropFirst(name.count + 1), as: UTF8.self)
            )
        }
    }

    private static func read(_ delivery: Delivery, by provider: any Provider) {
        var document = JSONDocument()
        do throws(MalformedBody) {
            for event in try provider.events(in: delivery, document: &document) {
                precondition(!event.key.isEmpty && !event.type.isEmpty)
            }
        } catch {
            precondition(!error.reason.isEmpty)
        }
    }
}
