@testable import Verifiers

/// XML from arbitrary bytes: it is refused, or becomes JSON that can be read.
enum XMLTarget: FuzzTarget {
    static func check(_ input: [UInt8]) {
        let json: [UInt8]
        do throws(MalformedBody) {
            json = try XMLReader.json(of: input[...])
        } catch {
            precondition(!error.reason.isEmpty)
            return
        }
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(json[...])
        } catch {
            preconditionFailure("XML became something that is no JSON: \(error)")
        }
    }
}
