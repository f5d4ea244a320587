import Verifiers

/// Why a connection ended before its first request.
enum OpeningFailure: Error {
    case proxyHeader
    case handshake
    case lost
}

/// What comes before the first request: the load balancer's PROXY header, then the TLS handshake. Both have to be
/// through within the time that a head may take.
final class ConnectionOpening {
    private var header: ProxyHeaderParser?
    private let tls: TLSServerContext?
    private var hasBegunTLS = false

    /// Nil when the listener expects neither.
    init?(proxyProtocol: Bool, tls: TLSServerContext?) {
        guard proxyProtocol || tls != nil else { return nil }
        header = proxyProtocol ? ProxyHeaderParser() : nil
        self.tls = tls
    }

    /// What the PROXY header said, once it has been read.
    private(set) var client: IPAddress?

    /// Goes on as far as the bytes that have come allow; true when requests may follow.
    func advance(_ stream: ByteStream, scratch: inout [UInt8]) throws(OpeningFailure) -> Bool {
        guard try readHeader(stream, &scratch) else { return false }
        guard let tls else { return true }
        do throws(StreamError) {
            if !hasBegunTLS {
                hasBegunTLS = true
                stream.secure(with: try tls.session(on: stream.descriptor))
            }
            return try stream.continueHandshake()
        } catch {
            throw .handshake
        }
    }

    /// Takes no byte that follows the header: under TLS it is OpenSSL's to read.
    private func readHeader(_ stream: ByteStream, _ scratch: inout [UInt8]) throws(OpeningFailure) -> Bool {
        while var parser = header {
            switch scratch.withUnsafeMutableBytes({ stream.peek(into: $0) }) {
            case .wouldBlock: return false
            case .end, .failed: throw .lost
            case .bytes(let available):
                let count: Int
                do throws(ProxyHeaderError) {
                    count = try parser.parse(scratch.span.extracting(first: available))
                } catch {
                    throw .proxyHeader
                }
                guard case .bytes(count) = take(count, from: stream, &scratch) else { throw .lost }
                header = parser.isFinished ? nil : parser
                client = parser.client
            }
        }
        return true
    }

    private func take(_ count: Int, from stream: ByteStream, _ scratch: inout [UInt8]) -> ReadResult {
        scratch.withUnsafeMutableBytes { stream.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<count])) }
    }
}
