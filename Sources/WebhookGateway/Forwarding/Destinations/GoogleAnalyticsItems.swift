import Verifiers

/// The canonical `items` as Google Analytics takes them.
enum GoogleAnalyticsItems {
    private static let maximumItems = 200

    /// `[{item_id, item_name, price, quantity}]`; nil when there is no item that has an id or a name, which each needs.
    static func json(_ items: JSONDocument.Node?, _ document: JSONDocument) -> [UInt8]? {
        let elements = document.children(of: items).lazy.compactMap { item($0, document) }.prefix(maximumItems)
        let joined = Array(elements.joined(separator: ",".utf8))
        return joined.isEmpty ? nil : [UInt8(ascii: "[")] + joined + [UInt8(ascii: "]")]
    }

    private static func item(_ item: JSONDocument.Node, _ document: JSONDocument) -> [UInt8]? {
        func text(_ name: StaticString) -> [UInt8]? {
            EventText.scalar(document.member(name, of: item), document).flatMap(GoogleAnalyticsEvent.json)
        }
        let (id, name) = (text("id"), text("name"))
        guard id != nil || name != nil else { return nil }
        let quantity = EventText.scalar(document.member("quantity", of: item), document).flatMap(EventText.number).map {
            Array($0.utf8)
        }
        let members: [(String, [UInt8]?)] = [
            ("item_id", id), ("item_name", name), ("price", price(item, quantity, document)), ("quantity", quantity),
        ]
        var output: [UInt8] = [UInt8(ascii: "{")]
        for (key, value) in members {
            guard let value else { continue }
            if output.count > 1 { output.append(UInt8(ascii: ",")) }
            JSONWriter.append(key, to: &output)
            output.append(UInt8(ascii: ":"))
            output += value
        }
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// One unit's price: as stated, or the line's total where that is one unit's. A total is not divided: the quotient
    /// may not be a price at all.
    private static func price(
        _ item: JSONDocument.Node, _ quantity: [UInt8]?, _ document: JSONDocument
    ) -> [UInt8]? {
        func decimal(_ name: StaticString) -> [UInt8]? {
            EventText.scalar(document.member("decimal", of: document.member(name, of: item)), document)
                .flatMap(EventText.number).map { Array($0.utf8) }
        }
        if let price = decimal("price") { return price }
        return quantity == nil || quantity == [UInt8(ascii: "1")] ? decimal("amount") : nil
    }
}
