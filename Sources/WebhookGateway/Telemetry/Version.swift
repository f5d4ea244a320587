/// The program's release, in the one place where it is written.
enum Version {
    static let number = "0.1.0"
}
