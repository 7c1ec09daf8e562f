// What the modules of lib/ are given instead of the browser: time that only a test
// moves, a socket without a network, storage without a disk.

/** Time that stands still until it is told to go on. */
export class FakeClock {
  #now
  #next = 1
  #timers = new Map()
  /** what random() gives, from 0 to below 1 */
  chance = 0.5

  constructor(now = Date.parse("2026-11-22T10:00:00.000Z")) {
    this.#now = now
  }

  now = () => this.#now

  random = () => this.chance

  setTimeout = (run, ms) => {
    const timer = this.#next++
    this.#timers.set(timer, { at: this.#now + ms, run })
    return timer
  }

  clearTimeout = (timer) => {
    this.#timers.delete(timer)
  }

  /** How many timers wait. */
  get timers() {
    return this.#timers.size
  }

  /** Lets time pass, and everything that was to happen in it happen. */
  async pass(ms) {
    await settle()
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)
      if (due.length === 0) break
      const [timer, { at, run }] = due[0]
      this.#timers.delete(timer)
      this.#now = Math.max(this.#now, at)
      run()
      await settle()
    }
    this.#now = end
  }

  /** The machine sleeps: time passes, no timer runs before it is awake. */
  sleep(ms) {
    this.#now += ms
  }
}

/** Lets every promise that can resolve do so. */
export function settle() {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A socket whose other end is the test. */
export class FakeSocket {
  onopen = null
  onclose = null
  onmessage = null
  sent = []
  closed = false

  constructor(url) {
    this.url = url
  }

  send(text) {
    if (this.closed) throw new Error("the socket is closed")
    this.sent.push(JSON.parse(text))
  }

  close() {
    this.closed = true
  }

  accept() {
    this.onopen?.({})
  }

  /** Says something to the browser. */
  say(frame) {
    this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) })
  }

  end(code) {
    this.onclose?.({ code })
  }

  /** What the browser has sent of one type. */
  of(type) {
    return this.sent.filter((frame) => frame.type === type)
  }
}

/** Collects the details of an event. */
export function heard(target, type) {
  const details = []
  target.addEventListener(type, (event) => details.push(event.detail))
  return details
}

/** An API whose answers the test gives when it likes. */
export class FakeAPI {
  /** what was asked for and has no answer */
  asked = []

  get = (path) =>
    new Promise((resolve, reject) => {
      this.asked.push({ path, resolve, reject })
    })

  get paths() {
    return this.asked.map(({ path }) => path)
  }

  async answer(path, body) {
    this.#take(path).resolve(structuredClone(body))
    await settle()
  }

  async fail(path, error = new Error("answered 503")) {
    this.#take(path).reject(error)
    await settle()
  }

  #take(path) {
    const i = this.asked.findIndex((one) => one.path === path)
    if (i < 0) throw new Error(`${path} was not asked for, only ${this.paths}`)
    return this.asked.splice(i, 1)[0]
  }
}

/** Pending messages in memory, shared by what stands for two tabs; it can be told to break. */
export class FakeStorage {
  shared = true
  kept = new Map()
  /** what is known of files, by id */
  files = new Map()
  /** @type {Map<string, Blob>} */
  bytes = new Map()
  broken = false

  #work(run) {
    return this.broken ? Promise.reject(new Error("the storage is broken")) : Promise.resolve().then(run)
  }

  /** In the order of ids, as a database gives them. */
  all = (userId) =>
    this.#work(() => {
      const own = [...this.kept.values()].filter((one) => one.user_id === userId)
      return structuredClone(own.sort((a, b) => (a.client_id < b.client_id ? -1 : 1)))
    })
  put = (one) => this.#work(() => void this.kept.set(one.client_id, structuredClone(one)))
  remove = (clientId, _sent, files = []) =>
    this.#work(() => {
      this.kept.delete(clientId)
      for (const id of files) this.removeFile(id)
    })
  has = (clientId) => this.#work(() => this.kept.has(clientId))
  hasFiles = (userId) => this.#work(() => this.filesOf(userId).length > 0)

  filesOf = (userId) => structuredClone([...this.files.values()].filter((one) => one.user_id === userId))
  putFile = (job) => void this.files.set(job.id, structuredClone(job))
  keep = (id, bytes) => void this.bytes.set(id, bytes)
  removeFile = (id) => void (this.files.delete(id), this.bytes.delete(id))
}

export const me = 7
export const other = 3
export const conversation = 41

const start = Date.parse("2026-11-22T10:00:00.000Z")

/** A message of the other person, one minute after the one before. */
export function messageOf(seq, more = {}) {
  return {
    type: "message",
    conversation_id: conversation,
    message_id: 5000 + seq,
    seq,
    client_id: `theirs-${seq}`,
    sender_id: other,
    sender_username: "meera_k",
    sender_name: "Meera Kulkarni",
    message: `text ${seq}`,
    timestamp: new Date(start + seq * 60_000).toISOString(),
    is_read: false,
    ...more,
  }
}

/** A message of one's own. */
export function ownMessage(seq, clientId, more = {}) {
  return messageOf(seq, { client_id: clientId, sender_id: me, sender_username: "aarav", ...more })
}

/** An edit, or the deletion when text is "", of the message at place. */
export function revisionOf(seq, place, text, more = {}) {
  const at = new Date(start + seq * 60_000).toISOString()
  return {
    ...messageOf(place),
    type: text === "" ? "message_deleted" : "message_edited",
    seq,
    message_seq: place,
    message: text,
    at,
    ...(text === "" ? { deleted: true } : { edited_at: at }),
    ...more,
  }
}

export function ackOf(seq, clientId, more = {}) {
  return {
    type: "ack",
    client_id: clientId,
    conversation_id: conversation,
    message_id: 5000 + seq,
    seq,
    timestamp: new Date(start + seq * 60_000).toISOString(),
    duplicate: false,
    ...more,
  }
}

/** A message as the outbox holds it. */
export function pendingOf(clientId, more = {}) {
  return {
    client_id: clientId,
    user_id: me,
    conversation_id: conversation,
    text: `text of ${clientId}`,
    at: new Date(start).toISOString(),
    order: 1,
    state: "waiting",
    ...more,
  }
}

export const hello = { type: "hello", epoch: "e1", you: { id: me }, heartbeat_ms: 30_000, limits: {}, unread: 0 }
