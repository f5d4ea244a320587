import Verifiers

/// One JSON object on one line, put together member by member in the order they are added.
struct JSONLine {
    private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

    /// The finished object.
    var json: [UInt8] { bytes + [UInt8(ascii: "}")] }

    /// The finished object as text.
    var text: String { String(decoding: json, as: UTF8.self) }

    /// Adds a text; nil is written as `null`, so that every line has the same names.
    mutating func add(_ name: String, _ value: String?) {
        begin(name)
        if let value { JSONWriter.append(value, to: &bytes) } else { bytes.append(contentsOf: "null".utf8) }
    }

    mutating func add(_ name: String, _ value: Int?) {
        begin(name)
        if let value { JSONWriter.append(Int64(value), to: &bytes) } else { bytes.append(contentsOf: "null".utf8) }
    }

    mutating func add(_ name: String, _ value: Bool) {
        begin(name)
        JSONWriter.append(value, to: &bytes)
    }

    /// Adds what is JSON already; nothing stands for `null`.
    mutating func add(_ name: String, json value: some Collection<UInt8>) {
        begin(name)
        if value.isEmpty { bytes.append(contentsOf: "null".utf8) } else { bytes.append(contentsOf: value) }
    }

    /// Adds a list of what is JSON already.
    mutating func add(_ name: String, list values: [[UInt8]]) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func begin(_ name: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        JSONWriter.append(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}

extension String {
    /// The text as a JSON string.
    var quotedJSON: [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(self, to: &bytes)
        return bytes
    }
}
