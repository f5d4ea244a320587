/// A person's name in the two parts that some services ask for.
struct PersonName: Equatable, Sendable {
    var first: String
    var last: String?

    /// Takes "Ada King Lovelace" apart at the last space; a single word is a first name. Nil when there is no word.
    init?(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let end = words.last else { return nil }
        let isSingle = words.count == 1
        first = isSingle ? String(end) : words.dropLast().joined(separator: " ")
        last = isSingle ? nil : String(end)
    }
}
