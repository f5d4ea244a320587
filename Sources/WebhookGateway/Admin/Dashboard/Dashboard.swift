internal import CDashboard
import Verifiers

/// The dashboard's files (`Sources/CDashboard/web`), served from memory; by the name after `/assets/`.
///
/// What stands here is served, with the security fields of every answer (so: no inline script or style), and nothing
/// else is. Views have their addresses in the fragment, so one page answers for all of them.
enum Dashboard {
    struct File: Sendable {
        var type: StaticString
        var bytes: [UInt8]
        /// Changes with the bytes (RFC 9110 §8.8.3), in its quotes.
        var tag: String
    }

    /// Addresses that show the index page.
    static let pages = ["/", "/login"]
    static let index = "index.html"

    static let files: [String: File] = {
        var files: [String: File] = [:]
        for index in 0..<dashboard_file_count() {
            let file = dashboard_file_at(index)
            let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
            let name = String(cString: file.name)
            files[name] = File(
                type: type(of: name), bytes: bytes, tag: "\"\(SHA256Hash.hex(of: bytes[...]).prefix(32))\"")
        }
        return files
    }()

    private static func type(of name: String) -> StaticString {
        if name.hasSuffix(".html") { return MediaType.html }
        if name.hasSuffix(".js") { return "text/javascript; charset=utf-8" }
        if name.hasSuffix(".css") { return "text/css; charset=utf-8" }
        if name.hasSuffix(".svg") { return "image/svg+xml" }
        return MediaType.bytes
    }

    /// Answers with a file, or with 304 when the browser has it: it asks each time, so that a new version of the gateway
    /// is seen at once.
    ///
    /// - Throws: 404 when there is no such file.
    static func reply(_ name: String, to headers: HeaderFields) throws(Problem) -> Reply {
        guard let file = files[name] else {
            throw Problem(.notFound, "There is no file \(TextRule.quoted(name)).")
        }
        let known = headers.first("if-none-match").map { String(decoding: $0, as: UTF8.self) } ?? ""
        var response =
            known.contains(file.tag)
            ? Response(.notModified) : Response(.ok, contentType: file.type, body: file.bytes)
        response.fields += [("Cache-Control", "no-cache"), ("ETag", file.tag)]
        return Reply(response)
    }
}
