import Verifiers

/// A JSON object in the making; what is nil is left out.
struct JSONObject {
    private var bytes: [UInt8]

    init() { bytes = [UInt8(ascii: "{")] }

    /// Starts with the members of an object in JSON.
    init(extending json: [UInt8]) {
        precondition(json.last == UInt8(ascii: "}"), "an object ends with a brace")
        bytes = Array(json.dropLast())
    }

    /// The object as JSON.
    var json: [UInt8] { bytes + [UInt8(ascii: "}")] }

    mutating func add(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        addName(name)
        JSONWriter.append(text, to: &bytes)
    }

    mutating func add(_ name: StaticString, _ number: Int64) {
        addName(name)
        JSONWriter.append(number, to: &bytes)
    }

    mutating func add(_ name: StaticString, _ boolean: Bool) {
        addName(name)
        JSONWriter.append(boolean, to: &bytes)
    }

    mutating func add(_ name: StaticString, _ object: JSONObject) { add(name, json: object.json) }

    /// Adds a value that is JSON already.
    mutating func add(_ name: StaticString, json: some Collection<UInt8>) {
        addName(name)
        bytes.append(contentsOf: json)
    }

    var isEmpty: Bool { bytes.count == 1 }

    private mutating func addName(_ name: StaticString) {
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        JSONWriter.append(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}

extension [BatchEntry] {
    /// The entries as a JSON list.
    var jsonList: [UInt8] {
        var list: [UInt8] = []
        list.reserveCapacity(reduce(2) { $0 + $1.json.count + 1 })
        list.append(UInt8(ascii: "["))
        for (index, entry) in enumerated() {
            if index > 0 { list.append(UInt8(ascii: ",")) }
            list.append(contentsOf: entry.json)
        }
        list.append(UInt8(ascii: "]"))
        return list
    }
}
