/// One kind of input from outside, read by the parsers that read it in the gateway.
///
/// A target is a file here named after it, with a type `<Name>Target`, and seeds in `corpus/<Name>/`. scripts/fuzz puts
/// libFuzzer in front of it; the tests replay its seeds.
protocol FuzzTarget: SendableMetatype {
    /// Reads the input and traps when a promise is broken, whatever the bytes are.
    static func check(_ input: [UInt8])
}
