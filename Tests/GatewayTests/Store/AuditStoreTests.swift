import Testing

@testable import WebhookGateway

/// What is kept of changes, and whose entries make room.
@ControlPlane
struct AuditStoreTests {
    private static func entry(_ target: String, of tenant: String?) -> AuditEntry {
        AuditEntry(
            who: "token:x", role: "viewer", tenant: tenant, action: "tokens.create", target: target, detail: "",
            from: "127.0.0.1", requestID: "r", status: 403)
    }

    private static func run(_ body: @ControlPlane (AuditStore) async throws -> Void) async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let services = bench.handler.services
            try await body(AuditStore(connection: services.connection, keys: services.control, mostOfTenant: 5))
        }
    }

    @Test func `a tenant that floods the log pushes out its own entries only`() async throws {
        try await Self.run { (audit: AuditStore) async throws in
            try await audit.append(Self.entry("all-0", of: nil))
            try await audit.append(Self.entry("bolt-0", of: "bolt"))
            for number in 0..<12 { try await audit.append(Self.entry("acme-\(number)", of: "acme")) }
            try await audit.append(Self.entry("bolt-1", of: "bolt"))
            let all = try await audit.list(tenant: nil, limit: 50, before: nil)
            #expect(
                all.map(\.target)
                    == ["bolt-1", "acme-11", "acme-10", "acme-9", "acme-8", "acme-7", "bolt-0", "all-0"])
            #expect(all[1].tenant == "acme" && all[1].status == 403 && all[7].tenant == nil)
            #expect(try await audit.list(tenant: "bolt", limit: 50, before: nil).map(\.target) == ["bolt-1", "bolt-0"])
            #expect(try await audit.list(tenant: "none", limit: 50, before: nil).isEmpty)
        }
    }

    @Test func `a tenant pages through its own entries, until what the whole log has let go of`() async throws {
        try await Self.run { (audit: AuditStore) async throws in
            for number in 0..<5 {
                try await audit.append(Self.entry("acme-\(number)", of: "acme"))
                try await audit.append(Self.entry("bolt-\(number)", of: "bolt"))
            }
            var (seen, last): ([String], String?) = ([], nil)
            for _ in 0..<3 {
                let page = try await audit.list(tenant: "acme", limit: 2, before: last)
                seen += page.map(\.target)
                last = page.last?.id
            }
            #expect(seen == ["acme-4", "acme-3", "acme-2", "acme-1", "acme-0"])
            _ = try await audit.connection.command(["XTRIM", .text(audit.keys.audit), "MAXLEN", 5])
            #expect(try await audit.list(tenant: "acme", limit: 50, before: nil).map(\.target) == ["acme-4", "acme-3"])
        }
    }
}
