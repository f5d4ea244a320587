import Testing

@testable import WebhookGateway

extension EndToEndTests {
    /// Secrets in memory leave the process by no core dump.
    struct CoreDumpTests {
        /// Starts a program where core dumps are allowed, lets it die of SIGABRT, and tells what the shell says of it.
        private static func death(_ home: GatewayHome, _ program: String) throws -> String {
            // A shell that is not the last to run a program says how it ended.
            let shell = "ulimit -c unlimited 2>/dev/null; \(program) & child=$!; echo $child; wait $child; true"
            let started = try home.launch("sh", ["-c", shell])
            try waitUntil("the start of \(program)") {
                try #require(started.isRunning)
                return program == "sleep 600" ? !started.output.isEmpty : started.errors.contains("\"gateway started\"")
            }
            let child = try #require(started.output.split(separator: "\n").first)
            let killed = try home.launch("sh", ["-c", "kill -ABRT \(child)"])
            #expect(try killed.finish().code == 0)
            return try started.finish().errors
        }

        @Test func `a gateway that crashes leaves no core dump`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            // Swift's own crash handler must not have it: it would show memory, and keep the process from ending.
            home.environment["SWIFT_BACKTRACE"] = "enable=yes"
            let other = try Self.death(home, "sleep 600")
            let gateway = try Self.death(home, "'\(GatewayHome.executable)' serve")
            #expect(other.contains("Abort") && gateway.contains("Abort"))
            // Where the machine allows dumps at all, the other program shows that they would be noticed.
            #expect(!gateway.contains("core dumped"), "\(gateway.suffix(300)); of another program: \(other)")
        }
    }
}
