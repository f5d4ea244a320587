import FoundationEssentials
import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// The shell commands in README.md and docs/*.md do what the text around them says.
    ///
    /// Blocks marked `sh` are run one after another in a fresh directory. Before a block may stand what it must print:
    /// `<!-- test: prints TEXT -->`, or `<!-- test: until TEXT -->` for a block that is repeated until it does.
    struct DocumentationCommandTests {
        private struct Block {
            var script: String
            var isRepeated = false
            var expected: String?
        }

        @Test(
            .enabled(if: BuiltInPorts.areOurs, "something else listens on port 8080 or 8081"),
            arguments: try documents())
        func `every shell command of the documentation works, from a first start on`(_ document: String) throws {
            let blocks = try Self.blocks(of: document)
            guard !blocks.isEmpty else { return }
            let ports = try BuiltInPorts()
            let home = try GatewayHome(nil)
            defer { withExtendedLifetime(ports) { home.close() } }
            try Self.furnish(home)
            // A document that starts no gateway speaks of one that runs.
            let isFirstStart = blocks[0].script.hasPrefix("scripts/run")
            var server = isFirstStart ? nil : try Self.start("scripts/run", in: home, isFirst: true)
            for block in blocks {
                if block.script.hasPrefix("scripts/run") {
                    try server.map { try Self.stop($0) }
                    server = try Self.start(block.script, in: home, isFirst: server == nil)
                } else {
                    try Self.run(block, in: home)
                }
            }
            try server.map { try Self.stop($0) }
            #expect(try home.redisProcess() == nil)
        }

        @Test func `the README has its tour`() throws {
            #expect(try Self.blocks(of: "README.md").count >= 10)
        }

        /// What a clone has: scripts, fixtures, and an executable that is built already, as the `swift` here says; and the
        /// executable where an installed one would be.
        private static func furnish(_ home: GatewayHome) throws {
            let files = FileManager.default
            try files.createSymbolicLink(
                atPath: "\(home.path)/scripts",
                withDestinationPath: WebhookFixture.repository.appending(path: "scripts").path)
            for folder in [".build/release", "bin"] {
                try files.createDirectory(atPath: "\(home.path)/\(folder)", withIntermediateDirectories: true)
            }
            try files.createSymbolicLink(
                atPath: "\(home.path)/.build/release/webhook-gateway", withDestinationPath: GatewayHome.executable)
            try files.createSymbolicLink(
                atPath: "\(home.path)/bin/webhook-gateway", withDestinationPath: GatewayHome.executable)
            try HostFile.replace("\(home.path)/bin/swift", Array("#!/bin/sh\n".utf8))
            chmod("\(home.path)/bin/swift", 0o700)
            home.environment["PATH"] = "\(home.path)/bin:\(home.environment["PATH"] ?? "")"
        }

        private static func start(_ script: String, in home: GatewayHome, isFirst: Bool) throws -> Program {
            let server = try home.launch("sh", ["-ec", "exec \(script)"])
            try waitUntil("the start by \(script)") {
                try #require(server.isRunning, "\(server.output)\(server.errors)")
                guard server.errors.contains("\"gateway started\"") else { return false }
                return try HTTPProbe.get("/metrics", port: 8081).text.contains("\nwebhook_redis_up 1\n")
            }
            if isFirst {
                // Alone on its line, on stdout, ready to paste.
                try waitUntil("the line to paste") {
                    server.output.contains("\n.build/release/webhook-gateway send stripe\n")
                }
            }
            return server
        }

        /// As Ctrl-C does.
        private static func stop(_ server: Program) throws {
            server.signal(SIGINT)
            #expect(try server.finish().code == 0)
        }

        private static func run(_ block: Block, in home: GatewayHome) throws {
            func result() throws -> Program.Result { try home.launch("sh", ["-ec", block.script]).finish() }
            let expected = block.expected ?? ""
            if block.isRepeated {
                try waitUntil("\(expected), printed by \(block.script)") {
                    let result = try result()
                    return result.code == 0 && result.output.contains(expected)
                }
            } else {
                let result = try result()
                #expect(result.code == 0, "\(block.script)\n\(result.output)\(result.errors)")
                #expect(expected.isEmpty || result.output.contains(expected), "\(block.script)\n\(result.output)")
            }
        }

        static func documents() throws -> [String] {
            let docs = WebhookFixture.repository.appending(path: "docs").path
            let names = try FileManager.default.contentsOfDirectory(atPath: docs).filter { $0.hasSuffix(".md") }
            return ["README.md"] + names.sorted().map { "docs/\($0)" }
        }

        private static func blocks(of document: String) throws -> [Block] {
            var blocks: [Block] = []
            var next = Block(script: "")
            var script: [Substring]?
            let text = try ConfigurationSamples.repositoryFile(document)
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                if let lines = script {
                    if line == "```" {
                        next.script = lines.joined(separator: "\n")
                        blocks.append(next)
                        (next, script) = (Block(script: ""), nil)
                    } else {
                        script = lines + [line]
                    }
                } else if line == "```sh" {
                    script = []
                } else if line.hasPrefix("<!-- test: ") {
                    let words = line.dropFirst("<!-- test: ".count).dropLast(" -->".count)
                    next.isRepeated = words.hasPrefix("until ")
                    next.expected = String(words.drop { $0 != " " }.dropFirst())
                }
            }
            return blocks
        }
    }
}

/// The ports of a gateway without configuration: one test run of this machine at a time may use them.
private final class BuiltInPorts {
    private let lock: FileDescriptor

    /// Waits for other test runs.
    init() throws {
        let lock = FileDescriptor(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        try waitUntil("the end of another test run", within: .seconds(300)) { Self.take(lock.raw) }
        self.lock = lock
    }

    /// Whether nobody listens on them, or only another test run.
    static var areOurs: Bool {
        let lock = FileDescriptor(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        return !take(lock.raw) || [8080, 8081].allSatisfy { (try? HTTPProbe(port: $0)) == nil }
    }

    /// Binds an abstract name (unix(7)), which one process at a time can have and which goes when it does.
    private static func take(_ descriptor: Int32) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            for (index, byte) in "webhook-gateway-tests".utf8.enumerated() { path[index + 1] = byte }
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
