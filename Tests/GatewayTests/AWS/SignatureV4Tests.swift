import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

/// Against AWS' own test suite: fixtures/vectors/aws-signature-v4.json.
struct SignatureV4Tests {
    struct Suite: Decodable {
        struct Case: Decodable, Sendable, CustomTestStringConvertible {
            struct Context: Decodable, Sendable {
                struct Credentials: Decodable, Sendable {
                    var access_key_id: String
                    var secret_access_key: String
                    var token: String?
                }
                var credentials: Credentials
                var region: String
                var service: String
                var timestamp: String
                var sign_body: Bool
                var omit_session_token: Bool?
            }
            var name: String
            var request: String
            var context: Context
            var canonicalRequest: String
            var stringToSign: String
            var signature: String

            var testDescription: String { name }
        }
        var cases: [Case]
    }

    private static let cases: [Suite.Case] = {
        do {
            let text = try ConfigurationSamples.repositoryFile("fixtures/vectors/aws-signature-v4.json")
            return try JSONDecoder().decode(Suite.self, from: Data(text.utf8)).cases
        } catch {
            Issue.record(error)
            return []
        }
    }()

    @Test func `the suite is there`() {
        #expect(Self.cases.count == 32)
    }

    @Test(arguments: cases) func `a request is signed as AWS' test suite says`(_ example: Suite.Case) throws {
        var request = try Self.request(example.request)
        let context = example.context
        let moment = try #require(Timestamp(rfc3339: Array(context.timestamp.utf8)[...]))
        if context.sign_body {
            request.headers.append(("x-amz-content-sha256", SHA256Hash.hex(of: request.body[...])))
        }
        var credentials = AWSCredentials(
            accessKeyID: context.credentials.access_key_id,
            secretKey: Secret(origin: .literal, bytes: Array(context.credentials.secret_access_key.utf8)))
        if context.omit_session_token != true {
            credentials.sessionToken = context.credentials.token.map {
                Secret(origin: .literal, bytes: Array($0.utf8))
            }
        }
        SignatureV4(credentials: credentials, region: context.region, service: context.service)
            .sign(&request, at: moment)
        let last = request.headers.popLast()
        let authorization = try #require(last)
        #expect(authorization.name == "Authorization")
        #expect(SignatureV4.canonical(request).request == example.canonicalRequest)
        #expect(authorization.value.hasSuffix(", Signature=\(example.signature)"))
        let time = SignatureV4.time(moment)
        let scope = "\(time.prefix(8))/\(context.region)/\(context.service)/aws4_request"
        #expect(SignatureV4.stringToSign(example.canonicalRequest, time: time, scope: scope) == example.stringToSign)
    }

    /// Reads the suite's requests: start line, headers (a line that begins with white space continues one), body.
    private static func request(_ text: String) throws -> OutboundRequest {
        var url = try OutboundURL("https://example.amazonaws.com")
        let halves = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = halves[0].split(separator: "\n")
        let method = lines[0].prefix { $0 != " " }
        url.target = String(lines[0].dropFirst(method.count + 1).dropLast(" HTTP/1.1".count))
        var headers: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            if line.hasPrefix(" ") {
                headers[headers.count - 1].value += "\n\(line)"
                continue
            }
            let name = line.prefix { $0 != ":" }
            if name != "Host" { headers.append((String(name), String(line.dropFirst(name.count + 1)))) }
        }
        return OutboundRequest(
            HTTPMethod(Array(method.utf8).span), url, headers: headers,
            body: halves.count == 2 ? Array(halves[1].utf8) : [])
    }
}
