import Verifiers

/// An entry of a queue's dead list: the event with the attributes `deadreason`, `deadcategory` and `deadat`; what is no
/// event stands in `entry` (or `entry_base64`, when it is not UTF-8) beside them.
enum DeadEntry {
    static let attributes: Set<String> = ["deadreason", "deadcategory", "deadat", "quarantined"]

    /// Wraps what a queue held though it is no event.
    static func junk(_ entry: [UInt8], reason: String, category: FailureCategory) -> [UInt8] {
        var output: [UInt8] = []
        if let text = String(validating: entry, as: UTF8.self) {
            output.append(contentsOf: #"{"entry":"#.utf8)
            JSONWriter.append(text, to: &output)
        } else {
            output.append(contentsOf: #"{"entry_base64":"#.utf8)
            JSONWriter.append(Base64.encode(entry[...])[...], to: &output)
        }
        output.append(contentsOf: #","deadreason":"#.utf8)
        JSONWriter.append(reason, to: &output)
        output.append(contentsOf: #","deadcategory":"#.utf8)
        JSONWriter.append(category.rawValue, to: &output)
        output.append(contentsOf: #","deadat":"#.utf8)
        JSONWriter.append(now(), to: &output)
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// The event without what the dead list added.
    static func restored(_ document: JSONDocument) -> [UInt8] {
        var output: [UInt8] = [UInt8(ascii: "{")]
        for member in document.children(of: .root) {
            guard let name = document.name(of: member), !attributes.contains(name) else { continue }
            if output.count > 1 { output.append(UInt8(ascii: ",")) }
            JSONWriter.append(name, to: &output)
            output.append(UInt8(ascii: ":"))
            document.appendMinified(member, to: &output)
        }
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// The moment in the form of `deadat`.
    static func now() -> String {
        let milliseconds = Clock.unixMilliseconds()
        return Timestamp(seconds: milliseconds / 1000, nanoseconds: Int32(milliseconds % 1000) * 1_000_000)
            .formatted(.milliseconds)
    }
}
