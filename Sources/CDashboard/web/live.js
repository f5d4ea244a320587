// New events as they come in (server-sent events).

import { address } from "./api.js";

/**
 * Listens while the page is seen: a browser has six connections to a gateway, and a hidden tab shall not hold one.
 * @param {Object<string, string>} filter source, type
 * @param {{take: (event: object) => void, tell: (state: "live"|"waiting"|"busy") => void, resumed: () => void}} listener
 *   `resumed` is called when it listens again after a pause in which events may have been missed
 * @param {AbortSignal} signal ends it
 */
export function listen(filter, { take, tell, resumed }, signal) {
  let stream = null;

  function open() {
    stream = new EventSource(address("events/stream", filter));
    stream.addEventListener("open", () => tell("live"));
    stream.addEventListener("error", () => tell("waiting"));
    stream.addEventListener("event", ({ data }) => take(JSON.parse(data)));
    stream.addEventListener("dropped", resumed);
    // Too many watch already; asking again at once would make it worse.
    stream.addEventListener("busy", () => {
      stream.close();
      tell("busy");
    });
  }

  document.addEventListener("visibilitychange", () => {
    stream.close();
    if (document.hidden) return;
    open();
    resumed();
  }, { signal });
  signal.addEventListener("abort", () => stream.close());
  open();
}
