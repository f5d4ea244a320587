/// A validated JSON text as a flat list of nodes over its bytes: one pass, no tree, no copy; reusable.
///
/// The bytes are kept as a slice and the nodes are offsets into it. `read` may be called again and again on one
/// document: its node list keeps its capacity, so that a steady stream of bodies allocates nothing.
public struct JSONDocument: Sendable {
    /// A value in the document: its place in the node list.
    public struct Node: Equatable, Hashable, Sendable {
        /// Index into the node list.
        public var index: Int32
        /// The whole document.
        public static let root = Node(index: 0)
    }
}
