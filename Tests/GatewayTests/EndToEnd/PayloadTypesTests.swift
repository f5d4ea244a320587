import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// What a running gateway learns of the payloads that it receives.
    struct PayloadTypesTests {
        @Test func `a running gateway learns the types of what it receives, and tells when a field vanishes`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            #expect(try home.run("send", "stripe", "--to", gateway.url, "--count", "22").code == 0)
            for number in 0..<5 {
                let body = #"{"id":"evt_x\#(number)","object":"event","type":"payment_intent.succeeded","created":1}"#
                try HostFile.replace("\(home.path)/body.json", Array(body.utf8))
                #expect(try home.run("send", "stripe", "--to", gateway.url, "--body", "body.json").code == 0)
            }
            try waitUntil("the lesson") {
                try home.run("types", "stripe", "--json").output.contains(#""samples":27,"#)
            }
            let shown = try home.run("types", "stripe", "payment_intent.succeeded").output
            #expect(shown.contains("\ndata.object.amount "))
            let changes = try home.run("types", "stripe", "--changes", "--json").output
            #expect(changes.contains(#""kind":"vanished","path":"data","was":["object"],"now":[]"#))
            let line = try #require(gateway.logLine("a field of a provider's payloads has vanished"))
            #expect(line["source"] == "stripe" && line["now"] == "nothing")
            let metric = #"webhook_shape_changes_total{source="stripe",kind="vanished"}"#
            #expect(try (gateway.metric(metric) ?? 0) >= 1)
            #expect(try gateway.metric(#"webhook_shape_changes_total{source="square",kind="changed"}"#) == 0)
            let text = try home.run("types", "stripe", "--lang", "go").output
            #expect(text.contains("type PaymentIntentSucceededDataObject struct {"))
        }
    }
}
