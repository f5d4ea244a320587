import FoundationEssentials
import Testing

@testable import WebhookGateway

/// docs/mappings.md: what it shows must be so.
struct MappingGuideTests {
    private static let page = Result {
        try String(
            contentsOf: WebhookFixture.repository.appending(path: "docs/mappings.md"), encoding: .utf8)
    }

    /// A row of the table of transforms: `chain`, the value it gets, what it makes, whether it has an inverse.
    struct Example: Sendable, CustomTestStringConvertible {
        var chain: String
        var value: String
        var result: String
        var hasInverse: Bool

        var testDescription: String { chain }
    }

    static func examples() throws -> [Example] {
        try page.get().split(separator: "\n").compactMap { line in
            let cells = line.split(separator: " | ", omittingEmptySubsequences: false).map(String.init)
            guard cells.count >= 4, ["yes", "no"].contains(cells[3]) else { return nil }
            func code(_ cell: String) -> String { String(cell.drop { $0 != "`" }.dropFirst().prefix { $0 != "`" }) }
            return Example(
                chain: code(cells[0]), value: code(cells[1]), result: code(cells[2]), hasInverse: cells[3] == "yes")
        }
    }

    private static func field(_ chain: String) -> String { #"f: { from: "v", transforms: [\#(chain)] }"# }

    @Test(arguments: try examples())
    func `a transform does what its row says`(_ example: Example) throws {
        let sample = try MappingSample(fields: Self.field(example.chain))
        #expect(try sample.data(#"{"v":\#(example.value),"currency":"USD"}"#) == #"{"f":\#(example.result)}"#)
    }

    @Test(arguments: try examples())
    func `a transform has an inverse where its row says so`(_ example: Example) throws {
        let rules = try MappingRules(
            json5: #"[{ match: "t", type: "x", fields: { \#(Self.field(example.chain)) } }]"#, named: "m")
        let inverse = InverseMapper(provider: "shop", rules: rules)
        #expect(inverse.obstacles.isEmpty == example.hasInverse)
        let event = try InverseEvent(Array(#"{"type":"x","data":{"f":\#(example.result)}}"#.utf8))
        if example.hasInverse {
            // What it makes of the event makes the event: that is checked where it is made.
            _ = try inverse.made(of: event)
        } else {
            #expect(throws: InverseFailure.self) { try inverse.made(of: event) }
        }
    }

    @Test func `every transform has a row`() throws {
        let chains = try Self.examples().map(\.chain).joined(separator: " ")
        for name in TransformReader.names { #expect(chains.contains(name), "\(name)") }
    }

    @Test func `the tests of the page pass`() throws {
        let text = try Self.page.get()
        let example = try #require(
            text.split(separator: "```json5\n").compactMap { $0.split(separator: "```").first }.first {
                $0.contains("tests: [")
            })
        var configuration = Configuration()
        configuration.mappings["stripe"] = try jsonValue(String(example))
        let outcomes = try MappingTestRun(configuration).outcomes()
        #expect(outcomes.count == 2)
        #expect(outcomes.allSatisfy { $0.hasPassed }, "\(outcomes)")
    }

    @Test func `the failure of the page is one`() throws {
        let sample = try MappingSample(
            """
            [{ name: "orders", match: "t", type: "order.created", fields: {
              "customer.id": { from: ["customer.id", "customer"], required: true },
              total: { from: "total", transforms: ["integer"] } } }]
            """)
        let failure = try sample.failure(#"{"customer":{"x":1},"total":"twelve"}"#)
        let line = failure.description.replacing("t does not", with: "order.created does not")
        #expect(try Self.page.get().contains(line), "\(line)")
    }
}
