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
            let created = try home.run("token", "create", "--role", "admin")
            let token = String(created.output.prefix { !$0.isWhitespace })
            let test = WebhookFixture.repository.appending(path: "Tests/Browser/dashboard.py").path
            let program = try home.launch(
                try #require(Browser.python),
                [
                    test, "http://127.0.0.1:\(gateway.adminPort)", token, broken, directory.path, "--",
                    GatewayHome.executable, "send", "stripe", "--to", gateway.url,
                ])
            let result = try program.finish(within: .seconds(180))
            #expect(result.code == 0, "\(program.errors)")
            #expect(program.output.hasSuffix("passed\n"))
        }
    }
}
