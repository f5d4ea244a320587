/// A validated JSON text as a flat list of nodes over its bytes: one pass, no tree, no copy; reusable.
///
///     var document = JSONDocument()
///     try document.read(body)
///     let id = document.string(of: document.member("id"))
///
/// The bytes are kept as a slice and the nodes are offsets into it. `read` may be called again and again on one
/// document: its node list keeps its capacity, so that a steady stream of bodies allocates nothing. The slice keeps its
/// owner's buffer alive; call `release` before that buffer is written to again, or the write copies it.
///
/// Accepted is exactly RFC 8259, with its choices made: UTF-8 only and checked, no byte order mark, at most
/// `maximumDepth` containers inside one another, numbers kept as text. Of duplicate keys the first wins. A `\u` escape
/// that is half of a surrogate pair is accepted and read as U+FFFD.
public struct JSONDocument: Sendable {
    /// A value in the document: its place in the node list.
    public struct Node: Equatable, Hashable, Sendable {
        /// Index into the node list.
        public var index: Int32
        /// The whole document.
        public static let root = Node(index: 0)
        /// No value, where room for a node is to be filled (`JSONSelection`).
        public static let absent = Node(index: -1)
    }

    /// What a value is.
    public enum Kind: UInt8, Equatable, Sendable {
        case object, array, string, number, boolean, null
    }

    /// How many containers may lie inside one another.
    public static let maximumDepth = 64
    /// How many values a document may have; 24 bytes of memory each.
    public static let maximumNodes = 262_144

    /// The text that was read last; empty before the first `read`, after `release` and after a failed `read`.
    public private(set) var bytes: ArraySlice<UInt8> = []
    /// How many values the document holds.
    public private(set) var nodeCount = 1
    /// The nodes, and after `nodeCount` of them room for more; never empty.
    private(set) var records: [Record] = [.null]
    private(set) var traits = Traits()

    /// Makes a document that is `null` until something is read.
    public init() {}

    /// Reads a text; after an error the document is `null`.
    public mutating func read(_ text: ArraySlice<UInt8>) throws(JSONError) {
        // Taken out of self so that the scanner writes to it without exclusivity checks or a copy.
        var scanned = records
        records = []
        do {
            (nodeCount, traits) = try JSONScanner.scan(text.span, into: &scanned)
            bytes = text
            records = scanned
        } catch {
            records = scanned
            release()
            throw error
        }
    }

    /// Lets go of the text, so that its owner may write to the buffer without a copy; the document is then `null`.
    public mutating func release() {
        bytes = []
        traits = Traits()
        records[0] = .null
        nodeCount = 1
    }
}

extension JSONDocument {
    /// One node: offsets are relative to the start of `bytes`.
    struct Record: Sendable {
        /// Where the value's text begins and ends; a string's quotes are inside.
        var start: Int32
        var end: Int32
        /// Where the member's name begins and ends, without quotes; equal to -1 outside objects.
        var keyStart: Int32
        var keyEnd: Int32
        /// The index after this value's last descendant: its next sibling, if it has one.
        var next: Int32
        var kind: Kind
        var flags: Flags

        static let null = Record(start: 0, end: 0, keyStart: -1, keyEnd: -1, next: 1, kind: .null, flags: [])
    }

    struct Flags: OptionSet, Sendable {
        var rawValue: UInt8
        /// The string value has a backslash.
        static let escaped = Flags(rawValue: 1)
        /// The member's name has a backslash.
        static let keyEscaped = Flags(rawValue: 2)
        /// The number has neither fraction nor exponent.
        static let integer = Flags(rawValue: 4)
        /// The boolean is true.
        static let yes = Flags(rawValue: 8)
    }

    /// What is known of the whole text.
    struct Traits: Sendable {
        /// There is white space between tokens.
        var spaced = false
        /// Some `\u` escape is half of a surrogate pair.
        var loneSurrogates = false
    }

    @inline(__always)
    func record(_ node: Node) -> Record {
        precondition(node.index < nodeCount, "the node belongs to another document")
        return records[Int(node.index)]
    }
}
