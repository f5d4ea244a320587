import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct KeysCommandTests {
    private static nonisolated let (old, new) = (MasterKeyText.generate(), MasterKeyText.generate())
    private static nonisolated let members =
        CommandBench.members + #"vault: { key: "\#(new)", previousKeys: ["\#(old)"] }"#

    @Test func `keys are listed, wrapped anew, and the values exchanged`() async throws {
        try await CommandBench.run(Self.members) { bench in
            let before = try await bench.run("keys", "rotate")
            #expect(before.code == 0 && before.output.contains("no data keys yet"), "\(before.errors)")
            let vault = Vault(
                connection: bench.store.connection, keys: ControlKeys(),
                masterKeys: MasterKeys(current: LocalMasterKey(try MasterKeyText.read(Array(Self.old.utf8)))))
            for tenant in ["acme", "bolt"] {
                let context = VaultContext(tenant: tenant, integration: "i", field: "f")
                _ = try await vault.seal(SecretBytes(Array("secret-marker".utf8)), context)
            }
            let first = try await bench.run("keys", "list", "--json").lines()
            #expect(first.map { $0["tenant"] } == ["acme", "bolt"])
            #expect(first.map { $0["state"] } == ["previous", "previous"] && first[0]["uses"] == "1")
            let rotated = try await bench.run("keys", "rotate", "--json").object()
            #expect(rotated["rewrapped"] == "2" && rotated["unchanged"] == "0" && rotated["failed"] == "0")
            let second = try await bench.run("keys", "list", "--tenant", "bolt", "--json").object()
            #expect(second["state"] == "current" && second["master"] == rotated["master"])
            #expect(try await bench.run("keys", "rotate", "--json").object()["unchanged"] == "2")
            let table = try await bench.run("keys", "list")
            #expect(table.output.contains("MASTER KEY") && table.output.contains("acme"))
            // Only the run that changed something.
            let noted = try await bench.store.connection.command(["XLEN", .text(ControlKeys().audit)])
            #expect(noted.integer == 1)
        }
    }

    @Test func `a data key of an unknown master key is named, and the rest is done`() async throws {
        try await CommandBench.run(Self.members) { bench in
            for (tenant, key) in [("acme", LocalMasterKey(.random(32))), ("bolt", nil)] {
                let master = try key ?? LocalMasterKey(try MasterKeyText.read(Array(Self.old.utf8)))
                let vault = Vault(
                    connection: bench.store.connection, keys: ControlKeys(), masterKeys: MasterKeys(current: master))
                _ = try await vault.seal(
                    SecretBytes([1]), VaultContext(tenant: tenant, integration: "i", field: "f"))
            }
            let answer = try await bench.run("keys", "rotate")
            #expect(answer.code == 1)
            #expect(answer.errors.contains("the data key 1 of tenant acme is wrapped by the master key local:"))
            #expect(answer.output.contains("1 of them anew; 1 stay as they are"))
        }
    }

    @Test func `a master key is printed, or written for its owner alone`() async throws {
        try await CommandBench.run { bench in
            let printed = try await bench.run("keys", "generate")
            #expect(try MasterKeyText.read(Array(printed.output.utf8)).count == 32)
            let path = "\(bench.path)/master"
            let written = try await bench.run("keys", "generate", "--out", path)
            #expect(written.code == 0 && written.output == "" && written.errors.contains("file:\(path)"))
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            let again = try await bench.run("keys", "generate", "--out", path)
            #expect(again.code == 2 && again.errors.contains("is there already"))
        }
    }
}
