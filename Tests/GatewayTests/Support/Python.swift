import FoundationEssentials

@testable import WebhookGateway

/// A Python with redis-py and standardwebhooks: the one that scripts/test prepares, or the system's if it has them.
enum Python {
    /// Its path; nil when there is none, and tests that need it are skipped.
    static let path: String? = {
        let environment = ProcessInfo.processInfo.environment
        let prepared = WebhookFixture.repository.appending(path: ".build/test-python/bin/python").path
        for candidate in [environment["WEBHOOK_GATEWAY_TEST_PYTHON"] ?? prepared, "python3"] {
            if hasPackages(candidate, environment) { return candidate }
        }
        return nil
    }()

    static var isAvailable: Bool { path != nil }

    /// Whether that Python has moto's server, an imitation of AWS.
    static let hasMoto: Bool =
        path.map { hasPackages($0, ProcessInfo.processInfo.environment, "moto, flask, flask_cors") } ?? false

    private static func hasPackages(
        _ python: String, _ environment: [String: String], _ packages: String = "redis, standardwebhooks"
    ) -> Bool {
        do {
            let directory = try TemporaryDirectory()
            let program = try Program(
                python, ["-c", "import \(packages)"], in: directory.path, environment: environment,
                logs: "\(directory.path)/python")
            return try program.finish().code == 0
        } catch {
            return false
        }
    }
}
