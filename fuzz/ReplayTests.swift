import FoundationEssentials
import Testing

/// The seeds of every fuzz target, and inputs that once broke something, read once more.
struct ReplayTests {
    private static let targets: [(name: String, type: any FuzzTarget.Type)] = [
        ("ChunkedDecoder", ChunkedDecoderTarget.self), ("Configuration", ConfigurationTarget.self),
        ("FieldPath", FieldPathTarget.self), ("Form", FormTarget.self), ("JSON", JSONTarget.self),
        ("Mapping", MappingTarget.self), ("Providers", ProvidersTarget.self), ("RESP", RESPTarget.self),
        ("RequestParser", RequestParserTarget.self), ("ResponseParser", ResponseParserTarget.self),
        ("SpoolReader", SpoolReaderTarget.self), ("XML", XMLTarget.self),
    ]
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "corpus")

    @Test func `every target has seeds, and every folder of seeds a target`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path)
        #expect(folders.sorted() == Self.targets.map(\.name).sorted())
    }

    @Test(arguments: targets.map(\.name))
    func `the seeds are read without a broken promise`(target: String) throws {
        let type = try #require(Self.targets.first { $0.name == target }).type
        let folder = Self.corpus.appending(path: target)
        let seeds = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!seeds.isEmpty)
        for seed in seeds {
            let input = try Data(contentsOf: folder.appending(path: seed))
            type.check(Array(input))
            // And cut off at every place: what arrives in pieces may end anywhere.
            for length in stride(from: 0, to: input.count, by: max(1, input.count / 64)) {
                type.check(Array(input.prefix(length)))
            }
        }
    }
}
