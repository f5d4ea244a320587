import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

struct TypeLanguageTests {
    /// An order twice: with everything that makes a language sweat, and with what may be missing left out.
    private static let payloads = [
        #"{"id":1,"default":"x","amount_due":5,"ok":true,"lines":[{"sku":"a","price":1.5}],"meta":{"100001":"a"},"gift":null,"x-ref":{"to":"b"},"nothing":null}"#,
        #"{"id":2,"default":"y","amount_due":"5","lines":[],"meta":{},"gift":{"note":"n"},"x-ref":{"to":null},"nothing":null}"#,
    ]

    private static func model(_ types: [String: [String]] = ["order.paid": payloads]) throws -> PayloadModel {
        var shapes: [String: PayloadShape] = [:]
        for (type, payloads) in types {
            var shape = PayloadShape()
            for payload in payloads { try shape.learn(payload) }
            shapes[type] = shape
        }
        return PayloadModel(source: "shop", shapes: shapes)
    }

    @Test func `TypeScript: interfaces`() throws {
        #expect(
            TypeLanguage.typescript.text(try Self.model()) == """
                // Payloads of the source shop, as seen by webhook-gateway types.

                /** order.paid, learned from 2 samples */
                export interface OrderPaid {
                  amount_due: string | number;
                  default: string;
                  gift: OrderPaidGift | null;
                  id: number;
                  lines: OrderPaidLinesItem[];
                  meta: Record<string, string>;
                  nothing: unknown;
                  ok?: boolean;
                  "x-ref": OrderPaidXRef;
                }

                export interface OrderPaidGift {
                  note: string;
                }

                export interface OrderPaidLinesItem {
                  price: number;
                  sku: string;
                }

                export interface OrderPaidXRef {
                  to: string | null;
                }

                """)
    }

    @Test func `Go: structs as gofmt lays them out`() throws {
        #expect(
            TypeLanguage.go.text(try Self.model()) == """
                // Payloads of the source shop, as seen by webhook-gateway types.

                package payloads

                // OrderPaid is order.paid, learned from 2 samples.
                type OrderPaid struct {
                \tAmountDue any                  `json:"amount_due"`
                \tDefault   string               `json:"default"`
                \tGift      *OrderPaidGift       `json:"gift"`
                \tID        int64                `json:"id"`
                \tLines     []OrderPaidLinesItem `json:"lines"`
                \tMeta      map[string]string    `json:"meta"`
                \tNothing   any                  `json:"nothing"`
                \tOk        *bool                `json:"ok,omitempty"`
                \tXRef      OrderPaidXRef        `json:"x-ref"`
                }

                type OrderPaidGift struct {
                \tNote string `json:"note"`
                }

                type OrderPaidLinesItem struct {
                \tPrice float64 `json:"price"`
                \tSKU   string  `json:"sku"`
                }

                type OrderPaidXRef struct {
                \tTo *string `json:"to"`
                }

                """)
    }

    @Test func `Python: typed dictionaries`() throws {
        #expect(
            TypeLanguage.python.text(try Self.model()) == """
                # Payloads of the source shop, as seen by webhook-gateway types.

                from typing import Any, NotRequired, TypedDict


                class OrderPaidGift(TypedDict):
                    note: str


                class OrderPaidLinesItem(TypedDict):
                    price: float
                    sku: str


                class OrderPaidXRef(TypedDict):
                    to: str | None


                # order.paid, learned from 2 samples
                OrderPaid = TypedDict(
                    "OrderPaid",
                    {
                        "amount_due": str | int,
                        "default": str,
                        "gift": OrderPaidGift | None,
                        "id": int,
                        "lines": list[OrderPaidLinesItem],
                        "meta": dict[str, str],
                        "nothing": Any,
                        "ok": NotRequired[bool],
                        "x-ref": OrderPaidXRef,
                    },
                )

                """)
    }

    @Test func `Swift: nested structures with coding keys`() throws {
        let text = TypeLanguage.swift.text(try Self.model())
        #expect(
            text.contains(
                """
                /// order.paid, learned from 2 samples.
                struct OrderPaid: Codable, Hashable, Sendable {
                    var amountDue: AmountDueChoice
                    var `default`: String
                    var gift: Gift?
                    var id: Int64
                    var lines: [LinesItem]
                    var meta: [String: String]
                    var nothing: JSONValue
                    var ok: Bool?
                    var xRef: XRef

                    enum CodingKeys: String, CodingKey {
                        case amountDue = "amount_due"
                        case `default`
                        case gift
                """))
        #expect(text.contains("        case xRef = \"x-ref\"\n"))
        #expect(text.contains("    struct XRef: Codable, Hashable, Sendable {\n        var to: String?\n    }\n}\n"))
    }

    // MARK: With the languages' own tools

    /// Types and names that collide with words of the languages and with one another.
    private static func awkward() throws -> PayloadModel {
        let names = [
            "class", "self", "Self", "init", "type", "Type", "string", "String", "data", "Data", "any", "None", "def",
            "in",
            "a-b", "a_b", "aB", "a b", "1st", "__private", "ünïcode", "\u{1F600}", "quo\\\"te", "back\\\\slash",
            "tick`", "co,mma",
            "$ref", "@type", "json_value", "coding_keys", "func", "new\\nline", "package", "interface", "protocol",
        ]
        let member = #"{"class":1,"inner":{"Type":[[{"x":1},{"y":null}]],"string":"s"}}"#
        let object = "{" + names.map { "\"\($0)\":\(member)" }.joined(separator: ",") + "}"
        let union = #"{"u":[1,"x",2.5,true,null,{"a":1},[1]],"v":[{"a":1}],"w":{"x":1}}"#
        let other = #"{"u":[],"v":"none","w":[[]]}"#
        return try model([
            "order.paid": payloads, "class": [object], "": ["[1,null]"], "String": [union, other],
            "*/ \u{1B} //": ["7", "null"],
            "123": ["{}"], "order_paid": [object], "any": ["null"],
        ])
    }

    @Test(arguments: [
        (TypeLanguage.swift, "types.swift", ["swiftc", "-swift-version", "6", "-typecheck"]),
        (.python, "types_of_shop.py", ["python3"]), (.go, "types.go", ["gofmt", "-l", "-e"]),
    ])
    func `what is printed is taken by the language's own tool`(
        _ language: TypeLanguage, _ file: String, _ tool: [String]
    ) throws {
        let directory = try TemporaryDirectory()
        let environment = ProcessInfo.processInfo.environment
        let probe = try Program(
            "sh", ["-c", "command -v \(tool[0])"], in: directory.path, environment: environment,
            logs: "\(directory.path)/probe")
        // A machine without the language cannot say.
        guard try probe.finish().code == 0 else { return }
        try HostFile.replace("\(directory.path)/\(file)", Array(language.text(try Self.awkward()).utf8))
        let program = try Program(
            tool[0], Array(tool.dropFirst()) + [file], in: directory.path, environment: environment,
            logs: "\(directory.path)/tool")
        let result = try program.finish()
        #expect(result.code == 0, "\(result.errors.prefix(2000))")
        #expect(result.output.isEmpty, "gofmt would lay it out otherwise")
    }
}
