/// The files of the dashboard, by the name after `/assets/`; all of them are served from memory.
///
/// The one seam between the API and the pages: what stands here is served, with the security fields of every answer
/// (so: no inline script or style), and nothing else is.
enum Dashboard {
    struct File: Sendable {
        var type: StaticString
        var bytes: [UInt8]

        init(_ type: StaticString, _ text: String) {
            self.type = type
            bytes = Array(text.utf8)
        }
    }

    /// Addresses that show the index page.
    static let pages = ["/", "/login"]
    static let index = "index.html"

    static let files: [String: File] = [
        index: File(MediaType.html, DashboardPage.html),
        "app.js": File("text/javascript; charset=utf-8", DashboardPage.script),
        "app.css": File("text/css; charset=utf-8", DashboardPage.style),
    ]
}
