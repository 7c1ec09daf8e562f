import { systemClock } from "../lib/clock.js"
import { DatabaseStorage } from "../lib/outbox-storage.js"
import { Tus } from "../lib/tus.js"
import { Uploads } from "../lib/uploads.js"
import { UploadsStorage } from "../lib/uploads-storage.js"

/**
 * What carries files from this page. It is loaded when there are some.
 * @param {number} me
 * @param {import("../lib/pending.js").Storage} storage of the messages that wait for them
 * @returns {Uploads}
 */
export function makeUploads(me, storage) {
  const uploads = new Uploads({
    tus: new Tus({ clock: systemClock }),
    storage: storage instanceof DatabaseStorage ? new UploadsStorage(storage) : undefined,
    userId: me,
    clock: systemClock,
    locks: navigator.locks, // only where the page is secure
    online: () => navigator.onLine,
    urlOf: (bytes) => URL.createObjectURL(bytes),
  })
  addEventListener("online", () => uploads.wake())
  // A page that is frozen, or goes into the browser's cache, keeps no file from other tabs.
  document.addEventListener("freeze", () => uploads.stop())
  document.addEventListener("resume", () => uploads.wake())
  addEventListener("pagehide", () => uploads.stop())
  addEventListener("pageshow", ({ persisted }) => persisted && uploads.wake())
  // Where nothing can be kept over a reload, one is asked first.
  addEventListener("beforeunload", (event) => uploads.unsafe && event.preventDefault())
  return uploads
}
