import CLinux
import Glibc
import Verifiers

/// A host name that could not be turned into addresses.
struct ResolutionFailure: Error, Equatable, Sendable, CustomStringConvertible {
    var host: String
    var reason: String

    var description: String { "the host name \(host) cannot be resolved: \(reason)" }
}

/// Turns host names into addresses with the system's resolver, off the loop's thread.
enum Resolver {
    /// Resolves `host`; an IP address in text form is answered at once, without the system's help.
    static func resolve(
        _ host: String, port: UInt16, on loop: EventLoop,
        then completion: @escaping (Result<[SocketAddress], ResolutionFailure>) -> Void
    ) {
        if let address = IPAddress(host) {
            completion(.success([.ip(address, port: port)]))
            return
        }
        do throws(SystemError) {
            try loop.offload({ lookUp(host, port: port) }, then: completion)
        } catch {
            completion(.failure(ResolutionFailure(host: host, reason: error.description)))
        }
    }

    /// Asks the system; blocks.
    static func lookUp(_ host: String, port: UInt16) -> Result<[SocketAddress], ResolutionFailure> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            return .failure(ResolutionFailure(host: host, reason: String(cString: gai_strerror(code))))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            guard let system = entry.pointee.ai_addr else { continue }
            var storage = sockaddr_storage()
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(
                    from: UnsafeRawBufferPointer(start: system, count: min(Int(entry.pointee.ai_addrlen), $0.count)))
            }
            if case .ip(let address, _) = SocketAddress(storage) { addresses.append(.ip(address, port: port)) }
        }
        return addresses.isEmpty
            ? .failure(ResolutionFailure(host: host, reason: "it has no address")) : .success(addresses)
    }
}
