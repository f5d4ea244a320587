import Verifiers

/// An error of ClickHouse's: `Code: 27. DB::Exception: …`, with whatever status, or its code in a header.
/// https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
struct ClickHouseException {
    private let code: Int
    private let answer: APIAnswer

    /// Nil when the answer tells of none.
    init?(_ answer: APIAnswer) {
        self.answer = answer
        let header = answer.response.headers.first("x-clickhouse-exception-code").map { Array($0) }
        guard let code = header.flatMap({ Self.number($0[...]) }) ?? Self.code(in: answer.body) else { return nil }
        self.code = code
    }

    var verdict: BatchVerdict {
        let reason = answer.words
        return switch code {
        // REQUIRED_PASSWORD, UNKNOWN_USER, WRONG_PASSWORD, AUTHENTICATION_FAILED
        case 192, 193, 194, 516: .whole(.dead(.authentication, reason: reason))
        // READONLY, ACCESS_DENIED
        case 164, 497: .whole(.dead(.authorization, reason: reason))
        // UNKNOWN_TABLE, UNKNOWN_DATABASE
        case 60, 81: .whole(.dead(.configuration, reason: reason))
        // NO_SUCH_COLUMN_IN_TABLE, UNKNOWN_IDENTIFIER: only some rows may have the column.
        case 16, 47: .split(.dead(.configuration, reason: reason))
        // TOO_MANY_SIMULTANEOUS_QUERIES, QUOTA_EXCEEDED, TOO_MANY_PARTS
        case 202, 201, 252: .whole(.retry(.rateLimit, reason: reason, after: answer.retryAfter))
        // SYNTAX_ERROR
        case 62: .whole(.dead(.validation, reason: reason))
        case let code where Self.rowErrors.contains(code): .split(.dead(.dataError, reason: reason))
        // Time-outs, memory, Keeper, replicas, disks, and what is not known: they pass, or wait for a person.
        default: .whole(.retry(.providerError, reason: reason, after: answer.retryAfter))
        }
    }

    /// CANNOT_PARSE_TEXT, _ESCAPE_SEQUENCE, _QUOTED_STRING, _INPUT_ASSERTION_FAILED, CANNOT_READ_ALL_DATA,
    /// CANNOT_PARSE_DATE, _DATETIME, TYPE_MISMATCH, ARGUMENT_OUT_OF_BOUND, CANNOT_CONVERT_TYPE, CANNOT_PARSE_NUMBER,
    /// INCORRECT_DATA, TOO_LARGE_STRING_SIZE, CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN, CANNOT_PARSE_UUID,
    /// DECIMAL_OVERFLOW, CANNOT_PARSE_BOOL, VIOLATED_CONSTRAINT, UNKNOWN_ELEMENT_OF_ENUM
    private static let rowErrors: Set<Int> = [
        6, 25, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 131, 349, 376, 407, 467, 469, 691,
    ]

    private static let prefix = Array("Code: ".utf8)

    private static func code(in body: [UInt8]) -> Int? {
        let text = body.prefix(64).drop { $0 <= 0x20 }
        guard text.starts(with: prefix) else { return nil }
        return number(text.dropFirst(prefix.count).prefix { (0x30...0x39).contains($0) })
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        Int(String(decoding: digits.prefix(9), as: UTF8.self))
    }
}
