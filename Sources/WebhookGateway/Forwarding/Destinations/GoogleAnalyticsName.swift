/// Event names as Google Analytics takes them: `[A-Za-z][A-Za-z0-9_]*`, at most 40 characters, none of its own.
enum GoogleAnalyticsName {
    private static let maximumCharacters = 40

    private static let reservedNames: Set<String> = [
        "ad_activeview", "ad_click", "ad_exposure", "ad_impression", "ad_query", "adunit_exposure", "app_clear_data",
        "app_install", "app_remove", "app_update", "error", "first_open", "first_visit", "in_app_purchase",
        "notification_dismiss", "notification_foreground", "notification_open", "notification_receive", "os_update",
        "screen_view", "session_start", "user_engagement",
    ]

    private static let reservedPrefixes = ["_", "firebase_", "ga_", "google_", "gtag."]

    /// What stands before a name that would be taken for one of Google's.
    private static let ownPrefix = "webhook_"

    /// `payment.failed` → `payment_failed`, `quickbooks.Vendor.Update` → `quickbooks_vendor_update`.
    static func event(_ type: String) -> String {
        var name = snakeCased(type)
        let startsWithLetter = name.utf8.first.map { (0x61...0x7A).contains($0) } ?? false
        let isReserved = reservedNames.contains(name) || reservedPrefixes.contains { name.hasPrefix($0) }
        if !startsWithLetter || isReserved { name = ownPrefix + name }
        name = String(name.prefix(maximumCharacters))
        while name.hasSuffix("_") { name.removeLast() }
        return name
    }

    /// Whether Google takes a parameter of that name.
    static func isParameter(_ name: String) -> Bool {
        guard let first = name.utf8.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A else { return false }
        let isWord = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            default: false
            }
        }
        return isWord && name.utf8.count <= maximumCharacters && name != "firebase_conversion"
            && !reservedPrefixes.contains { name.hasPrefix($0) }
    }

    /// Lower case, words joined by single underscores; a capital after a small letter begins a word.
    private static func snakeCased(_ text: String) -> String {
        var name = ""
        var previous: UInt8 = 0x5F
        for byte in text.utf8 {
            switch byte {
            case 0x41...0x5A:
                if (0x61...0x7A).contains(previous) || (0x30...0x39).contains(previous) { name += "_" }
                name.unicodeScalars.append(Unicode.Scalar(byte | 0x20))
            case 0x61...0x7A, 0x30...0x39:
                name.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                if !name.isEmpty, !name.hasSuffix("_") { name += "_" }
            }
            previous = byte
        }
        while name.hasSuffix("_") { name.removeLast() }
        return name
    }
}
