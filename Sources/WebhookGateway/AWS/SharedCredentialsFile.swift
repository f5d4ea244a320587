import Glibc
import Verifiers

/// The file that the AWS command line keeps credentials in.
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
enum SharedCredentialsFile {
    /// Where it is; nil when there is no home either.
    static func path(_ environment: [String: String]) -> String? {
        if let path = environment["AWS_SHARED_CREDENTIALS_FILE"], !path.isEmpty { return path }
        return environment["HOME"].map { "\($0)/.aws/credentials" }
    }

    /// The credentials of a section; nil when the file or the section is not there.
    static func credentials(
        at path: String, profile: String
    ) throws(MasterKeyFailure) -> AWSCredentials? {
        var bytes: [UInt8]
        do throws(SystemError) {
            bytes = try HostFile.read(path)
        } catch {
            if error.code == ENOENT || error.code == ENOTDIR { return nil }
            throw MasterKeyFailure(
                description: "AWS credentials: \(path) cannot be read (\(error)); make it readable for this user")
        }
        defer { SecretBytes.wipe(&bytes) }
        guard let values = section(profile, of: bytes) else { return nil }
        guard let id = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else {
            throw MasterKeyFailure(
                description:
                    "AWS credentials: the section [\(profile)] of \(path) has no aws_access_key_id with an aws_secret_access_key; add them, or name another section by vault.kms.profile or AWS_PROFILE"
            )
        }
        return AWSCredentials(
            accessKeyID: id, secretKey: Secret(origin: .file(path), bytes: Array(secret.utf8)),
            sessionToken: values["aws_session_token"].map { Secret(origin: .file(path), bytes: Array($0.utf8)) })
    }

    /// The settings of a section; a later line of the same name counts. Nil when there is no such section.
    static func section(_ name: String, of bytes: [UInt8]) -> [String: String]? {
        var values: [String: String]?
        var isInside = false
        for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let text = String(decoding: line.trimmingWhitespace, as: UTF8.self)
            if text.isEmpty || text.hasPrefix("#") || text.hasPrefix(";") { continue }
            if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
                let title = text[text.index(after: text.startIndex)..<end].split(whereSeparator: \.isWhitespace)
                isInside = title.joined(separator: " ") == name
                if isInside { values = values ?? [:] }
            } else if isInside, let equals = text.firstIndex(of: "=") {
                let key = text[..<equals].split(whereSeparator: \.isWhitespace).joined()
                let value = text[text.index(after: equals)...].drop { $0 == " " || $0 == "\t" }
                values?[key] = value.isEmpty ? nil : String(value)
            }
        }
        return values
    }
}
