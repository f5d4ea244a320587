import Glibc
import Synchronization
import Verifiers

@testable import WebhookGateway

/// A listener on a loop in a thread of its own, with a handler that does what the path says.
///
///     /echo         answers with the peer's address and the body's length
///     /later        the same, some turns of the loop later
///     /large/<n>    answers with n bytes
///     /hold         is answered when the fixture says `release`
///     others        are refused before their body
final class ListenerFixture: Sendable {
    let port: UInt16
    private let remote: EventLoopRemote

    private struct Failure: Error {}

    init(
        _ limits: ServerLimits = ServerLimits(), tls: TLSMaterial? = nil, proxyProtocol: Bool = false,
        addresses: AddressQuota? = nil
    ) throws {
        signal(SIGPIPE, SIG_IGN)
        let socket = try Socket.listen(on: .ip(IPAddress(v4: 0x7F00_0001), port: 0), sharesPort: false)
        guard case .ip(_, let port) = try Socket.localAddress(socket.raw) else { throw Failure() }
        self.port = port
        let remote = try EventLoopRemote()
        self.remote = remote
        let raw = socket.release()
        try WorkerThread.start(named: "test-listener") {
            do {
                let loop = try EventLoop(remote: remote)
                let handler = ScriptedHandler(loop: loop)
                let options = ListenerOptions(
                    tls: try tls.map { try TLSServerContext($0) }, proxyProtocol: proxyProtocol, addresses: addresses)
                loop.resident = Resident(
                    handler: handler,
                    listener: try Listener(
                        FileDescriptor(owning: raw), handler: handler, limits: limits, options: options, loop: loop))
                try loop.run()
            } catch {
                close(raw)
            }
        }
    }

    deinit {
        remote.execute { loop in
            (loop.resident as? Resident)?.listener.abort()
            loop.stop()
        }
    }

    /// Asks the listener on its own thread, and waits for the answer.
    func ask<Value: Sendable>(_ question: @escaping @Sendable (Listener) throws -> Value) throws -> Value {
        try onLoop { try question($0.listener) }
    }

    /// What the handler was told of messages that were no requests.
    func rejections() throws -> [Int] { try onLoop { $0.handler.rejections } }

    /// How many requests were handled.
    func handled() throws -> Int { try onLoop { $0.handler.handled } }

    /// Answers what `/hold` keeps.
    func release() throws { try onLoop { $0.handler.release() } }

    /// Waits until `condition` holds; false when it does not within five seconds.
    func eventually(_ condition: @escaping @Sendable (Listener) -> Bool) throws -> Bool {
        for _ in 0..<500 {
            if try ask(condition) { return true }
            usleep(10_000)
        }
        return false
    }

    /// Waits until that many requests have been handled.
    func handles(_ count: Int) throws {
        try waitUntil("\(count) requests are handled") { try handled() >= count }
    }

    private func onLoop<Value: Sendable>(_ question: @escaping @Sendable (Resident) throws -> Value) throws -> Value {
        let done = ThreadGate()
        let box = Box<Value>()
        remote.execute { loop in
            box.value.withLock { box in
                guard let resident = loop.resident as? Resident else { return box = .failure(Failure()) }
                box = Result { try question(resident) }
            }
            done.open()
        }
        done.wait()
        guard let result = box.value.withLock({ $0 }) else { throw Failure() }
        return try result.get()
    }

    private final class Box<Value: Sendable>: Sendable {
        let value = Mutex<Result<Value, any Error>?>(nil)
    }

    private final class Resident {
        let handler: ScriptedHandler
        let listener: Listener

        init(handler: ScriptedHandler, listener: Listener) {
            self.handler = handler
            self.listener = listener
        }
    }
}

/// Opened once by one thread, waited for by another.
private final class ThreadGate: Sendable {
    private let ends: (read: Int32, write: Int32)

    init() {
        var ends: [Int32] = [-1, -1]
        _ = pipe(&ends)
        self.ends = (ends[0], ends[1])
    }

    deinit {
        close(ends.read)
        close(ends.write)
    }

    func open() {
        var byte: UInt8 = 1
        _ = write(ends.write, &byte, 1)
    }

    func wait() {
        var byte: UInt8 = 0
        _ = read(ends.read, &byte, 1)
    }
}

private final class ScriptedHandler: RequestHandler {
    private(set) var rejections: [Int] = []
    private(set) var handled = 0
    private var held: [(Exchange, Response)] = []
    private let loop: EventLoop

    init(loop: EventLoop) { self.loop = loop }

    func admit(_ request: Request, _ context: RequestContext) -> Admission {
        let path = String(decoding: request.path, as: UTF8.self)
        let isKnown = ["/echo", "/later", "/hold"].contains(path) || path.hasPrefix("/large/")
        guard isKnown else { return .refuse(Problem(.notFound, "nothing here").response(requestID: context.requestID)) }
        return .accept(maxBodyBytes: 1_000_000)
    }

    func handle(_ request: Request, _ context: RequestContext, _ exchange: Exchange) {
        handled += 1
        let path = String(decoding: request.path, as: UTF8.self)
        let text =
            "\(context.peer.map { $0.description } ?? "-") \(request.body.count) \(String(decoding: request.query ?? [], as: UTF8.self))"
        let response = Response(.ok, contentType: MediaType.text, body: Array(text.utf8))
        switch path {
        case "/later": loop.schedule(after: .milliseconds(5)) { exchange.reply(response) }
        case "/hold": held.append((exchange, response))
        case _ where path.hasPrefix("/large/"):
            let count = Int(path.dropFirst(7)) ?? 0
            exchange.reply(Response(.ok, contentType: MediaType.text, body: [UInt8](repeating: 0x78, count: count)))
        default: exchange.reply(response)
        }
    }

    func rejected(status: Int, detail: String, _ context: RequestContext) { rejections.append(status) }

    func release() {
        let all = held
        held = []
        for (exchange, response) in all {
            exchange.reply(response)
            // A second answer to the same request must not be taken for one to the next.
            exchange.reply(response)
        }
    }
}
