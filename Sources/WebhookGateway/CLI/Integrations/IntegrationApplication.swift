import Verifiers

/// `integrations apply`: makes the managed integrations what a file says, or tells what that would change.
@ControlPlane
struct IntegrationApplication {
    /// One step.
    struct Step {
        enum Kind: String {
            case create, update, delete
        }

        var kind: Kind
        var id: Integration.ID
        /// What changes, in words.
        var what: [String]
        var form: IntegrationForm?
        var before: IntegrationForm?
        /// Credentials to set, in clear.
        var credentials: [String: String] = [:]
        /// Of what is there.
        var version: String?
        var name: String?
    }

    let client: AdminClient
    let resolver: SecretResolver

    /// The steps from what is there to what the file says.
    ///
    /// - Parameter prunes: whether what the file does not have is deleted.
    func plan(_ forms: [IntegrationForm], prunes: Bool) async throws -> [Step] {
        let rows = try await client.list("/integrations", [("origin", "managed")], limit: .max).rows
        var there: [Integration.ID: Row] = [:]
        for row in rows { if let id = row["id"].flatMap(Integration.ID.init) { there[id] = row } }
        var steps: [Step] = []
        for form in forms {
            let credentials = try resolved(form)
            let row = there[form.id]
            guard row?["status"] != IntegrationView.Status.damaged.rawValue else {
                throw IntegrationForm.Malformed(
                    description: "\(form.id) is there as a record that is damaged; delete it first")
            }
            guard let row, let before = IntegrationForm(row) else {
                let names = credentials.keys.sorted().map { "credentials.\($0)" }
                steps.append(Step(kind: .create, id: form.id, what: names, form: form, credentials: credentials))
                continue
            }
            guard before.type == form.type else {
                throw IntegrationForm.Malformed(
                    description: "\(form.id) is of type \(before.type) and cannot become \(form.type); delete it first")
            }
            let changed = credentials.filter { name, text in !Self.isSet(name, text, row) }
            let what = form.differences(from: before) + changed.keys.sorted().map { "credentials.\($0)" }
            guard !what.isEmpty else { continue }
            steps.append(
                Step(
                    kind: .update, id: form.id, what: what, form: form, before: before, credentials: changed,
                    version: row["version"]))
        }
        guard prunes else { return steps }
        let kept = Set(forms.map(\.id))
        return steps
            + there.keys.filter { !kept.contains($0) }.sorted { $0.description < $1.description }.map { id in
                Step(kind: .delete, id: id, what: [], version: there[id]?["version"], name: there[id]?["name"])
            }
    }

    /// Does one step.
    func perform(_ step: Step) async throws {
        let path = "/integrations/\(AdminCall.encoded(step.id.description))"
        let match = step.version.map { [("If-Match", "\"\($0)\"")] } ?? []
        switch (step.kind, step.form) {
        case (.create, let form?):
            _ = try await client.post("/integrations", form.body(step.credentials, before: nil))
        case (.update, let form?):
            _ = try await client.patch(path, form.body(step.credentials, before: step.before), match)
        case (.delete, _): try await client.delete(path, [("name", step.name)], match)
        case (.create, nil), (.update, nil): break
        }
    }

    /// Whether a credential has that value already, going by its last characters; a short one never tells.
    private static func isSet(_ name: String, _ text: String, _ row: Row) -> Bool {
        guard let ending = Integration.Credential.ending(of: text) else { return false }
        return row.rows("credentials").contains { $0["name"] == name && $0["ending"] == ending }
    }

    private func resolved(_ form: IntegrationForm) throws -> [String: String] {
        var result: [String: String] = [:]
        for (name, reference) in form.credentials {
            do throws(SecretResolver.Unresolved) {
                result[name] = try resolver.resolve(reference).text
            } catch {
                throw IntegrationForm.Malformed(
                    description: "\(form.id).credentials.\(name): \(error.message); \(error.remedy)")
            }
        }
        return result
    }
}
