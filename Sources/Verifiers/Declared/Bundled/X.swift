extension BundledDefinitions {
    /// X, formerly Twitter: Account Activity and other webhooks (docs.x.com/x-api/webhooks).
    static let x = Text(
        name: "x",
        json5: #"""
            {
              title: "X (Twitter)", documentation: "https://docs.x.com/x-api/webhooks/introduction",
              setup: [
                "Put the app's API key secret (consumer secret) into `secrets` and start the gateway: X checks the URL when it is registered.",
                "Register `https://HOST/webhooks/SOURCE` by POST /2/webhooks. X takes no port in the URL.",
                "X repeats the check (CRC) at least daily; the gateway answers it.",
              ],
              facts: {
                answer: "200 within 10 s; the check within 3 s", retries: "a paid feature", order: "not guaranteed",
                check: "a wrong answer to the check invalidates the webhook at once",
              },
              proof: {
                kind: "hmac", algorithm: "sha256",
                signature: { from: "header:x-twitter-webhooks-signature", prefix: "sha256=", encoding: "base64" },
                signed: "{body}",
              },
              handshakes: [
                {
                  methods: ["GET"], when: { "query:crc_token": true }, value: "query:crc_token",
                  code: { algorithm: "sha256", encoding: "base64" }, contentType: "application/json",
                  answer: '{"response_token":"sha256={code}"}',
                },
              ],
              event: {
                split: [
                  { path: "/tweet_create_events/*", type: "tweet_create" }, { path: "/tweet_delete_events/*", type: "tweet_delete" },
                  { path: "/favorite_events/*", type: "favorite" }, { path: "/follow_events/*", type: "follow" },
                  { path: "/block_events/*", type: "block" }, { path: "/mute_events/*", type: "mute" },
                  { path: "/direct_message_events/*", type: "direct_message" },
                  { path: "/direct_message_indicate_typing_events/*", type: "direct_message_indicate_typing" },
                  { path: "/direct_message_mark_read_events/*", type: "direct_message_mark_read" },
                  { path: "/user_event/*", type: "user" },
                ],
                inherit: { for_user_id: "/for_user_id" },
                id: ["{/for_user_id}|{/id_str}", "{/for_user_id}|{/id}", "/id_str", "/id", "sha256:{sha256:event}"],
                time: ["/timestamp_ms", "/created_timestamp"], timeFormat: "ms", subject: ["/id_str", "/id"], account: "/for_user_id",
                renew: ["/id_str", "/id"],
              },
              sampleHeaders: { "Content-Type": "application/json" },
              mapping: [
                {
                  match: "direct_message", type: "message.received", subject: "id",
                  fields: { "customer.id": "message_create.sender_id", "message.id": "id", "message.text": "message_create.message_data.text" },
                },
              ],
              vectors: [
                {
                  name: "the answer to a check", origin: "docs.x.com's algorithm, computed", secrets: ["consumer-secret"], method: "GET",
                  target: "/w?crc_token=9b4507b3-9040-4669-9ca3-6b94edb50553&nonce=1",
                  answer: '{"response_token":"sha256=NhN+8FRk3FiSPXyqxXmpVRtiLiWoawvOgUBuXwGUTL4="}',
                },
                {
                  name: "a post is an event of each account that it is delivered for", secrets: ["consumer-secret"],
                  headers: { "x-twitter-webhooks-signature": "sha256=8G0Nas1HtdhTpQ38BRJMoNrtUiuGU5LXlhtQqVGMT58=" },
                  body: '{"for_user_id":"1","tweet_create_events":[{"id_str":"9"}]}', keys: ["1|9"],
                },
                {
                  name: "hex where base64 is expected", secrets: ["consumer-secret"], expect: "malformed",
                  headers: { "x-twitter-webhooks-signature": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" }, body: "{}",
                },
              ],
            }
            """#)
}
