// The service worker of the site, at /sw.js: what goes on while no page is open. It is one classic script,
// since not every browser runs modules here; the program joins it from these files as it starts.
import "./offline.js"
import "./push.js"
import { self } from "./scope.js"

self.addEventListener("install", () => void self.skipWaiting())
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()))
