import Testing
import Verifiers

@testable import WebhookGateway

@Suite struct ConnectionStateTests {
    private let get = latin1("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
    private let post = latin1("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    private let waiting = latin1("POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")

    @Test func `a whole request is dispatched as slices of the bytes received`() throws {
        let connection = Driver()
        let scratch = [0, 0] + post + [0, 0]
        connection.received(scratch[2..<2 + post.count])
        let head = try #require(connection.head)
        #expect(head.body.isEmpty)
        connection.accept(maxBodyBytes: 5)
        let request = try #require(connection.dispatched)
        #expect(request.body.startIndex == 2 + post.count - 5)
        #expect(request.headers.first("host").map(Array.init) == latin1("a"))
        #expect(request.headers.first("CONTENT-LENGTH").map(Array.init) == latin1("5"))
        #expect(connection.heldBytes == 0)
    }

    @Test func `a request in pieces is copied, and the copy goes with its answer`() throws {
        let connection = Driver()
        for (index, byte) in post.enumerated() {
            connection.received([byte])
            if index == post.count - 6 {
                _ = try #require(connection.head)
                connection.accept(maxBodyBytes: 5)
            }
            if index < post.count - 1 {
                #expect(connection.needsMore)
                #expect(connection.heldBytes == index + 1)
                #expect(connection.stage == (index < post.count - 6 ? .head : .body))
            }
        }
        let request = try #require(connection.dispatched)
        #expect(Array(request.body) == latin1("hello"))
        #expect(connection.waits == true)
        #expect(connection.heldBytes == 0)
        connection.replied()
        #expect(connection.needsMore)
        #expect(connection.stage == .idle)
    }

    @Test func `pipelined requests wait their turn and are bounded`() throws {
        var limits = HTTPLimits()
        limits.maxPipelinedBytes = 40
        let connection = Driver(limits: limits)
        connection.received(get[...])
        _ = connection.head
        connection.accept(maxBodyBytes: 0)
        _ = try #require(connection.dispatched)
        connection.received(get[...])
        #expect(connection.waits == true)
        connection.received(post[...])
        #expect(connection.waits == false)
        connection.replied()
        for target in ["/1", "/2"] {
            let head = try #require(connection.head)
            #expect(String(decoding: head.target, as: UTF8.self) == target)
            connection.accept(maxBodyBytes: 100)
            let request = try #require(connection.dispatched)
            #expect(request.headers.first("host").map(Array.init) == latin1("a"))
            connection.replied()
        }
        #expect(connection.needsMore)
        #expect(connection.heldBytes == 0)
    }

    @Test func `a body over the limit is refused before it is read`() throws {
        let connection = Driver()
        connection.received(post.dropLast(5))
        _ = try #require(connection.head)
        connection.accept(maxBodyBytes: 4)
        #expect(connection.rejection == .bodyTooLarge)
        #expect(connection.closes)
    }

    @Test func `nothing is kept of what follows a refusal`() throws {
        let connection = Driver()
        connection.received(latin1("GET / HTTP/1.1\nHost: a\r\n\r\n")[...])
        #expect(connection.rejection == .bareLineFeed)
        connection.received(get[...])
        #expect(connection.closes)
        #expect(connection.heldBytes == 0)
        #expect(connection.stage == .closing)
    }

    @Test func `100 Continue is sent once, to a client that has sent nothing of the body`() throws {
        let connection = Driver()
        connection.received(waiting[...])
        _ = try #require(connection.head)
        connection.accept(maxBodyBytes: 5)
        #expect(connection.sendsContinue)
        #expect(connection.needsMore)
        connection.received(latin1("hel")[...])
        #expect(connection.needsMore)
        connection.received(latin1("lo")[...])
        let request = try #require(connection.dispatched)
        #expect(Array(request.body) == latin1("hello"))
    }

    @Test func `a client that has begun its body gets no 100 Continue`() throws {
        let connection = Driver()
        connection.received((waiting + latin1("h"))[...])
        _ = try #require(connection.head)
        connection.accept(maxBodyBytes: 5)
        #expect(connection.needsMore)
    }

    @Test func `a client that has begun its chunks gets no 100 Continue`() throws {
        let connection = Driver()
        let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.received(latin1(head + "5\r\nhe")[...])
        _ = try #require(connection.head)
        connection.accept(maxBodyBytes: 5)
        #expect(connection.needsMore)
    }

    @Test func `a chunked body grows apart from the head`() throws {
        let connection = Driver()
        let head = latin1("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.received(head[...])
        _ = try #require(connection.head)
        connection.accept(maxBodyBytes: 3000)
        for _ in 0..<3 {
            connection.received(latin1("3E8\r\n" + String(repeating: "x", count: 1000) + "\r\n")[...])
            #expect(connection.needsMore)
        }
        #expect(connection.heldBytes == head.count + 3000)
        connection.received(latin1("0\r\n\r\n")[...])
        let request = try #require(connection.dispatched)
        #expect(request.body.count == 3000)
        #expect(String(decoding: request.target, as: UTF8.self) == "/")
    }

    @Test(arguments: [0, 3, 5]) func `a refused body that is small is skipped`(sent: Int) throws {
        let connection = Driver()
        connection.received(post.dropLast(5 - sent))
        _ = try #require(connection.head)
        connection.refuse()
        #expect(connection.connectionOption == .implicit)
        connection.replied()
        #expect(connection.needsMore)
        connection.received(post.suffix(5 - sent) + get)
        let next = try #require(connection.head)
        #expect(String(decoding: next.target, as: UTF8.self) == "/1")
    }

    @Test(arguments: [
        "Content-Length: 70000", "Transfer-Encoding: chunked", "Content-Length: 5\r\nExpect: 100-continue",
    ])
    func `a refused body of another kind ends the connection`(field: String) throws {
        let connection = Driver()
        connection.received(
            latin1("POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n")[...])
        _ = try #require(connection.head)
        connection.refuse()
        #expect(connection.connectionOption == .close)
        connection.replied()
        #expect(connection.closes)
    }

    @Test func `a client that closes its side still gets its answers`() throws {
        let connection = Driver()
        connection.received((get + get + get.dropLast(2))[...])
        connection.receivedEnd()
        for _ in 0..<2 {
            _ = try #require(connection.head)
            connection.accept(maxBodyBytes: 0)
            _ = try #require(connection.dispatched)
            #expect(connection.waits == false)
            connection.replied()
        }
        #expect(connection.closes)
    }

    @Test func `draining ends the connection after the answer in work`() throws {
        let connection = Driver()
        connection.received((get + get)[...])
        _ = try #require(connection.head)
        connection.accept(maxBodyBytes: 0)
        _ = try #require(connection.dispatched)
        #expect(connection.connectionOption == .implicit)
        connection.drain()
        #expect(connection.connectionOption == .close)
        connection.replied()
        #expect(connection.closes)
    }

    @Test func `an HTTP 1.0 client that asks is told that the connection lives`() throws {
        let connection = Driver()
        connection.received(latin1("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")[...])
        _ = try #require(connection.head)
        #expect(connection.connectionOption == .keepAlive)
    }

    @Test func `a kept copy of a request outlives the buffer`() throws {
        let connection = Driver()
        var scratch = post
        connection.received(scratch[...])
        _ = try #require(connection.head)
        connection.accept(maxBodyBytes: 5)
        let request = try #require(connection.dispatched).copied()
        _ = connection.waits
        for index in scratch.indices { scratch[index] = 0 }
        #expect(Array(request.body) == latin1("hello"))
        #expect(request.methodName == "POST")
    }
}

/// A connection whose next action is asked for as the one that a test expects; nil or false when it is another.
private final class Driver {
    private var state: ConnectionState

    init(limits: HTTPLimits = HTTPLimits()) {
        state = ConnectionState(limits: limits)
    }

    var stage: ConnectionState.Stage { state.stage }
    var heldBytes: Int { state.heldBytes }
    var connectionOption: ConnectionOption { state.connectionOption }

    func received(_ bytes: ArraySlice<UInt8>) { state.received(bytes) }
    func receivedEnd() { state.receivedEnd() }
    func accept(maxBodyBytes: Int) { state.accept(maxBodyBytes: maxBodyBytes) }
    func refuse() { state.refuse() }
    func replied() { state.replied() }
    func drain() { state.drain() }

    var head: Request? {
        if case .head(let request) = state.next() { return request }
        return nil
    }

    var dispatched: Request? {
        if case .dispatch(let request) = state.next() { return request }
        return nil
    }

    var rejection: ParseError? {
        if case .reject(let error) = state.next() { return error }
        return nil
    }

    var waits: Bool? {
        if case .waiting(let readOn) = state.next() { return readOn }
        return nil
    }

    var needsMore: Bool {
        if case .needMore = state.next() { return true }
        return false
    }

    var sendsContinue: Bool {
        if case .sendContinue = state.next() { return true }
        return false
    }

    var closes: Bool {
        if case .close = state.next() { return true }
        return false
    }
}
