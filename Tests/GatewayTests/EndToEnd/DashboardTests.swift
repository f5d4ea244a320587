import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// The dashboard in a real browser.
    struct DashboardTests {
        private static let needsBrowser: ConditionTrait = .enabled(
            if: Browser.python != nil,
            "needs Chromium and Python with playwright and axe-playwright-python: scripts/install-dependencies --tests")

        @Test(needsBrowser)
        func
            `a person sees an event arrive, finds what died, retries and replays it; every view is accessible`()
            throws
        {
            let directory = try TemporaryDirectory()
            let broken = "\(directory.path)/broken"
            let crm = try FakeHTTPServer { _ in
                [.answer(FileManager.default.fileExists(atPath: broken) ? 422 : 200)]
            }
            let home = try GatewayHome(
                """
                sources: { stripe: { provider: "stripe", secrets: ["env:STRIPE_SECRET"], toleranceSeconds: 0 } },
                destinations: { crm: { type: "webhook", url: "http://127.0.0.1:\(crm.port)/", allowPrivateAddresses: true,
                                       credentials: { secret: "env:RECEIVER_SECRET" } } },
                """)
            defer { home.close() }
            let gateway = try home.start()
            try Self.drive(
                "dashboard.py", home, gateway,
                [
                    broken, directory.path, "--", GatewayHome.executable, "send", "stripe", "--to", gateway.url,
                ])
        }

        @Test(needsBrowser)
        func `a person connects a shop out of two and an analytics property, and deletes one by its name`() throws {
            let directory = try TemporaryDirectory()
            let key = "planted-pancake-key"
            let imitation = try FakeHTTPServer { request in
                if request.target == "/api/v1/shops?api_key=\(key)" {
                    let shops = #"{"id":1001,"name":"Shop One"},{"id":1002,"name":"Shop Two"}"#
                    return [.answer(body: #"{"success":true,"shops":[\#(shops)]}"#)]
                }
                return [.answer(body: #"{"validationMessages":[]}"#)]
            }
            let home = try GatewayHome(nil)
            defer { home.close() }
            try home.configure(
                """
                providers: { pancake: { base: "pancake",
                                        lookup: { service: "\(imitation.url(""))", allowPrivateAddresses: true } } },
                sources: {}, destinations: {},
                """)
            let gateway = try home.start()
            try Self.drive(
                "integrations.py", home, gateway, [gateway.url, imitation.url(""), key, directory.path])
            #expect(imitation.received.contains { $0.target.hasPrefix("/debug/mp/collect") })
            for secret in [key, "planted-api-secret"] { #expect(!gateway.program.errors.contains(secret)) }
        }

        /// Runs a script of Tests/Browser with the dashboard's address and an admin's token, and what else it wants.
        private static func drive(
            _ script: String, _ home: GatewayHome, _ gateway: GatewayProcess, _ arguments: [String]
        ) throws {
            let created = try home.run("token", "create", "--role", "admin")
            let token = String(created.output.prefix { !$0.isWhitespace })
            let test = WebhookFixture.repository.appending(path: "Tests/Browser/\(script)").path
            let program = try home.launch(
                try #require(Browser.python),
                [test, "http://127.0.0.1:\(gateway.adminPort)", token] + arguments)
            let result = try program.finish(within: .seconds(180))
            #expect(result.code == 0, "\(program.errors)")
            #expect(program.output.hasSuffix("passed\n"))
        }
    }
}
