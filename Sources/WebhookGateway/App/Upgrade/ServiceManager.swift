import CLinux
import Glibc

/// systemd, where it started this process: socket activation (sd_listen_fds(3)) and readiness (sd_notify(3)).
struct ServiceManager {
    /// Why sockets that were handed over cannot be used.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let firstDescriptor: Int32 = 3
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    /// The sockets that systemd listens on for this process. `FileDescriptorName=` tells what each is for: `listen`
    /// (providers) or `admin`; one without such a name is for providers.
    func sockets() throws(Failure) -> ListeningSockets {
        guard environment["LISTEN_PID"] == "\(getpid())", let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }),
            count > 0
        else { return ListeningSockets() }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        var sockets: [(purpose: ListeningSockets.Purpose, descriptor: Int32)] = []
        for index in 0..<min(count, 1024) {
            let descriptor = Self.firstDescriptor + index
            guard Socket.isListening(descriptor) else {
                throw Failure(
                    description:
                        "LISTEN_FDS: descriptor \(descriptor) is no listening stream socket; use ListenStream= and Accept=no in the socket unit"
                )
            }
            // A child must not hold the port open.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            let name = names.indices.contains(Int(index)) ? String(names[Int(index)]) : ""
            sockets.append((ListeningSockets.Purpose(rawValue: name) ?? .listen, descriptor))
        }
        return ListeningSockets(.systemd, sockets)
    }

    /// The gateway serves. `MAINPID` matters after a takeover: another process is the service now.
    func tellReady() { notify("READY=1\nMAINPID=\(getpid())") }

    func tellStopping() { notify("STOPPING=1") }

    private func notify(_ state: String) {
        guard let path = environment["NOTIFY_SOCKET"], path.hasPrefix("/") || path.hasPrefix("@") else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { return }
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: path.utf8)
            // "@" stands for the zero byte of an abstract name.
            if path.hasPrefix("@") { $0[0] = 0 }
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size - room + path.utf8.count)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, state, state.utf8.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
