import FoundationEssentials

@testable import WebhookGateway

/// A Python with redis-py and standardwebhooks: the one that scripts/test prepares, or the system's if it has them.
enum Python {
    /// Its path; nil when there is none, and tests that need it are skipped.
    static let path = first(["redis", "standardwebhooks"], prepared: "test-python")

    /// One that also has the libraries of providers, 200 MB of them: `scripts/install-dependencies --full`.
    static let withSDKs = first(
        ["stripe", "square", "standardwebhooks", "svix", "sendgrid", "hubspot"], prepared: "test-sdks")

    static var isAvailable: Bool { path != nil }

    /// Whether that Python has moto's server, an imitation of AWS.
    static let hasMoto: Bool =
        path.map { hasPackages(["moto", "flask", "flask_cors"], $0, ProcessInfo.processInfo.environment) } ?? false

    private static func first(_ packages: [String], prepared folder: String) -> String? {
        let environment = ProcessInfo.processInfo.environment
        let prepared = WebhookFixture.repository.appending(path: ".build/\(folder)/bin/python").path
        return [environment["WEBHOOK_GATEWAY_TEST_PYTHON"], prepared, "python3"].compactMap { $0 }.first {
            hasPackages(packages, $0, environment)
        }
    }

    private static func hasPackages(
        _ packages: [String], _ python: String, _ environment: [String: String]
    ) -> Bool {
        do {
            let directory = try TemporaryDirectory()
            let program = try Program(
                python, ["-c", "import \(packages.joined(separator: ", "))"], in: directory.path,
                environment: environment,
                logs: "\(directory.path)/python")
            return try program.finish().code == 0
        } catch {
            return false
        }
    }
}
