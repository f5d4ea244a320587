import Verifiers

/// A form from arbitrary bytes: it is refused, or becomes JSON that can be read.
enum FormTarget: FuzzTarget {
    static func check(_ input: [UInt8]) {
        let json: [UInt8]
        do throws(MalformedBody) {
            json = try FormDecoder(input[...]).json()
        } catch {
            precondition(!error.reason.isEmpty)
            return
        }
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(json[...])
        } catch {
            preconditionFailure("a form became something that is no JSON: \(error)")
        }
        precondition(document.kind(of: .root) == .object)
    }
}
