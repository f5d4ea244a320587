import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

/// What two gateways say to each other, without the gateways.
@ControlPlane
struct TakeoverTests {
    /// The running gateway, which notes what it was told.
    private final class Owner: ControlSocket.Owner {
        var offered: [(name: String, descriptor: Int32?)] = []
        private(set) var told: [String] = []

        func offer() async -> [(name: String, descriptor: Int32?)]? { offered.isEmpty ? nil : offered }
        func suspend(_ names: Set<String>) async { told.append("suspend \(names.sorted())") }
        func resume() async { told.append("resume") }
        func handOver(_ names: Set<String>) async { told.append("handOver \(names.sorted())") }
    }

    /// Takes over, away from the control plane, and closes what came; returns how many sockets came.
    @concurrent
    private nonisolated static func take(_ path: String, at address: SocketAddress) async throws -> Int {
        let takeover = try #require(try Takeover(path: path))
        var sockets = takeover.sockets
        let listening = sockets.take(.listen, at: address)
        for descriptor in listening + [takeover.lock, takeover.control] { close(descriptor) }
        try takeover.commit(["listen"])
        return listening.count
    }

    @Test(arguments: [1, 251, 252, 600])
    func `any number of sockets is handed over`(count: Int) async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/control.sock"
        let owner = Owner()
        let server = try ControlSocket(path: path, owner: owner, log: Log(level: .error))
        defer { server.close(keepsName: false) }
        let address = SocketAddress.ip(IPAddress(v4: 0x7F00_0001), port: 0)
        let socket = try Socket.listen(on: address, sharesPort: false)
        owner.offered = [("lock", 0)] + Array(repeating: ("listen", socket.raw), count: count)
        #expect(try await Self.take(path, at: address) == count)
        try await eventually("it is handed over") { owner.told == ["suspend [\"listen\"]", "handOver [\"listen\"]"] }
    }

    @Test func `a gateway that is stopping says so`() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/control.sock"
        let owner = Owner()
        let server = try ControlSocket(path: path, owner: owner, log: Log(level: .error))
        defer { server.close(keepsName: false) }
        let address = SocketAddress.ip(IPAddress(v4: 0x7F00_0001), port: 0)
        let failure = await #expect(throws: Takeover.Failure.self) { try await Self.take(path, at: address) }
        #expect(failure?.description.contains("it is stopping") == true)
    }
}
