import { backoff } from "./backoff.js"
import { newClientId } from "./client-id.js"

/** @typedef {import("./frames.js").Reaction} Reaction */

/**
 * What the reader wants of one emoji at one message, and the server has not confirmed.
 * @typedef {object} Wish
 * @property {number} conversation
 * @property {number} message
 * @property {string} emoji
 * @property {boolean} on
 * @property {string} clientId
 * @property {"waiting" | "sent" | "paused" | "acked"} state
 * @property {boolean} [next] wanted since it was sent
 * @property {number} [seq] of its event, which the page has not heard yet
 */

/**
 * Where wishes outlive a page of the tab.
 * @typedef {object} Kept
 * @property {() => { epoch: string, wishes: Wish[] } | undefined} load
 * @property {(epoch: string, wishes: Wish[]) => void} save
 */

/** @type {Kept} */
const nowhere = { load: () => undefined, save: () => {} }

/**
 * The reader's reactions on their way: each shows at once, and is sent when there is a line, the last state of
 * one emoji alone, one command at a time. It dispatches "change", and "refused" (detail: a sentence) for one that
 * is taken back.
 */
export class Wishes extends EventTarget {
  #send
  #clock
  #kept
  #last
  #epoch
  #up = false
  #attempts = 0
  /** @type {Map<string, Wish>} by conversation, message and emoji */
  #all = new Map()

  /**
   * @param {object} options
   * @param {string} options.epoch of the log that the page shows
   * @param {(frame: object) => boolean} options.send hands a frame to the line, if it is open
   * @param {(conversation: number) => number} options.last the seq that the page has heard up to; Infinity where it
   *   shows nothing of the conversation
   * @param {import("./clock.js").Clock} options.clock
   * @param {Kept} [options.kept]
   */
  constructor({ epoch, send, last, clock, kept = nowhere }) {
    super()
    this.#epoch = epoch
    this.#send = send
    this.#last = last
    this.#clock = clock
    this.#kept = kept
    const before = kept.load()
    // Ids of another log mean other messages.
    if (!before || (epoch && before.epoch !== epoch)) return
    for (const wish of before.wishes) this.#all.set(keyOf(wish), { ...wish, state: "waiting" })
  }

  /**
   * @param {number} conversation
   * @param {number} message
   * @param {string} emoji
   * @param {boolean} on
   */
  wish(conversation, message, emoji, on) {
    const key = keyOf({ conversation, message, emoji })
    const under = this.#all.get(key)
    // What is on the line is settled by its answer; then the last wish goes.
    if (under?.state === "sent") under.next = on
    else this.#all.set(key, { conversation, message, emoji, on, clientId: newClientId(), state: "waiting" })
    this.#changed()
    this.#flush()
  }

  /**
   * The reactions of a message as the reader has made them.
   * @param {number} message
   * @param {Reaction[]} reactions as the server has told
   * @param {number} me
   * @returns {Reaction[]}
   */
  over(message, reactions, me) {
    let all = reactions
    for (const wish of this.#all.values())
      if (wish.message === message) all = withOwn(all, wish.emoji, wish.next ?? wish.on, me)
    return all
  }

  lineUp() {
    this.#up = true
    this.#flush()
  }

  /** What was on the line is sent again under the same name, or in its stead what is wanted by now. */
  lineDown() {
    this.#up = false
    for (const wish of this.#all.values()) if (wish.state === "sent") this.#again(wish)
  }

  /**
   * @param {string} epoch of a log that is another one than the last
   */
  forget(epoch) {
    const known = this.#epoch
    this.#epoch = epoch
    if (!known || known === epoch) return
    this.#all.clear()
    this.#changed()
  }

  /**
   * @param {Pick<import("./frames.js").Ack, "client_id" | "seq">} ack
   * @returns {boolean} whether it was a reaction's
   */
  settled({ client_id: clientId, seq }) {
    const wish = this.#of(clientId)
    if (!wish) return false
    this.#attempts = 0
    if (wish.next !== undefined && wish.next !== wish.on) {
      this.#again(wish)
      this.#flush()
      return true
    }
    // Until its event is here, the page would show it gone.
    Object.assign(wish, { state: "acked", seq, next: undefined })
    this.heard()
    this.#changed()
    return true
  }

  /**
   * @param {import("./frames.js").Refusal} error
   * @returns {boolean} whether it was a reaction's
   */
  refused({ client_id: clientId = "", retryable, retry_after_ms: after, detail }) {
    const wish = this.#of(clientId)
    if (!wish) return false
    if (retryable) {
      this.#again(wish)
      wish.state = "paused"
      this.#clock.setTimeout(
        () => {
          if (wish.state === "paused") wish.state = "waiting"
          this.#flush()
        },
        after || 500 + backoff(++this.#attempts, this.#clock.random),
      )
      return true
    }
    this.#all.delete(keyOf(wish))
    this.#changed()
    this.dispatchEvent(new CustomEvent("refused", { detail }))
    return true
  }

  /** The page may have heard the events of what was acknowledged. */
  heard() {
    for (const [key, { state, seq = 0, conversation }] of this.#all)
      if (state === "acked" && seq <= this.#last(conversation)) this.#all.delete(key)
  }

  /** @param {string} clientId */
  #of(clientId) {
    return [...this.#all.values()].find((wish) => wish.state === "sent" && wish.clientId === clientId)
  }

  /** @param {Wish} wish */
  #again(wish) {
    if (wish.next !== undefined && wish.next !== wish.on) {
      wish.on = wish.next
      wish.clientId = newClientId()
    }
    wish.next = undefined
    wish.state = "waiting"
  }

  #flush() {
    if (!this.#up) return
    for (const wish of this.#all.values()) {
      if (wish.state !== "waiting") continue
      const { conversation: conversation_id, clientId: client_id, message: message_id, emoji, on } = wish
      if (!this.#send({ type: "react", conversation_id, client_id, message_id, emoji, on })) return
      wish.state = "sent"
    }
  }

  #changed() {
    const waits = [...this.#all.values()].filter(({ state }) => state !== "acked")
    this.#kept.save(
      this.#epoch,
      waits.map(({ next, on, ...wish }) => ({ ...wish, on: next ?? on })),
    )
    this.dispatchEvent(new CustomEvent("change"))
  }
}

/**
 * @param {Reaction[]} reactions
 * @param {string} emoji
 * @param {boolean} on
 * @param {number} me
 * @returns {Reaction[]}
 */
function withOwn(reactions, emoji, on, me) {
  const found = reactions.find((one) => one.emoji === emoji)
  if ((found?.user_ids.includes(me) ?? false) === on) return reactions
  if (!found) return [...reactions, { emoji, count: 1, user_ids: [me] }]
  const ids = on ? [...found.user_ids, me] : found.user_ids.filter((id) => id !== me)
  const one = { emoji, count: ids.length, user_ids: ids }
  return reactions.map((each) => (each === found ? one : each)).filter(({ count }) => count > 0)
}

/** @param {Pick<Wish, "conversation" | "message" | "emoji">} wish */
function keyOf({ conversation, message, emoji }) {
  return `${conversation} ${message} ${emoji}`
}

/**
 * Who has reacted, for people: "You and Meera".
 * @param {Reaction} reaction
 * @param {number} me
 * @param {string} other what the other person is called
 */
export function whoReacted({ user_ids: ids }, me, other) {
  return ids
    .map((id) => (id === me ? "You" : other))
    .sort((a, b) => Number(b === "You") - Number(a === "You"))
    .join(" and ")
}
