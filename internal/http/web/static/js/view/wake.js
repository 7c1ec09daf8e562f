/**
 * Ties a line to the page's life. A page that is seen again, or a machine that is back,
 * asks at once whether the line is alive. A page that is frozen or goes into the browser's
 * cache lets its line go, and takes it up again: it could not hear what is said on it, and
 * would keep other tabs from what only one may do.
 * @param {import("../lib/socket.js").Line} line
 * @param {AbortSignal} signal
 */
export function wake(line, signal) {
  const seen = () => document.visibilityState === "visible" && line.probe()
  document.addEventListener("visibilitychange", seen, { signal })
  addEventListener("online", () => line.probe(), { signal })
  addEventListener("offline", () => line.offline(), { signal })
  document.addEventListener("freeze", () => line.stop(), { signal })
  document.addEventListener("resume", () => line.start(), { signal })
  addEventListener("pagehide", () => line.stop(), { signal })
  addEventListener("pageshow", ({ persisted }) => persisted && line.start(), { signal })
}
