import Verifiers

/// One field of the event's data: the first of several sources that has a value, transformed.
final class Field: Sendable {
    /// The field's way through `data` ("customer.id").
    let target: String
    let sources: [FieldSource]
    /// What is done to the value whichever source it came from.
    let transforms: [Transform]
    let isRequired: Bool
    /// What stands in when no source has a value.
    let fallback: Constant?

    init(
        target: String, sources: [FieldSource], transforms: [Transform] = [], isRequired: Bool = false,
        fallback: Constant? = nil
    ) {
        self.target = target
        self.sources = sources
        self.transforms = transforms
        self.isRequired = isRequired
        self.fallback = fallback
    }

    /// The field's value; nil when it is to be left out.
    func value(in scope: MappingScope) throws(MappingFailure.Field) -> MappedValue? {
        do throws(TransformProblem) {
            for source in sources {
                guard let value = try source.value(in: scope) else { continue }
                if let result = try FieldSource.apply(transforms, to: value, scope) { return result }
            }
        } catch {
            throw failure(error.reason, in: scope)
        }
        if let fallback { return fallback.value }
        if isRequired { throw failure("it is required and no source has a value", in: scope) }
        return nil
    }

    private func failure(_ reason: String, in scope: MappingScope) -> MappingFailure.Field {
        MappingFailure.Field(
            target: target, sources: sources.flatMap(\.pathTexts),
            found: sources.flatMap { $0.shapesFound(in: scope) } + transforms.flatMap { $0.shapesFound(in: scope) },
            reason: reason)
    }
}

/// A list in the event's data: one object for each value that a plural path leads to.
final class ItemList: Sendable {
    let target: String
    let path: FieldPath
    let isRequired: Bool
    /// The fields of one item; their paths start at the item.
    let members: [TargetNode]

    init(target: String, path: FieldPath, isRequired: Bool, members: [TargetNode]) {
        self.target = target
        self.path = path
        self.isRequired = isRequired
        self.members = members
    }
}
