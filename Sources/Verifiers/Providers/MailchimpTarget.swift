/// Edits of a Mailchimp sample's URL and form that leave every other byte alone.
enum MailchimpTarget {
    /// Sets a query parameter (both parts already encoded) in a request target.
    static func setting(_ name: String, to value: String, in target: String) -> String {
        let bytes = Array(target.utf8)
        let path = bytes.prefix { $0 != UInt8(ascii: "?") }
        let wanted = PercentEncoding.decode(Array(name.utf8)[...], plusIsSpace: true)
        var fields = QueryString.pairs(of: bytes[...])
            .filter { PercentEncoding.decode($0.name, plusIsSpace: true) != wanted }
            .map { Array($0.name) + (Array("=".utf8) + Array($0.value)) }
        fields.append(Array("\(name)=\(value)".utf8))
        return String(decoding: path + Array("?".utf8) + Array(fields.joined(separator: "&".utf8)), as: UTF8.self)
    }

    /// Gives a form another identity: the member's id, the new id of an `upemail`, or the address of a `cleaned`.
    static func renewing(_ body: [UInt8], identity: String) -> [UInt8] {
        var renewed = body
        for name in ["data[id]", "data[new_id]", "data[email]"] {
            for field in body.split(separator: UInt8(ascii: "&")) {
                let pair = QueryString.pair(of: field)
                guard PercentEncoding.decode(pair.name, plusIsSpace: true) == Array(name.utf8) else { continue }
                let value = name == "data[email]" ? "\(identity)%40example.com" : identity
                renewed.replaceSubrange(pair.value.startIndex..<pair.value.endIndex, with: value.utf8)
                return renewed
            }
        }
        // A form without any of them: a field more makes it another event.
        return body + Array((body.isEmpty ? "" : "&").utf8) + Array("data%5Bid%5D=\(identity)".utf8)
    }
}
