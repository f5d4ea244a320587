// New events as they come in (server-sent events).

import { address } from "./api.js";

/**
 * @param {Object<string, string>} filter source, type
 * @param {(event: object) => void} take
 * @param {(state: "live"|"waiting"|"busy") => void} tell
 * @param {AbortSignal} signal ends it
 */
export function listen(filter, take, tell, signal) {
  const stream = new EventSource(address("events/stream", filter));
  stream.addEventListener("open", () => tell("live"));
  stream.addEventListener("error", () => tell("waiting"));
  stream.addEventListener("event", ({ data }) => take(JSON.parse(data)));
  // Too many watch already; asking again at once would make it worse.
  stream.addEventListener("busy", () => {
    stream.close();
    tell("busy");
  });
  signal.addEventListener("abort", () => stream.close());
  return stream;
}
