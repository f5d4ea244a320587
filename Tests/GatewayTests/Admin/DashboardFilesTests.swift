import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

/// The dashboard's files: all there, as they stand in the repository, and served so that nothing foreign runs.
@ControlPlane
struct DashboardFilesTests {
    private static let folder = WebhookFixture.repository.appending(path: "Sources/CDashboard/web")

    private static let forbidden = [
        "http://", "https://", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
    ]

    @Test func `every file of the folder is in the program, byte by byte`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(names) == Set(Dashboard.files.keys))
        for name in names {
            let bytes = try HostFile.read(Self.folder.appending(path: name).path)
            #expect(Dashboard.files[name]?.bytes == bytes, "\(name)")
        }
    }

    @Test func `no page, style or script asks another site or runs what is inline`() throws {
        for (name, file) in Dashboard.files {
            let text = String(decoding: file.bytes, as: UTF8.self).replacing("http://www.w3.org/2000/svg", with: "")
            for forbidden in Self.forbidden {
                #expect(!text.contains(forbidden), "\(name) holds \(forbidden)")
            }
            if name.hasSuffix(".html") {
                #expect(!text.contains("style=") && !text.contains("<style") && !text.contains(" onclick"))
                #expect(
                    text.ranges(of: "<script").count == text.ranges(of: "<script type=\"module\" src=\"/assets/").count)
            }
        }
    }

    @Test func `a file comes with its type, its tag and the policy, and is not sent again to who has it`() async throws
    {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let first = try await bench.ask("GET", "/assets/app.js")
            #expect(first.code == 200 && first.header("content-type") == "text/javascript; charset=utf-8")
            #expect(first.header("content-security-policy")?.contains("script-src 'self'; style-src 'self'") == true)
            let tag = try #require(first.header("etag"))
            let second = try await bench.ask("GET", "/assets/app.js", headers: "If-None-Match: \(tag)\r\n")
            #expect(second.code == 304 && second.body.isEmpty && second.header("etag") == tag)
            #expect(try await bench.ask("GET", "/").header("content-type") == "text/html; charset=utf-8")
            #expect(try await bench.ask("GET", "/assets/nothing.js").code == 404)
        }
    }
}
