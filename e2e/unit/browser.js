// A server with a log and a browser with several tabs of one person, for tests of what
// becomes of messages whatever happens to lines and tabs. Nothing moves by itself: the test
// carries each frame, or loses it.

import { Session } from "../../internal/http/web/static/js/lib/session.js"
import { Line } from "../../internal/http/web/static/js/lib/socket.js"
import { FakeClock, FakeSocket, FakeStorage, ackOf, hello, me, other, ownMessage, settle } from "./fakes.js"
import { FakeLocks } from "./locks.js"
import { FakeUploads, bytesOf } from "./uploading.js"
import { Tus } from "../../internal/http/web/static/js/lib/tus.js"
import { Uploads } from "../../internal/http/web/static/js/lib/uploads.js"

/** A server that keeps the contract: one seq after the other, one message for a client id. */
export class FakeServer {
  /** @type {Map<number, any[]>} what is committed, by conversation */
  logs = new Map()
  /** @type {Set<FakeTab>} whose lines are up */
  lines = new Set()
  /** how often a message came that was there already */
  duplicates = 0
  /** a refusal for what is sent, if the test wants one */
  refuse = () => undefined
  uploads = new FakeUploads()

  log(conversation) {
    if (!this.logs.has(conversation)) this.logs.set(conversation, [])
    return this.logs.get(conversation)
  }

  said(conversation) {
    return this.log(conversation).map((one) => one.message)
  }

  /** Takes a frame of a tab. */
  take(tab, frame) {
    if (frame.type === "ping") tab.toPage.push({ type: "pong" })
    if (frame.type === "open") this.#replay(tab, frame)
    if (frame.type !== "send") return
    const refusal = this.refuse(frame)
    if (refusal) return void tab.toPage.push({ type: "error", client_id: frame.client_id, ...refusal })
    const log = this.log(frame.conversation_id)
    const { attachments = [] } = frame
    const known = log.find((one) => one.client_id === frame.client_id)
    if (known) this.duplicates++
    const seq = known?.seq ?? log.length + 1
    const at = { conversation_id: frame.conversation_id }
    // As the server does: a duplicate is answered before any rule is looked at.
    const lacking = known ? [] : attachments.filter((id) => !this.uploads.take(id))
    if (lacking.length > 0) {
      const detail = "One of the files is not there any more. Add it again."
      const error = { code: "invalid", field: "attachments", detail, retryable: false }
      return void tab.toPage.push({ type: "error", client_id: frame.client_id, ...error })
    }
    if (!known) {
      const files = attachments.map((id) => ({ id, name: this.uploads.all.get(id).name }))
      const message = ownMessage(seq, frame.client_id, { ...at, message: frame.message, attachments: files })
      log.push(message)
      for (const one of this.lines) one.toPage.push(message)
    }
    tab.toPage.push(ackOf(seq, frame.client_id, { ...at, duplicate: Boolean(known) }))
  }

  #replay(tab, { conversation_id: id, after }) {
    tab.toPage.push(...this.log(id).slice(after))
    tab.toPage.push({ type: "caught_up", conversation_id: id, head: this.log(id).length })
  }
}

/** A browser: its storage, its locks, and the tabs that share them. */
export class FakeBrowser {
  server = new FakeServer()
  uploads = this.server.uploads
  storage = new FakeStorage()
  locks = new FakeLocks()
  /** @type {FakeTab[]} */
  tabs = []
  /** @type {string[]} what was sent by a tab whose turn it was not */
  outOfTurn = []

  /** Notes whether a tab has the turn for what it sends. One that was suspended learns late that it has not. */
  mind(tab, { conversation_id: id, client_id: clientId }) {
    const holder = this.locks.holder(`swapnest.outbox.${me}.${id}`)
    if (holder !== tab && !tab.wasFrozen) this.outOfTurn.push(clientId)
  }

  /** Opens a tab in which a conversation is open. */
  async open(conversation, options) {
    const tab = new FakeTab(this, conversation, options)
    this.tabs.push(tab)
    await tab.session.start()
    await settle()
    return tab
  }

  /** One tab tells the others. */
  tell(from, word) {
    for (const tab of this.tabs) if (tab !== from) void tab.gate().then(() => tab.session.told(word))
  }

  /** Everything that can happen does, for a while. */
  async run(ms = 0) {
    for (const tab of this.tabs) if (!tab.isFrozen) await tab.clock.pass(ms)
    await settle()
    for (let moved = true; moved;) {
      moved = false
      for (const tab of this.tabs) while (await tab.carry()) moved = true
    }
  }
}

/** A message of one's own as a page shows it. */
const itemOf = ({ seq, message_id: id, client_id: clientId, message: text, timestamp: at }) => ({
  key: `c:${clientId}`,
  seq,
  id,
  clientId,
  mine: true,
  text,
  at,
  state: "sent",
})

export class FakeTab {
  clock = new FakeClock()
  sockets = []
  /** what is on the line, either way */
  toServer = []
  toPage = []
  /** what it has sent, ever */
  sent = []
  isFrozen = false
  wasFrozen = false
  isGone = false
  #thaw = () => {}
  #open = Promise.resolve()

  constructor(browser, conversation, { locks = true } = {}) {
    this.browser = browser
    this.conversation = conversation
    const { server } = browser
    this.line = new Line({ url: "ws://shop.test/ws/", open: (url) => this.#socket(url), clock: this.clock })
    const log = server.log(conversation)
    this.session = new Session({
      me,
      line: this.line,
      storage: this.#storage(browser.storage),
      known: [],
      unread: 0,
      filter: "",
      opened: {
        id: conversation,
        other,
        epoch: hello.epoch,
        head: log.length,
        headAt: log.at(-1)?.timestamp ?? "",
        seen: log.length,
        otherRead: 0,
        otherDelivered: 0,
        hasOlder: false,
        atEnd: true,
        items: log.map(itemOf),
      },
      get: (path) => this.#get(path),
      clock: this.clock,
      locks: locks ? browser.locks.of(this, this.gate) : undefined,
      uploads: async () => this.#uploads(locks),
    })
    this.session.addEventListener("rows", ({ detail }) => (this.rows = detail.rows.map(({ item }) => item)))
  }

  rows = []

  /** What is shown, with its state. */
  get shown() {
    return this.rows.map((item) => `${item.text} ${item.state}`)
  }

  /** Opens when the tab runs: nothing reaches one that is frozen, and never one that is gone. */
  gate = () => this.#open

  /** The browser suspends it without a word, as phones do. */
  freeze() {
    this.isFrozen = this.wasFrozen = true
    this.#open = new Promise((resolve) => (this.#thaw = resolve))
  }

  async thaw() {
    this.isFrozen = false
    this.#thaw()
    this.#open = Promise.resolve()
    await settle()
  }

  /** It is closed, or it crashes: no code of it runs any more. */
  async end() {
    this.freeze()
    this.isGone = true
    this.browser.tabs = this.browser.tabs.filter((tab) => tab !== this)
    this.browser.locks.end(this)
    this.cut()
    await settle()
  }

  /** The server takes what the line asks for. */
  async connect() {
    const socket = this.sockets.at(-1)
    if (!socket || socket.closed || this.isUp || this.isFrozen) return false
    this.browser.server.lines.add(this)
    socket.accept()
    socket.say(hello)
    await settle()
    return true
  }

  get isUp() {
    return this.browser.server.lines.has(this)
  }

  /** The line is dead, whether the page notices or not; what is on it is lost. */
  cut() {
    this.browser.server.lines.delete(this)
    this.toServer = []
    this.toPage = []
  }

  /** The page notices that the line is dead. */
  async drop(code = 1006) {
    this.cut()
    const socket = this.sockets.at(-1)
    if (socket && !socket.closed) socket.end(code)
    await settle()
  }

  /** Carries the next frame, first what goes to the server. It tells whether there was one. */
  async carry() {
    if (this.toServer.length > 0) this.browser.server.take(this, this.toServer.shift())
    else if (this.toPage.length > 0 && !this.isFrozen) this.sockets.at(-1).say(this.toPage.shift())
    else return false
    await settle()
    return true
  }

  /** @param {string} text which is its client id as well */
  async write(text, conversation = this.conversation, files = undefined) {
    await this.session.compose({ conversation, text, clientId: text, files })
    await settle()
  }

  #socket(url) {
    this.cut()
    const socket = new FakeSocket(url)
    socket.send = (data) => {
      if (this.isGone) return
      const frame = JSON.parse(data)
      if (frame.type === "send") {
        this.sent.push(frame.client_id)
        this.browser.mind(this, frame)
      }
      if (this.isUp) this.toServer.push(frame)
    }
    socket.close = () => {
      socket.closed = true
      this.cut()
    }
    this.sockets.push(socket)
    return socket
  }

  /** Told by the test that this tab's disk is full. */
  isFull = false

  #storage(storage) {
    const through = async (run) => {
      if (this.isGone) return new Promise(() => {})
      const answer = await run()
      await this.gate()
      return answer
    }
    // As it begins, and at its end.
    const told = async (change) => {
      this.browser.tell(this, {})
      await change
      this.browser.tell(this, {})
    }
    this.files = {
      all: (userId) => through(() => storage.filesOf(userId)),
      get: (id) => through(() => structuredClone(storage.files.get(id))),
      add: (job) => through(() => storage.putFile(job)).then(() => this.browser.tell(this, {})),
      put: (job) =>
        through(() => storage.files.has(job.id) && storage.putFile(job)).then(() => this.browser.tell(this, {})),
      keep: (id, bytes) => through(() => storage.keep(id, bytes)),
      bytes: (id) => through(() => storage.bytes.get(id)),
      remove: (id) => through(() => storage.removeFile(id)).then(() => this.browser.tell(this, {})),
    }
    return {
      shared: true,
      all: (userId) => through(() => storage.all(userId)),
      has: (clientId) => through(() => storage.has(clientId)),
      hasFiles: (userId) => through(() => storage.hasFiles(userId)),
      put: async (one) => {
        if (this.isFull) throw new DOMException("full", "QuotaExceededError")
        await told(through(() => storage.put(one)))
      },
      remove: async (clientId, sent, files) => {
        if (this.isGone) return new Promise(() => {})
        if (sent) this.browser.tell(this, { sent })
        await told(through(() => storage.remove(clientId, sent, files)))
      },
    }
  }

  /** What carries files from this tab. */
  #uploads(locks) {
    const { browser, clock } = this
    const ask = async (...args) => {
      await this.gate()
      if (this.isGone) return new Promise(() => {})
      const answer = await browser.uploads.ask(...args)
      await this.gate()
      return this.isGone ? new Promise(() => {}) : answer
    }
    this.uploads = new Uploads({
      tus: new Tus({ clock, ask }),
      storage: this.files,
      userId: me,
      clock,
      locks: locks ? browser.locks.of(this, this.gate) : undefined,
      online: () => !browser.uploads.down,
      urlOf: () => "blob:here",
    })
    return this.uploads
  }

  fileSize = 700_000

  /** Chooses files: their names are their ids. */
  async choose(...files) {
    const all = files.map((name) => ({ id: name, name, kind: "file", type: "", bytes: bytesOf(name, this.fileSize) }))
    await this.session.attach({ conversation: this.conversation, files: all })
    await settle()
  }

  async #get(path) {
    await this.gate()
    const log = this.browser.server.log(this.conversation)
    if (path.includes("/messages")) return { messages: [...log], head: log.length, epoch: hello.epoch, has_more: false }
    return { participants: [], conversations: [], unread: { conversations: 0 } }
  }
}
