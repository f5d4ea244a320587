import FoundationEssentials

@testable import WebhookGateway

/// Chromium and a Python that drives it.
enum Browser {
    /// A Python with Playwright and axe; nil when it or Chromium is missing, and tests that need them are skipped.
    static let python: String? = {
        let environment = ProcessInfo.processInfo.environment
        let prepared = WebhookFixture.repository.appending(path: ".build/test-python/bin/python").path
        let question = """
            import shutil, sys, axe_playwright_python, playwright.sync_api
            sys.exit(shutil.which("chromium") is None)
            """
        for candidate in [environment["WEBHOOK_GATEWAY_TEST_PYTHON"] ?? prepared, "python3"] {
            do {
                let directory = try TemporaryDirectory()
                let program = try Program(
                    candidate, ["-c", question], in: directory.path, environment: environment,
                    logs: "\(directory.path)/python")
                if try program.finish().code == 0 { return candidate }
            } catch {
                continue
            }
        }
        return nil
    }()
}
