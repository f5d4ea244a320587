import COpenSSL
import Glibc

@testable import WebhookGateway

/// A self-signed certificate, made by the openssl command in a folder of its own.
struct TestCertificate: Sendable {
    let certificate: String
    let key: String

    /// - Parameter names: subjectAltName, as openssl writes it ("DNS:localhost").
    init(names: String, in folder: borrowing TemporaryFolder, called name: String = "server") throws {
        certificate = folder.path + "/\(name).crt"
        key = folder.path + "/\(name).key"
        let arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=webhook-gateway test", "-addext", "subjectAltName=\(names)", "-keyout", key, "-out",
            certificate,
        ]
        var process = pid_t()
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        let code = posix_spawnp(&process, "openssl", &actions, nil, &pointers, environ)
        guard code == 0 else { throw SystemError("posix_spawnp openssl", code: code) }
        var status: Int32 = 0
        guard waitpid(process, &status, 0) == process, status == 0 else { throw SystemError("openssl req", code: EIO) }
    }
}

extension TestCertificate {
    /// Has it end yesterday, which the openssl command cannot.
    func expire() throws {
        guard let input = BIO_new_file(certificate, "r"), let keyInput = BIO_new_file(key, "r") else {
            throw SystemError("BIO_new_file", code: ENOENT)
        }
        defer {
            BIO_free(input)
            BIO_free(keyInput)
        }
        guard let document = PEM_read_bio_X509(input, nil, nil, nil),
            let key = PEM_read_bio_PrivateKey(keyInput, nil, nil, nil)
        else { throw SystemError("PEM_read_bio", code: EINVAL) }
        defer {
            X509_free(document)
            EVP_PKEY_free(key)
        }
        X509_gmtime_adj(X509_getm_notBefore(document), -2 * 86_400)
        X509_gmtime_adj(X509_getm_notAfter(document), -86_400)
        guard X509_sign(document, key, EVP_sha256()) > 0, let output = BIO_new_file(certificate, "w") else {
            throw SystemError("X509_sign", code: EINVAL)
        }
        defer { BIO_free(output) }
        guard PEM_write_bio_X509(output, document) == 1 else { throw SystemError("PEM_write_bio_X509", code: EIO) }
    }
}

/// A folder that goes away with its value.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() throws {
        var template = Array("/tmp/webhook-gateway-test.XXXXXX\0".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("mkdtemp") }
        path = String(cString: made)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        guard let directory = opendir(path) else {
            unlink(path)
            return
        }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { remove("\(path)/\(name)") }
        }
        closedir(directory)
        rmdir(path)
    }
}
