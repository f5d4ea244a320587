import CLinux
import Glibc

/// Open descriptors that travel with bytes over a unix socket (SCM_RIGHTS, unix(7)).
enum DescriptorPassing {
    static let mostDescriptors = Int(wg_most_descriptors)

    /// Sends bytes with copies of the descriptors attached, all at once.
    static func send(_ bytes: [UInt8], _ descriptors: [Int32] = [], to socket: Int32) throws(SystemError) {
        let sent = wg_send_descriptors(socket, bytes, bytes.count, descriptors, Int32(descriptors.count))
        guard sent == bytes.count else { throw SystemError("sendmsg", code: sent < 0 ? errno : EMSGSIZE) }
    }

    /// Receives what is there, the descriptors closed on exec; no bytes: the peer has closed.
    static func receive(from socket: Int32) throws(SystemError) -> (bytes: [UInt8], descriptors: [Int32]) {
        var descriptors = [Int32](repeating: -1, count: mostDescriptors)
        var count: Int32 = 0
        var bytes = [UInt8](repeating: 0, count: 4096)
        let received = wg_receive_descriptors(socket, &bytes, bytes.count, &descriptors, &count)
        guard received >= 0 else { throw SystemError("recvmsg") }
        return (Array(bytes.prefix(received)), Array(descriptors.prefix(Int(count))))
    }

    /// Whether the process at the other end runs as this user, by the kernel's word.
    static func isOwnUser(_ socket: Int32) -> Bool {
        var user = uid_t()
        return wg_peer_user(socket, &user) == 0 && user == geteuid()
    }
}
