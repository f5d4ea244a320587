import Verifiers

extension ULID {
    /// Appends the text form.
    func append(to output: inout ByteBuffer) {
        output.append(room: Self.textLength) { buffer in
            write(to: buffer)
            return Self.textLength
        }
    }
}
