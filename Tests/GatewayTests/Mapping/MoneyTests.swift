import Testing

@testable import WebhookGateway

struct MoneyTests {
    @Test(
        arguments: [
            ("1999", "usd", "iso", 1999, "19.99"), ("5", "USD", "iso", 5, "0.05"),
            ("-300", "usd", "stripe", -300, "-3.00"),
            ("0", "eur", "stripe", 0, "0.00"), ("1999", "jpy", "stripe", 1999, "1999"),
            ("12340", "kwd", "stripe", 12340, "12.340"),
            ("12345", "CLF", "iso", 12345, "1.2345"), ("150000", "isk", "stripe", 1500, "1500"),
            ("500", "ugx", "stripe", 5, "5"),
            ("1500", "ISK", "iso", 1500, "1500"), ("500", "mga", "stripe", 50000, "500.00"),
            ("500", "MGA", "iso", 500, "5.00"),
            ("1000", "twd", "stripe", 1000, "10.00"), ("1000", "huf", "stripe", 1000, "10.00"),
            ("7", "xyz", "iso", 7, "0.07"),
            ("9223372036854775807", "usd", "iso", .max, "92233720368547758.07"),
            ("-9223372036854775808", "usd", "iso", .min, "-92233720368547758.08"),
            ("9223372036854775807", "jpy", "iso", .max, "9223372036854775807"),
        ] as [(String, String, String, Int64, String)])
    func `minor units become ISO minor units`(
        _ amount: String, _ currency: String, _ scale: String, _ minor: Int64, _ decimal: String
    ) throws {
        let sample = try MappingSample(
            fields: #"f: { from: "v", transforms: [{ minorUnits: "c", scale: "\#(scale)" }] }"#)
        let found = try sample.data(#"{"v":\#(amount),"c":"\#(currency)"}"#)
        #expect(found == #"{"f":{"minor":\#(minor),"currency":"\#(currency.uppercased())","decimal":"\#(decimal)"}}"#)
    }

    @Test(
        arguments: [
            ("19.99", "USD", 1999, "19.99"), (#""19.9""#, "USD", 1990, "19.90"), (#""-5""#, "USD", -500, "-5.00"),
            ("12.34", "KWD", 12340, "12.340"),
            ("1999", "JPY", 1999, "1999"), (#""1999.00""#, "JPY", 1999, "1999"), ("0.1", "USD", 10, "0.10"),
            ("90071992547409.93", "USD", 9_007_199_254_740_993, "90071992547409.93"),
        ] as [(String, String, Int64, String)])
    func `major units become ISO minor units`(_ amount: String, _ currency: String, _ minor: Int64, _ decimal: String)
        throws
    {
        let sample = try MappingSample(fields: #"f: { from: "v", transforms: [{ majorUnits: "c" }] }"#)
        let found = try sample.data(#"{"v":\#(amount),"c":"\#(currency)"}"#)
        #expect(found == #"{"f":{"minor":\#(minor),"currency":"\#(currency)","decimal":"\#(decimal)"}}"#)
    }

    @Test(arguments: [
        (#"{ majorUnits: "c" }"#, #"{"v":"19.999","c":"USD"}"#), (#"{ majorUnits: "c" }"#, #"{"v":"1.5","c":"JPY"}"#),
        (#"{ majorUnits: "c" }"#, #"{"v":"92233720368547758.08","c":"USD"}"#),
        (#"{ majorUnits: "c" }"#, #"{"v":"1e2","c":"USD"}"#),
        (#"{ minorUnits: "c" }"#, #"{"v":19.99,"c":"USD"}"#), (#"{ minorUnits: "c" }"#, #"{"v":true,"c":"USD"}"#),
        (#"{ minorUnits: "c" }"#, #"{"v":9223372036854775808,"c":"USD"}"#),
        (#"{ minorUnits: "c" }"#, #"{"v":1,"c":"US"}"#),
        (#"{ minorUnits: "c" }"#, #"{"v":1,"c":"U5D"}"#), (#"{ minorUnits: "c" }"#, #"{"v":1,"c":840}"#),
        (#"{ minorUnits: "c", scale: "stripe" }"#, #"{"v":150050,"c":"ISK"}"#),
        (#"{ minorUnits: "c", scale: "stripe" }"#, #"{"v":9223372036854775807,"c":"MGA"}"#),
    ])
    func `an amount that cannot be exact fails`(_ transform: String, _ payload: String) throws {
        let sample = try MappingSample(fields: #"f: { from: "v", transforms: [\#(transform)] }"#)
        #expect(throws: MappingFailure.self) { try sample.data(payload) }
    }

    @Test(arguments: [#"{"v":1}"#, #"{"v":1,"c":null}"#, #"{"v":1,"c":""}"#, #"{"v":null,"c":"USD"}"#, #"{"c":"USD"}"#])
    func `an amount needs number and currency, or is left out`(_ payload: String) throws {
        let sample = try MappingSample(fields: #"f: { from: "v", transforms: [{ minorUnits: "c" }] }"#)
        #expect(try sample.data(payload) == "{}")
    }

    @Test func `a required amount without a currency says where the currency was looked for`() throws {
        let sample = try MappingSample(
            fields: #"f: { from: "v", transforms: [{ minorUnits: "money.currency" }], required: true }"#)
        let failure = try sample.failure(#"{"v":5}"#)
        #expect(
            failure.fields.map(\.description)
                == ["f: it is required and no source has a value (v: a number; money.currency: nothing)"])
    }

    @Test func `an object of amount and currency is taken whole, and the first that states both`() throws {
        let sample = try MappingSample(fields: #"f: { from: ["a", "b"], transforms: ["minorUnits"] }"#)
        let expected = #"{"f":{"minor":5,"currency":"USD","decimal":"0.05"}}"#
        #expect(
            try sample.data(#"{"a":{"amount":null,"currency":"EUR"},"b":{"amount":5,"currency":"USD"}}"#) == expected)
        #expect(try sample.data(#"{"a":{"amount":7},"b":{"amount":5,"currency":"USD"}}"#) == expected)
        #expect(try sample.data(#"{"a":3}"#) == "{}")
    }

    @Test func `the currency may be a constant`() throws {
        #expect(
            try mapped(#""2.5""#, through: #"{ majorUnits: { code: "eur" } }"#)
                == #"{"f":{"minor":250,"currency":"EUR","decimal":"2.50"}}"#)
    }
}
