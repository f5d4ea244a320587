import Glibc

/// The running gateway's side of a takeover: waits on `<dataDirectory>/control.sock` for the process that replaces it.
///
/// The directory is 0700 and the kernel tells the peer's user: nobody else gets the sockets.
@ControlPlane
final class ControlSocket: @ControlPlane EventHandler {
    /// The gateway, as its successor's doorkeeper sees it.
    protocol Owner: AnyObject {
        /// What can be handed over, by name: descriptors stay the owner's. Nil: nothing at present.
        @ControlPlane func offer() async -> [(name: String, descriptor: Int32?)]?
        /// Accepts nothing more on the sockets of these names.
        @ControlPlane func suspend(_ names: Set<String>) async
        /// The successor has gone: accepts again.
        @ControlPlane func resume() async
        /// The successor serves: drain and end.
        @ControlPlane func handOver(_ names: Set<String>) async
    }

    private let descriptor: Int32
    private let path: String
    private let log: Log
    private weak var owner: (any Owner)?
    private var successor: Successor?
    private var isOpen = true

    /// Binds the socket; what lies there is of a process that is gone, since we hold the directory's lock.
    init(path: String, owner: any Owner, log: Log) throws(SystemError) {
        unlink(path)
        let socket = try Socket.listen(on: .unix(path: path), sharesPort: false)
        chmod(path, 0o600)
        descriptor = socket.release()
        self.path = path
        self.owner = owner
        self.log = log
        try ControlPlane.loop.register(descriptor, interest: .readable, handler: self)
    }

    /// Goes on with the socket of the gateway that this one took over from.
    init(inherited: Int32, path: String, owner: any Owner, log: Log) throws(SystemError) {
        descriptor = inherited
        self.path = path
        self.owner = owner
        self.log = log
        try ControlPlane.loop.register(descriptor, interest: .readable, handler: self)
    }

    func ready(_ events: IOEvents) {
        var peer: SocketAddress?
        do throws(SystemError) {
            while let socket = try Socket.accept(from: descriptor, peer: &peer) {
                guard DescriptorPassing.isOwnUser(socket.raw) else {
                    log.warning("a takeover by another user was refused")
                    continue
                }
                guard successor == nil else {
                    try DescriptorPassing.send(
                        Array("\(ControlProtocol.refused) another takeover is under way\n".utf8), to: socket.raw)
                    continue
                }
                successor = try Successor(socket, of: self)
            }
        } catch {
            log.warning("a takeover could not begin", ["reason": .text(error.description)])
        }
    }

    /// Closes the socket; its name goes too unless another process has it.
    func close(keepsName: Bool) {
        guard isOpen else { return }
        isOpen = false
        ControlPlane.loop.deregister(descriptor)
        _ = Glibc.close(descriptor)
        if !keepsName { unlink(path) }
    }

    // MARK: One takeover

    fileprivate func answer(to successor: Successor) async {
        guard let offer = await owner?.offer() else {
            return successor.refuse("it is stopping")
        }
        var descriptors: [Int32] = [descriptor]
        var words = ["\(getpid())", ControlProtocol.control]
        for (name, descriptor) in offer {
            words.append(name)
            if let descriptor { descriptors.append(descriptor) }
        }
        log.info("another process takes over", ["sockets": .number(descriptors.count - 2)])
        successor.send(words.joined(separator: " "), descriptors)
    }

    fileprivate func suspend(_ names: Set<String>, for successor: Successor) async {
        await owner?.suspend(names)
        successor.send(ControlProtocol.released)
    }

    fileprivate func handOver(_ names: Set<String>) async {
        successor = nil
        close(keepsName: true)
        await owner?.handOver(names)
    }

    fileprivate func lost(_ reason: String) async {
        log.warning("the process that was taking over has gone; this one goes on", ["reason": .text(reason)])
        await owner?.resume()
        successor = nil
    }
}

/// The connection to a process that takes over.
@ControlPlane
private final class Successor: @ControlPlane EventHandler {
    private enum Stage {
        case asked, offered, suspended, over
    }

    private let descriptor: Int32
    private unowned let server: ControlSocket
    private var input: [UInt8] = []
    private var stage: Stage? = nil
    private var names: Set<String> = []

    init(_ socket: consuming FileDescriptor, of server: ControlSocket) throws(SystemError) {
        descriptor = socket.release()
        self.server = server
        try ControlPlane.loop.register(descriptor, interest: .readable, handler: self)
        ControlPlane.loop.schedule(after: ControlProtocol.limit) { [weak self] in self?.fail("it took too long") }
    }

    func ready(_ events: IOEvents) {
        do throws(SystemError) {
            let (bytes, descriptors) = try DescriptorPassing.receive(from: descriptor)
            for stranger in descriptors { close(stranger) }
            guard !bytes.isEmpty else { return fail("it closed the connection") }
            input += bytes
            guard input.count <= ControlProtocol.longestLine else { return fail("it sent too much") }
            while stage != .over, let end = input.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: input[..<end], as: UTF8.self)
                input.removeSubrange(...end)
                received(line.split(separator: " ").map(String.init))
            }
        } catch {
            if error.code != EAGAIN, error.code != EINTR { fail(error.description) }
        }
    }

    private func received(_ words: [String]) {
        switch (stage, words.first) {
        case (nil, ControlProtocol.request):
            stage = .asked
            Task { await server.answer(to: self) }
        case (.offered, ControlProtocol.ready):
            stage = .suspended
            names = Set(words.dropFirst())
            Task { await server.suspend(names, for: self) }
        case (.suspended, ControlProtocol.done):
            end()
            Task { await server.handOver(names) }
        default: fail("it said something else than was expected")
        }
    }

    func send(_ line: String, _ descriptors: [Int32] = []) {
        guard stage != .over else { return }
        if stage == .asked { stage = .offered }
        do throws(SystemError) {
            // The kernel passes only so many at a time: the line goes in parts, each with some of them.
            var (bytes, rest) = (Array("\(line)\n".utf8)[...], descriptors[...])
            while rest.count > DescriptorPassing.mostDescriptors {
                let part = rest.prefix(DescriptorPassing.mostDescriptors)
                rest = rest.dropFirst(part.count)
                try DescriptorPassing.send([bytes.removeFirst()], Array(part), to: descriptor)
            }
            try DescriptorPassing.send(Array(bytes), Array(rest), to: descriptor)
        } catch {
            fail(error.description)
        }
    }

    func refuse(_ reason: String) {
        send("\(ControlProtocol.refused) \(reason)")
        fail(reason)
    }

    private func fail(_ reason: String) {
        guard stage != .over else { return }
        end()
        Task { await server.lost(reason) }
    }

    private func end() {
        stage = .over
        ControlPlane.loop.deregister(descriptor)
        close(descriptor)
    }
}
