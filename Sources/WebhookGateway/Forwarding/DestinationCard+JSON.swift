import Verifiers

extension DestinationCard {
    /// The card as one line of JSON, by the registry's names.
    var line: JSONLine {
        var line = JSONLine()
        line.add("type", type)
        line.add("name", name)
        line.add("description", description)
        line.add("singleEvent", isSingleEvent)
        switch address {
        case .none: line.add("address", nil as String?)
        case .url: line.add("address", "url")
        case .service(let url): line.add("address", url)
        }
        line.add(
            "requiredCredentials",
            list: requiredCredentials.map { credential in
                var line = JSONLine()
                line.add("name", credential.name)
                line.add("required", credential.isRequired)
                line.add("sensitive", credential.isSensitive)
                line.add("hint", credential.hint)
                line.add("file", credential.isFile)
                return line.json
            })
        var defaults = JSONLine()
        for setting in settings {
            if let value = setting.defaultValue { defaults.add(setting.name, json: value.utf8) }
        }
        line.add("defaultSettings", json: defaults.json)
        line.add(
            "settings",
            list: settings.map { setting in
                var line = JSONLine()
                line.add("name", setting.name)
                line.add("required", setting.defaultValue == nil)
                line.add("description", setting.description)
                return line.json
            })
        if let defaultRate {
            var rate = JSONLine()
            rate.add("requests", defaultRate.requests)
            rate.add("perSeconds", Int(defaultRate.period.milliseconds / 1000))
            line.add("defaultRate", json: rate.json)
        }
        line.add("documentation", documentation)
        return line
    }
}
