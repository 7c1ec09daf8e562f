import { rungBy } from "./attention.js"
import { Files } from "./files.js"
import { Inbox } from "./inbox.js"
import { Outbox } from "./outbox.js"
import { Wishes } from "./reactions.js"
import { Receipts } from "./receipts.js"
import { Thread } from "./thread.js"
import { Timeline } from "./timeline.js"

/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./socket.js").Line} Line */

/** @typedef {import("./opened.js").Opened} Opened */

const mostWatched = 100
const together = 400

/**
 * What one tab does for the person who is signed in: it joins the line, the outbox,
 * the receipts, the list and the open conversation. It dispatches what the elements
 * of the page draw: "line", "rows", "stuck", "message", "entry", "gone", "moved", "unread",
 * "total", "rung", "heard", "page", "cursor", "typing", "presence", "privacy", "listing", "entry-listing",
 * "sent", "slow", "ended", "waits" (the last message of a conversation that waits or has failed), "chosen" (the files at the composer) and "unreacted" (a sentence: why a
 * reaction was taken back).
 */
export class Session extends EventTarget {
  #line
  #receipts
  #inbox
  #outbox
  #files
  #storage
  #wishes
  /** @type {Thread | undefined} */
  #thread
  #me
  #other
  #get
  #clock
  #hellos = 0
  #epoch
  /** who is watched on this line */
  #watched = ""

  /**
   * @param {object} options
   * @param {number} options.me
   * @param {Line} options.line
   * @param {import("./outbox.js").Storage} options.storage
   * @param {import("./inbox.js").Known[]} options.known
   * @param {number} options.unread
   * @param {string} options.filter
   * @param {string} [options.next] the cursor of the list's next page
   * @param {Opened} [options.opened]
   * @param {(path: string) => Promise<any>} options.get
   * @param {import("./clock.js").Clock} options.clock
   * @param {import("./turns.js").Locks} [options.locks]
   * @param {import("./reactions.js").Kept} [options.kept] where reactions outlive the page
   * @param {() => Promise<import("./uploads.js").Uploads>} [options.uploads] loads what carries files
   * @param {boolean} [options.old] the page was kept some time ago
   */
  constructor({ me, line, storage, known, unread, filter, next, opened, get, clock, locks, kept, uploads, old }) {
    super()
    this.#storage = storage
    this.#me = me
    this.#line = line
    this.#get = get
    this.#clock = clock
    this.#other = opened?.other ?? 0
    this.#epoch = opened?.epoch ?? ""
    const send = (/** @type {object} */ frame) => line.send(frame)
    this.#receipts = new Receipts(send, clock)
    this.#files = new Files(uploads ?? (() => Promise.reject(new Error("nothing carries files"))))
    this.#outbox = new Outbox({ storage, userId: me, send, clock, locks, files: this.#files })
    const last = (/** @type {number} */ id) => (id === this.#thread?.id ? this.#thread.timeline.last : Infinity)
    this.#wishes = new Wishes({ epoch: this.#epoch, send, last, clock, kept })
    this.#inbox = new Inbox({ me, open: opened?.id ?? 0, known, total: unread, filter, next, get, clock })
    // As if a line had been lost since.
    if (old) this.#hellos = 1
    if (old) this.#inbox.doubt()
    if (opened) this.#thread = this.#open(opened, send, get, clock)
    this.#pass(this.#inbox, ["entry", "gone", "moved", "unread", "total", "heard", "page"])
    this.#pass(this.#outbox, ["sent", "slow", "ended"])
    on(this.#inbox, "entry", () => this.#watch())
    on(this.#wishes, "change", () => this.#rows("event"))
    on(this.#wishes, "refused", (detail) => this.#tell("unreacted", detail))
    on(this.#outbox, "overdue", () => line.doubt())
    on(this.#outbox, "change", (id) => (this.#pending(id, "event"), this.#waits(id)))
    on(this.#files, "change", (id) => this.#moved(id))
    on(line, "state", (state) => this.#tell("line", state))
    on(line, "frame", (frame) => this.#frame(frame))
    on(line, "lost", (code) => (this.#wishes.lineDown(), this.#outbox.lineDown(code)))
  }

  /** Takes up what was not sent before, and opens the line. */
  async start() {
    this.#line.start()
    const some = this.#storage.hasFiles(this.#me).catch(() => false)
    await this.#outbox.load()
    if (this.#thread) this.#pending(this.#thread.id, "start")
    if (!(await some)) return
    await this.#files.load()
    this.#files.sweep()
    this.tellChosen()
  }

  /**
   * Another tab has changed the outbox.
   * @param {import("./outbox-storage.js").Word} word
   */
  told({ sent }) {
    if (sent) {
      // As if it had been acknowledged here: this tab may have no line for a while.
      this.#thread?.frame({ type: "ack", ...sent, duplicate: true })
      this.#outbox.settled(sent)
    }
    return this.#outbox.load()
  }

  /** Draws what the server has rendered once more, in the reader's zone. */
  redraw() {
    this.#rows("start")
  }

  /**
   * @param {object} message
   * @param {number} message.conversation
   * @param {string} message.text
   * @param {string} message.clientId
   * @param {import("./frames.js").Quote} [message.reply] what it answers
   * @param {string[]} [message.files]
   */
  async compose({ conversation, text, clientId, reply, files }) {
    const added = this.#outbox.add(conversation, text, clientId, reply, files)
    this.#pending(conversation, "own")
    // It stands behind the end of what is loaded; soon it stands in its place.
    if (conversation === this.#thread?.id) void this.#thread.latest()
    await added
  }

  /** @param {import("./frames.js").Message} message of the reader's own, as a change has made it */
  revised(message) {
    this.#thread?.revised(message)
  }

  /**
   * Puts an emoji to a message of the open conversation, or takes one's own back.
   * @param {{ message: number, emoji: string, on: boolean }} reaction
   */
  react({ message, emoji, on }) {
    if (this.#thread) this.#wishes.wish(this.#thread.id, message, emoji, on)
  }

  /**
   * The reader has deleted a message here for themselves, or has taken that back.
   * @param {{ id: number, message?: import("./frames.js").Message }} change
   */
  concealed({ id, message }) {
    const conversation_id = this.#thread?.id ?? 0
    const hidden = !message
    this.#thread?.frame({ type: "hidden", conversation_id, message_id: id, hidden, message })
  }

  /** @param {number} id of a conversation that the reader has deleted here for themselves */
  gone(id) {
    this.#inbox.gone(id)
  }

  /** @param {string} clientId */
  retry(clientId) {
    return this.#outbox.retry(clientId)
  }

  /** @param {string} clientId */
  discard(clientId) {
    this.#outbox.remove(clientId)
  }

  /** @param {{ conversation: number, files: import("./job.js").Chosen[] }} chosen */
  attach({ conversation, files }) {
    return this.#files.add(conversation, files)
  }

  /** @param {string} id of a file at the composer */
  unattach(id) {
    this.#files.cancel([id])
  }

  /** @param {string} id of a file at the composer that has failed */
  reattach(id) {
    this.#files.retry([id])
  }

  /** Tells once more which files stand at the composer. */
  tellChosen() {
    if (this.#thread && this.#files.loaded) this.#tell("chosen", this.#files.chosen(this.#thread.id))
  }

  /** @param {boolean} typing */
  typing(typing) {
    if (this.#thread) this.#line.send({ type: "typing", conversation_id: this.#thread.id, typing })
  }

  /** @param {number} seq */
  seen(seq) {
    if (!this.#thread || !this.#receipts.seen(this.#thread.id, seq)) return
    this.#inbox.read(this.#thread.id, seq)
  }

  /** Loads the next page of the list. */
  more() {
    return this.#inbox.more()
  }

  /**
   * Moves the window of the conversation.
   * @param {import("./thread.js").Move} way
   */
  go(way) {
    return this.#thread?.[way]()
  }

  /**
   * @param {Opened} opened
   * @param {(frame: object) => boolean} send
   * @param {(path: string) => Promise<any>} get
   * @param {import("./clock.js").Clock} clock
   */
  #open(opened, send, get, clock) {
    const { id, other, epoch, hasOlder, atEnd, items, head, headAt, seen, otherRead, otherDelivered } = opened
    // The line stands above what was new when the page opened; what comes while one
    // looks gets none.
    const someNew = items.some((item) => !item.mine && item.seq > seen)
    const timeline = new Timeline({
      me: this.#me,
      items,
      last: head,
      at: headAt,
      hasOlder,
      atEnd,
      newAfter: someNew ? seen : -1,
      read: otherRead,
      delivered: otherDelivered,
    })
    const thread = new Thread({ id, other, timeline, epoch, send, get, clock })
    on(thread, "rows", (why) => this.#rows(why))
    on(thread, "stuck", (move) => this.#tell("stuck", move))
    on(thread, "message", (message) => this.#tell("message", message))
    return thread
  }

  /** @param {Frame} frame */
  #frame(frame) {
    if (frame.type === "hello") {
      if (this.#epoch && frame.epoch !== this.#epoch) this.#forget()
      this.#epoch = frame.epoch
      this.#wishes.forget(frame.epoch)
      this.#wishes.lineUp()
      this.#outbox.lineUp()
      this.#watched = ""
      this.#watch()
      if (this.#hellos++ > 0) void this.#askListing()
    }
    if (frame.type === "ack" && this.#wishes.settled(frame)) return
    if (frame.type === "error" && this.#wishes.refused(frame)) return
    this.#inbox.frame(frame)
    this.#thread?.frame(frame)
    if (frame.type === "hello") {
      this.#receipts.resume()
      this.#tell("rung", { unread: frame.unread_notifications ?? 0, fresh: false })
    } else if (frame.type === "notification") this.#rung(frame)
    else if (frame.type === "ack") this.#outbox.settled(frame)
    else if (frame.type === "error") this.#outbox.refused(frame)
    else if (frame.type === "typing" || frame.type === "presence" || frame.type === "listing")
      this.#tell(frame.type, frame)
    else if (frame.type === "read" || frame.type === "delivered") this.#tell("cursor", frame)
    else if (frame.type === "privacy") this.#shownAnew(frame)
    else if (frame.type === "message") {
      if (frame.sender_id === this.#me) this.#outbox.settled(frame)
      else this.#receipts.received(frame.conversation_id, frame.seq)
    }
  }

  /** The log is another one: how far somebody had come in the last one means nothing in it. */
  #forget() {
    this.#receipts.forget()
    this.#inbox.forget()
  }

  /**
   * Somebody shows something else of themselves than before. Many may hear it: not all of them
   * ask in the same moment.
   * @param {import("./frames.js").PrivacyFrame} frame
   */
  #shownAnew(frame) {
    this.#tell("privacy", frame)
    this.#clock.setTimeout(() => {
      this.#watched = ""
      this.#watch()
      void this.#inbox.shownAnew(frame.user_id)
      if (frame.user_id === this.#me || frame.user_id === this.#other) void this.#thread?.shownAnew()
    }, this.#clock.random() * together)
  }

  /**
   * A notice of what one has seen already is about to be taken back: it shows no badge.
   * @param {import("./frames.js").NotificationFrame} frame
   */
  #rung(frame) {
    const { conversation_id = 0, seq = Infinity } = frame.notification ?? {}
    if (!this.#receipts.hasRead(conversation_id, seq)) this.#tell("rung", rungBy(frame))
  }

  /** The listing of the open conversation may have changed while nobody listened. */
  async #askListing() {
    if (!this.#thread) return
    const answer = await this.#get(`/conversations/${this.#thread.id}`).catch(() => null)
    // When it does not come, the next hello asks again.
    if (answer?.conversation) this.#tell("entry-listing", answer.conversation)
  }

  #watch() {
    const people = [...new Set([this.#other, ...this.#inbox.people])].filter(Boolean)
    const watched = people.slice(0, mostWatched)
    // A list that is loaded anew tells of each entry, and mostly of the same people.
    if (String(watched) === this.#watched) return
    if (this.#line.send({ type: "watch", user_ids: watched })) this.#watched = String(watched)
  }

  /**
   * @param {number} conversationId
   * @param {import("./thread.js").Why} why
   */
  #pending(conversationId, why) {
    if (conversationId !== this.#thread?.id) return
    const all = this.#outbox.of(conversationId)
    const shown = all.map((one) => (one.files ? { ...one, attachments: this.#files.shown(one.files) } : one))
    this.#thread.setPending(shown, why)
    this.tellChosen()
  }

  /** @param {number} conversation what waits for it has changed */
  #waits(conversation) {
    const last = this.#outbox.of(conversation).findLast(({ state }) => state !== "sending")
    this.#tell("waits", { conversation, last })
  }

  /** @param {number} conversationId files of it are further */
  #moved(conversationId) {
    this.#outbox.look(conversationId)
    this.#pending(conversationId, "state")
  }

  /** @param {import("./thread.js").Why} why */
  #rows(why) {
    if (!this.#thread) return
    const { timeline } = this.#thread
    this.#wishes.heard()
    const rows = timeline.rows(dayOf).map((row) => {
      const reactions = this.#wishes.over(row.item.id, row.item.reactions, this.#me)
      return reactions === row.item.reactions ? row : { ...row, item: { ...row.item, reactions } }
    })
    this.#tell("rows", { rows, why, hasOlder: timeline.hasOlder, atEnd: timeline.atEnd })
  }

  /**
   * @param {EventTarget} from
   * @param {string[]} types
   */
  #pass(from, types) {
    for (const type of types) on(from, type, (detail) => this.#tell(type, detail))
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

/**
 * The day of an instant in the zone of whoever reads: 2026-11-22.
 * @param {string} at
 */
function dayOf(at) {
  const date = new Date(at)
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((n) => String(n).padStart(2, "0")).join("-")
}

/**
 * @param {EventTarget} target
 * @param {string} type
 * @param {(detail: any) => void} run
 */
function on(target, type, run) {
  target.addEventListener(type, (event) => run(/** @type {CustomEvent} */ (event).detail))
}
