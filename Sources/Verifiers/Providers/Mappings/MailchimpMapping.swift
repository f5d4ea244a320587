/// The bundled rules for Mailchimp.
enum MailchimpMapping {
    /// The rules as JSON5.
    static let rules = "{ rules: [] }"
}
