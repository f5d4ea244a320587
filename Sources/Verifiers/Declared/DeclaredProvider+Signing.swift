extension DeclaredProvider {
    /// Signs a sample by the first proof, with its first secret; public keys cannot sign, and then it stays unsigned.
    public func sign(_ sample: inout Sample) {
        for header in definition.sampleHeaders where !sample.hasHeader(header.name) {
            sample.setHeader(header.name, header.value)
        }
        let method = sample.method
        guard let check = checks.first(where: { check in isOffered(check.proof, by: method) }) else { return }
        let proof = check.proof
        for condition in proof.conditions {
            // What marks a request as one of this proof (a version in a header) belongs to the signature.
            if case .header(let name) = condition.place, let text = condition.texts?.first {
                sample.setHeader(name, text)
            }
        }
        switch proof.kind {
        case .basic:
            guard let secret = settings.secrets.first else { return }
            sample.setHeader("Authorization", "Basic " + String(decoding: Base64.encode(secret[...]), as: UTF8.self))
        case .urlSecret:
            guard let secret = settings.secrets.first else { return }
            let encoded = String(decoding: PercentEncoding.encode(proof.bare(secret)[...]), as: UTF8.self)
            let name = String(decoding: PercentEncoding.encode(check.parameter[...]), as: UTF8.self)
            sample.target = MailchimpTarget.setting(name, to: encoded, in: sample.target)
        case .shared:
            guard let secret = settings.secrets.first, let rule = proof.signature else { return }
            let text = String(decoding: proof.bare(secret), as: UTF8.self)
            place(rule.header(text, timestamp: nil, timestampKey: nil), at: rule.places, in: &sample)
        case .hmac, .hash, .signature: signText(&sample, check)
        case .none: break
        }
    }

    /// Proofs that only GET requests carry are not for samples.
    private func isOffered(_ proof: Proof, by method: String) -> Bool {
        !proof.conditions.contains { condition in
            if case .header = condition.place { return condition.texts == nil && condition.isPresent }
            return false
        }
    }

    private func signText(_ sample: inout Sample, _ check: ProofCheck) {
        let proof = check.proof
        guard let rule = proof.signature else { return }
        let timestamp = proof.timestamp.map { $0.text(sample.now) }
        var timestampKey: String?
        if let timestamp, let places = proof.timestamp?.places {
            if case .field(let name)? = places.first {
                timestampKey = name
            } else {
                place(timestamp, at: places, in: &sample)
            }
        }
        let delivery = Delivery(unsigned: sample)
        let values = RequestValues(delivery, contents: definition.contents)
        var input = SignedInput(values: values, body: sample.body[...], url: check.url)
        input.timestamp = Array((timestamp ?? "").utf8)[...]
        if !proof.id.isEmpty {
            var id = values.first(of: proof.id).map { Array($0) } ?? Array("msg_\(FreshIdentity.hex(serial: 0))".utf8)
            // A token that was used already would prove nothing else.
            if !proof.singleUse.isEmpty { id = Hex.encode(EntropySource.bytes(25)[...]) }
            place(String(decoding: id, as: UTF8.self), at: proof.id, in: &sample)
            input.id = id[...]
            input.body = sample.body[...]
        }
        let bytes: [UInt8]?
        switch check.keys {
        case .hmac(let keys):
            guard let key = keys.first?.key else { return }
            key.restart()
            let isWhole = input.feed(proof.signed, to: { key.update($0) })
            let code = key.finish()
            bytes = isWhole ? code.bytes : nil
        case .hash(let keys, let algorithm):
            guard let key = keys.first?.key else { return }
            bytes = input.bytes(proof.signed, secret: key).map { algorithm.digest(of: $0[...]).bytes }
        case .asymmetric(let keys):
            let text = input.bytes(proof.signed)
            bytes = text.flatMap { text in keys.lazy.compactMap { $0.key.signature(of: text) }.first }
        case .digests, .none: bytes = nil
        }
        guard let bytes else { return }
        let text = rule.header(rule.encoding.text(of: bytes), timestamp: timestamp, timestampKey: timestampKey)
        place(text, at: rule.places, in: &sample)
    }

    /// Writes a text at the place of several that the sample has already, else at the first.
    private func place(_ text: String, at places: [Place], in sample: inout Sample) {
        let isThere = places.first { place in
            if case .header(let name) = place { sample.hasHeader(name) } else { false }
        }
        switch isThere ?? places.first {
        case .header(let name)?: sample.setHeader(name, text)
        case .query(let name)?:
            let value = String(decoding: PercentEncoding.encode(Array(text.utf8)[...]), as: UTF8.self)
            sample.target = MailchimpTarget.setting(name, to: value, in: sample.target)
        case .form(let name)?: sample.body = SampleEdit.setting(name, to: Array(text.utf8), inForm: sample.body)
        case .body(let pointer)?:
            var quoted: [UInt8] = []
            JSONWriter.append(text, to: &quoted)
            let value = String(decoding: quoted, as: UTF8.self)
            sample.replaceValues { document in [(pointer.resolve(in: document, from: .root), value)] }
        case .field?, nil: break
        }
    }

    /// Gives a sample's events new identities: header fields and values that the definition names.
    public func renew(_ sample: inout Sample, serial: Int) {
        var pointers: [JSONPointer] = []
        for place in definition.events.renewed {
            switch place {
            case .header(let name): sample.setHeader(name, FreshIdentity.uuid(serial: serial))
            case .body(let pointer): pointers.append(pointer)
            case .query, .form, .field: break
            }
        }
        guard !pointers.isEmpty else { return }
        let delivery = Delivery(unsigned: sample)
        let content = SampleEdit.content(of: delivery, definition.contents)
        switch content {
        case .json: sample.body = renewed(sample.body, pointers, serial)
        case .formField(let name):
            let fields = (try? BodyContent.form(of: delivery)) ?? []
            guard let json = fields.last(where: { $0.name == Array(name.utf8) })?.value else { return }
            sample.body = SampleEdit.setting(name, to: renewed(json, pointers, serial), inForm: sample.body)
        case .form:
            for pointer in pointers {
                guard case .member(let name, _)? = pointer.steps.last else { continue }
                let value = Array(FreshIdentity.hex(serial: serial).utf8)
                sample.body = SampleEdit.setting(String(decoding: name, as: UTF8.self), to: value, inForm: sample.body)
            }
        case .xml:
            for pointer in pointers {
                guard case .member(let name, _)? = pointer.steps.last else { continue }
                sample.body = SampleEdit.renewing(
                    sample.body, element: String(decoding: name, as: UTF8.self), serial: serial)
            }
        }
    }

    /// JSON in which each event's values at the pointers are new: digits for numbers, a UUID for texts.
    private func renewed(_ json: [UInt8], _ pointers: [JSONPointer], _ serial: Int) -> [UInt8] {
        var sample = Sample(target: "/", body: json, now: 0)
        sample.replaceValues { document in
            let splits = definition.events.splits.map(\.path)
            let found = splits.flatMap {
                $0.all(in: document, from: .root, limit: EventReader.maximumEvents).found.map(\.node)
            }
            let events = found.isEmpty ? [JSONDocument.Node.root] : found
            return events.enumerated().flatMap { index, event in
                pointers.map { pointer in
                    let node = pointer.resolve(in: document, from: event)
                    let isNumber = node.map { document.kind(of: $0) == .number } ?? false
                    // 15 digits: what every reader of JSON keeps exact.
                    let text =
                        isNumber
                        ? String(FreshIdentity.digits(serial: serial, index: index).suffix(14)).asNumber
                        : "\"\(FreshIdentity.uuid(serial: serial, index: index))\""
                    return (node, text)
                }
            }
        }
        return sample.body
    }
}

extension String {
    /// Digits without leading zeros.
    fileprivate var asNumber: String { "1" + self }
}

extension Sample {
    /// Whether a header field is there already.
    func hasHeader(_ name: String) -> Bool {
        headers.contains { $0.name.lowercased() == name.lowercased() }
    }
}

extension Delivery {
    /// The delivery that a sample would be as it is.
    init(unsigned sample: Sample) {
        self.init(
            method: sample.method, target: Array(sample.target.utf8)[...], body: sample.body[...],
            headers: HeaderFields(sample.headers), peer: nil, receivedAt: sample.now)
    }
}

/// Edits of a sample's body that leave every other byte alone.
enum SampleEdit {
    /// What the body is made of.
    static func content(of delivery: Delivery, _ contents: [BodyContent]) -> BodyContent {
        let type = String(decoding: (delivery.headers.first("content-type") ?? []).prefix(256), as: UTF8.self)
            .lowercased()
        let fitting = contents.first { content in
            switch content {
            case .json: type.contains("json")
            case .form, .formField: type.contains("form")
            case .xml: type.contains("xml")
            }
        }
        return fitting ?? contents.first ?? .json
    }

    /// Sets a field of an urlencoded form.
    static func setting(_ name: String, to value: [UInt8], inForm body: [UInt8]) -> [UInt8] {
        let encoded = PercentEncoding.encode(value[...])
        for field in body.split(separator: UInt8(ascii: "&")) {
            let pair = QueryString.pair(of: field)
            guard PercentEncoding.decode(pair.name, plusIsSpace: true) == Array(name.utf8) else { continue }
            var edited = body
            edited.replaceSubrange(pair.value.startIndex..<pair.value.endIndex, with: encoded)
            return edited
        }
        let separator = body.isEmpty ? [] : [UInt8(ascii: "&")]
        return body + separator + PercentEncoding.encode(Array(name.utf8)[...]) + [UInt8(ascii: "=")] + encoded
    }

    /// Gives every element of that local name whose content is a text a new one of the same beginning.
    static func renewing(_ body: [UInt8], element: String, serial: Int) -> [UInt8] {
        var output: [UInt8] = []
        var rest = body[...]
        var index = 0
        while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
            guard let close = rest[open...].firstIndex(of: UInt8(ascii: ">")) else { break }
            let tag = String(decoding: rest[(open + 1)..<close], as: UTF8.self)
            let name = (tag.split(separator: " ").first ?? "").split(separator: ":").last ?? ""
            output += rest[...close]
            rest = rest[(close + 1)...]
            guard name == element, !tag.hasPrefix("/"), !tag.hasSuffix("/") else { continue }
            let text = rest.prefix { $0 != UInt8(ascii: "<") }
            guard !text.isEmpty, text.contains(where: { $0 > 0x20 }) else { continue }
            output += text.prefix(3) + Array(FreshIdentity.digits(serial: serial, index: index).suffix(15).utf8)
            index += 1
            rest = rest[text.endIndex...]
        }
        return output + rest
    }
}
