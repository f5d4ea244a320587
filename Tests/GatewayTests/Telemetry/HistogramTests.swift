import Testing
import Verifiers

@testable import WebhookGateway

struct HistogramTests {
    @Test func `what is shorter than a power of two is counted exactly`() {
        var generator = SystemRandomNumberGenerator()
        var histogram = Histogram()
        var values: [UInt64] = [0, 1, 7, 8, 63, 64, 65, 127, 128, 1 << 23, 1 << 24, 1 << 24 - 1].map { $0 * 1000 }
        for _ in 0..<5000 {
            values.append(UInt64.random(in: 0...UInt64(1) << UInt64.random(in: 1...40), using: &generator))
        }
        for value in values { histogram.record(nanoseconds: value) }
        #expect(histogram.count == UInt64(values.count))
        #expect(histogram.sumNanoseconds == values.reduce(0, +))
        for power in 3...24 {
            let bound: UInt64 = 1 << UInt64(power)
            #expect(histogram.count(below: bound) == UInt64(values.count { $0 < bound * 1000 }), "2^\(power)")
        }
    }

    @Test func `the longest duration there is has a bucket, and two histograms add up`() {
        var one = Histogram()
        one.record(nanoseconds: .max)
        one.record(nanoseconds: 0)
        var other = Histogram()
        other.record(nanoseconds: 5_000_000)
        one.merge(other)
        #expect(one.count == 3)
        #expect(one.counts.reduce(0, +) == 3)
        #expect(one.count(below: 8192) == 2)
    }

    @Test func `in the text buckets grow and end with all`() {
        var histogram = Histogram()
        for microseconds: UInt64 in [10, 100, 1_000, 10_000, 100_000_000] {
            histogram.record(nanoseconds: microseconds * 1000)
        }
        var text = PrometheusText()
        text.histogram("d", ["source": "s"], histogram)
        let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.first == #"d_bucket{source="s",le="6.4e-05"} 1"#)
        #expect(lines.contains(#"d_bucket{source="s",le="0.001024"} 3"#))
        #expect(lines.contains(#"d_bucket{source="s",le="16.777216"} 4"#))
        #expect(lines.contains(#"d_bucket{source="s",le="+Inf"} 5"#))
        #expect(lines.last == #"d_count{source="s"} 5"#)
    }

    @Test func `every outcome has a label and a counter of its own`() {
        var counters = SourceCounters()
        for (index, outcome) in RequestOutcome.allCases.enumerated() {
            for _ in 0...index { counters.count(outcome, nanoseconds: 1) }
        }
        for (index, outcome) in RequestOutcome.allCases.enumerated() {
            #expect(counters.count(of: outcome) == UInt64(index + 1))
        }
        #expect(Set(RequestOutcome.allCases.map { $0.label.description }).count == RequestOutcome.allCases.count)
    }

    @Test func `deliveries are counted by the secret that proved them, also when workers are added up`() {
        var one = SourceCounters()
        var two = SourceCounters()
        for secret in [0, 1, 3] { two.countProof(secret: secret) }
        one.countProof(secret: 1)
        one.merge(two)
        #expect(one.proofs == [2, 0, 1])
    }

    @Test func `a provider that invents types fills one counter, also when workers are added up`() {
        var one = SourceCounters()
        var two = SourceCounters()
        for index in 0..<300 {
            one.countEvent("a\(index)")
            two.countEvent("b\(index)")
        }
        one.merge(two)
        #expect(one.events.count <= SourceCounters.typesCounted + 1)
        #expect(one.events.values.reduce(0, +) == 600)
    }
}
