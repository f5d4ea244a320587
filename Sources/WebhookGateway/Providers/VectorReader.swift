import Verifiers

/// Reads deliveries whose verdict is known.
struct VectorReader {
    let problems: MappingProblems

    func vector(_ value: JSONValue, at path: String) -> ProviderVector? {
        let keys = [
            "name", "origin", "secrets", "notificationURL", "verifyToken", "toleranceSeconds", "allowUnauthenticated",
            "method", "target", "headers", "body", "bodyBase64", "at", "expect", "answer", "types", "keys",
        ]
        guard let object = StrictObject(value, at: path, keys: keys, problems) else { return nil }
        var vector = ProviderVector()
        vector.name = object.text("name") ?? ""
        vector.origin = object.text("origin") ?? ""
        vector.settings.secrets = object.texts("secrets").map { Array($0.utf8) }
        vector.settings.notificationURL = object.text("notificationURL")
        vector.settings.verifyToken = object.text("verifyToken").map { Array($0.utf8) }
        vector.settings.toleranceSeconds = Int64(object.integer("toleranceSeconds", default: 300))
        vector.settings.allowUnauthenticated = object.boolean("allowUnauthenticated")
        vector.method = object.text("method") ?? "POST"
        vector.target = object.text("target") ?? "/"
        vector.headers = object.textMembers("headers").map { .init(name: $0.name, value: $0.text) }
        vector.body = Array((object.text("body") ?? "").utf8)
        if let text = object.text("bodyBase64") {
            if let body = Base64.decode(Array(text.utf8)[...]) {
                vector.body = body
            } else {
                problems.add(object.path("bodyBase64"), "is not base64", "write the body's bytes in standard base64")
            }
        }
        vector.at = Int64(object.integer("at", default: 0))
        vector.expectation = expectation(object)
        if object["types"] != nil { vector.types = object.texts("types") }
        if object["keys"] != nil { vector.keys = object.texts("keys") }
        return vector
    }

    private func expectation(_ object: StrictObject) -> ProviderVector.Expectation {
        if let answer = object.text("answer") { return .answered(answer) }
        let word = object.text("expect") ?? "accepted"
        if word == "accepted" { return .accepted }
        if let failure = VerificationFailure(rawValue: word) { return .refused(failure) }
        let words = ["accepted"] + VerificationFailure.allCases.map(\.rawValue)
        let guess = NearestName.to(word, among: words).map { "did you mean \"\($0)\"? " } ?? ""
        problems.add(
            object.path("expect"), "\(TextRule.quoted(word)) is not known",
            "\(guess)it is one of \(words.joined(separator: ", "))")
        return .accepted
    }
}
