/// Writes metrics in Prometheus' text exposition format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
struct PrometheusText {
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// Upper bounds of the duration buckets, in microseconds: powers of two, where the histogram's own buckets begin, so
    /// that no figure is guessed. 64 µs to 16.8 s.
    private static let bounds: [UInt64] = (6...24).map { 1 << $0 }

    private(set) var bytes: [UInt8] = []

    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    mutating func sample(_ name: String, _ value: some CustomStringConvertible) { append("\(name) \(value)\n") }

    mutating func sample(_ name: String, _ labels: KeyValuePairs<String, String>, _ value: some CustomStringConvertible)
    {
        append(name)
        append(labels: labels.map { ($0.key, $0.value) })
        append(" \(value)\n")
    }

    mutating func histogram(_ name: String, _ labels: KeyValuePairs<String, String>, _ histogram: Histogram) {
        let common = labels.map { ($0.key, $0.value) }
        for bound in Self.bounds {
            append("\(name)_bucket")
            append(labels: common + [("le", Self.seconds(microseconds: bound))])
            append(" \(histogram.count(below: bound))\n")
        }
        append("\(name)_bucket")
        append(labels: common + [("le", "+Inf")])
        append(" \(histogram.count)\n\(name)_sum")
        append(labels: common)
        append(" \(Double(histogram.sumNanoseconds) / 1_000_000_000)\n\(name)_count")
        append(labels: common)
        append(" \(histogram.count)\n")
    }

    private static func seconds(microseconds: UInt64) -> String { "\(Double(microseconds) / 1_000_000)" }

    private mutating func append(labels: [(String, String)]) {
        guard !labels.isEmpty else { return }
        append("{")
        for (index, (name, value)) in labels.enumerated() {
            append("\(index > 0 ? "," : "")\(name)=\"")
            for byte in value.utf8 {
                switch byte {
                case UInt8(ascii: "\\"): append("\\\\")
                case UInt8(ascii: "\""): append("\\\"")
                case 10: append("\\n")
                default: bytes.append(byte)
                }
            }
            append("\"")
        }
        append("}")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}
