import Verifiers

/// How many decimals a currency has, in ISO 4217 and at providers that count otherwise.
enum CurrencyExponents {
    /// Who counts the minor units.
    enum Scale: String, CaseIterable, Sendable {
        /// ISO 4217's minor units, as Square sends them.
        case iso
        /// Stripe's smallest unit (docs.stripe.com/currencies).
        case stripe
    }

    /// A currency's decimals by ISO 4217.
    static func iso(_ currency: CurrencyCode) -> Int {
        switch currency {
        case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF":
            0
        case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
        case "CLF", "UYW": 4
        default: 2
        }
    }

    /// The decimals that a provider's whole numbers count in.
    static func exponent(of currency: CurrencyCode, in scale: Scale) -> Int {
        switch scale {
        case .iso: iso(currency)
        case .stripe: stripe(currency)
        }
    }

    /// ISK and UGX lost their decimals in ISO 4217 but Stripe still sends hundredths; the ariary it sends whole.
    private static func stripe(_ currency: CurrencyCode) -> Int {
        switch currency {
        case "ISK", "UGX": 2
        case "MGA": 0
        default: iso(currency)
        }
    }
}

/// Three upper-case letters, packed so that a switch over codes compares numbers.
struct CurrencyCode: Equatable, Sendable {
    private let packed: UInt32

    /// Takes either case; nil unless three ASCII letters.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 3 else { return nil }
        var packed: UInt32 = 0
        for byte in bytes {
            let upper = byte & ~0x20
            guard upper >= UInt8(ascii: "A"), upper <= UInt8(ascii: "Z") else { return nil }
            packed = packed << 8 | UInt32(upper)
        }
        self.packed = packed
    }

    /// Appends the code without quotes.
    func append(to output: inout ByteBuffer) {
        output.append(UInt8(truncatingIfNeeded: packed >> 16))
        output.append(UInt8(truncatingIfNeeded: packed >> 8))
        output.append(UInt8(truncatingIfNeeded: packed))
    }

    /// The code as a provider writes it: Stripe's are in lower case, ISO 4217's in upper case.
    func text(in scale: CurrencyExponents.Scale) -> [UInt8] {
        var output = ByteBuffer()
        append(to: &output)
        return scale == .stripe ? output.bytes.map { $0 | 0x20 } : output.bytes
    }

    /// Lets a switch name codes as text.
    static func ~= (text: StaticString, code: CurrencyCode) -> Bool {
        let letters = text.utf8Start
        return UInt32(letters[0]) << 16 | UInt32(letters[1]) << 8 | UInt32(letters[2]) == code.packed
    }
}
