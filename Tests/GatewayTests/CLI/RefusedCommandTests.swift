import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct RefusedCommandTests {
    /// Refuses two payments of the source `shop`, signed with the secrets that are given.
    private static func refuse(_ secrets: [String], in bench: CommandBench) async throws -> [String] {
        var ids: [String] = []
        try await RefusalBench.run(in: bench.store) { refusals in
            let receiver = try RefusalBench.source(#"provider: "stripe", secrets: ["wrong"], toleranceSeconds: 0"#)
            for (number, secret) in secrets.enumerated() {
                let signer = try RefusalBench.source(#"provider: "stripe", secrets: ["\#(secret)"]"#)
                let at = Clock.unixMilliseconds() - 1000 + Int64(number)
                let sample = RefusalBench.sample(
                    CommandBench.payment("\(number)"), to: "shop", signedBy: signer, at: at)
                ids.append(try await refusals.refuse(sample, by: receiver, at: at))
            }
        }
        return ids
    }

    @Test func `refusals are listed, shown with the cause, accepted once and discarded`() async throws {
        try await CommandBench.run { bench in
            let ids = try await Self.refuse(["whsec_test", "whsec_nobodys"], in: bench)
            let lines = try await bench.run("refused", "list", "--json").lines()
            #expect(lines.map { $0["id"] } == ids.reversed() && lines.map { $0["acceptable"] } == ["false", "true"])
            let names = [
                "id", "source", "tenant", "refusedAt", "reason", "httpStatus", "peer", "bodyBytes", "body",
                "acceptable",
                "events",
            ]
            for line in lines { #expect(line.children(of: .root).compactMap { line.name(of: $0) } == names) }
            #expect(try await bench.run("refused", "list").output.contains("still refused"))
            let first = try await bench.run("refused", "list", "--limit", "1")
            let cursor = try #require(first.errors.split(separator: " ").last)
            let rest = try await bench.run("refused", "list", "--cursor", cursor.filter { !$0.isWhitespace }, "--json")
                .lines()
            #expect(rest.map { $0["id"] } == [ids[0]])
            #expect(try await bench.run("refused", "list", "--reason", "expired", "--json").output == "")

            let shown = try await bench.run("refused", "show", ids[1])
            #expect(shown.output.contains("no configured secret") && shown.output.contains("Stripe-Signature: "))
            let detail = try await bench.run("refused", "show", ids[1], "--json").object()
            #expect(detail["explanation"]?.contains("no configured secret") == true)
            #expect(try await bench.run("refused", "show", ids[0], "--raw").output == CommandBench.payment("0"))
            #expect(try await bench.run("refused", "show", "01JB2QK9Z8X4YV7WTN3M5R6P1D").code == 1)

            let accepted = try await bench.run("refused", "accept", "--all", "--source", "shop", "--json")
            #expect(accepted.code == 1)
            #expect(try accepted.object()["events"] == "1")
            #expect(try accepted.object()["refused.0.id"] == ids[1])
            let again = try await bench.run("refused", "accept", ids[0])
            #expect(again.output == "1 accepted, 0 new events\n")
            #expect(try await bench.store.list(bench.store.keys.queue("inbox")).count == 1)
            try await bench.expectBalance()
            #expect(try await bench.run("refused", "discard", ids[1]).output == "1 discarded\n")
            #expect(try await bench.run("refused", "list", "--json").lines().map { $0["id"] } == [ids[0]])
        }
    }

    @Test(arguments: [
        (["refused", "accept"], "say which"), (["refused", "accept", "x", "--all"], "exclude"),
        (["refused", "discard", "x", "--source", "shop"], "filters go with --all"),
        (["refused", "list", "--reason", "mismatched"], "did you mean mismatch?"),
    ]) func `a line that makes no sense is refused with what would`(_ words: [String], _ said: String) async throws {
        var arguments = Arguments(Array(words.dropFirst()))
        let error = #expect(throws: UsageError.self) { try RefusedCommand(&arguments) }
        #expect(error?.description.contains(said) == true)
    }
}
