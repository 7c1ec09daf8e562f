/**
 * What is used of a browser's navigator.locks.
 * @typedef {Pick<LockManager, "request">} Locks
 */

/**
 * A turn that was asked for: still waited for, or had.
 * @typedef {object} Turn
 * @property {boolean} had
 * @property {() => void} leave gives it back, or stops waiting for it
 * @property {number | undefined} timer how long is waited before it is taken from a tab that does nothing
 */

const patience = 5_000
const mostPatience = 60_000

/**
 * Whose turn it is to send, among the tabs of one person: in each conversation one tab's
 * at a time. The browser hands the turn on when its tab is closed or has crashed.
 *
 * There is one lock for each conversation, and not one for the person, because the order
 * that is promised is the order within a conversation: a wider lock would protect nothing
 * more, and a tab that has trouble with one conversation (told to wait, say) would
 * hold up what is written in another tab to somebody else.
 *
 * A turn is asked for when there is something to send and a line to send it by, and given
 * back when all is sent, the line is lost or the page is frozen. So the tab that one
 * writes in mostly sends by itself, without waiting for any other, and no tab has the turn
 * only because it was there first: one in the background may be slow or suspended.
 *
 * A tab may also be suspended without being told, or sit on a dead line that nobody has
 * noticed. Who waits and sees nothing move for some seconds takes the turn from it. Two
 * tabs may then send the same for a moment, which the client id makes harmless; each goes
 * on to the next message only after the one before is committed, so the order stays.
 *
 * Where a browser has no locks, it is always everybody's turn.
 */
export class Turns {
  #locks
  #userId
  #clock
  #look
  #moved
  /** @type {Map<number, Turn>} by conversation */
  #turns = new Map()
  /** @type {Map<number, number>} how often a turn was taken from another tab without use */
  #takes = new Map()

  /**
   * @param {object} options
   * @param {Locks | undefined} options.locks
   * @param {number} options.userId
   * @param {import("./clock.js").Clock} options.clock
   * @param {() => Promise<void>} options.look looks at what other tabs have left: a turn begins after it
   * @param {(conversationId: number) => void} options.moved a turn was got, or taken away
   */
  constructor({ locks, userId, clock, look, moved }) {
    this.#locks = locks
    this.#userId = userId
    this.#clock = clock
    this.#look = look
    this.#moved = moved
  }

  /** @param {number} conversationId */
  has(conversationId) {
    return !this.#locks || this.#turns.get(conversationId)?.had === true
  }

  /**
   * Asks for a turn, unless it is there or was asked for.
   * @param {number} conversationId
   */
  ask(conversationId) {
    if (this.#locks && !this.#turns.has(conversationId)) void this.#request(conversationId, false)
  }

  /**
   * Something was sent, here or elsewhere: who has the turn is alive.
   * @param {number} conversationId
   */
  progress(conversationId) {
    this.#takes.delete(conversationId)
    const turn = this.#turns.get(conversationId)
    if (turn?.timer !== undefined) this.#wait(conversationId, turn)
  }

  /**
   * Gives a turn back, or does not want it any more.
   * @param {number} conversationId
   */
  leave(conversationId) {
    const turn = this.#turns.get(conversationId)
    this.#turns.delete(conversationId)
    if (!turn) return
    this.#stop(turn)
    turn.leave()
  }

  leaveAll() {
    this.#takes.clear()
    for (const id of [...this.#turns.keys()]) this.leave(id)
  }

  /**
   * @param {number} conversationId
   * @param {boolean} steal
   */
  async #request(conversationId, steal) {
    const waiting = new AbortController()
    /** @type {Turn} */
    const turn = { had: false, leave: () => waiting.abort(), timer: undefined }
    this.#turns.set(conversationId, turn)
    if (!steal) this.#wait(conversationId, turn)
    const mine = () => this.#turns.get(conversationId) === turn
    try {
      await this.#locks?.request(
        `swapnest.outbox.${this.#userId}.${conversationId}`,
        steal ? { steal } : { signal: waiting.signal },
        () => {
          if (!mine()) return undefined
          this.#stop(turn)
          return new Promise((resolve) => {
            turn.leave = () => resolve(undefined)
            void this.#begin(conversationId, turn, mine)
          })
        },
      )
    } catch (error) {
      if (!mine()) return
      this.#turns.delete(conversationId)
      this.#stop(turn)
      // Taken by another tab; or refused by the browser, as it refuses its storage: then it
      // is as if there were no locks.
      if (/** @type {Error} */ (error).name !== "AbortError") this.#locks = undefined
      this.#moved(conversationId)
    }
  }

  /**
   * @param {number} conversationId
   * @param {Turn} turn
   * @param {() => boolean} mine
   */
  async #begin(conversationId, turn, mine) {
    await this.#look()
    if (!mine()) return
    turn.had = true
    this.#moved(conversationId)
  }

  /**
   * Waits for a turn: longer each time that taking it has moved nothing, for then it is not
   * the other tab that is to blame.
   * @param {number} conversationId
   * @param {Turn} turn
   */
  #wait(conversationId, turn) {
    this.#stop(turn)
    const takes = this.#takes.get(conversationId) ?? 0
    turn.timer = this.#clock.setTimeout(
      () => {
        this.#takes.set(conversationId, takes + 1)
        this.leave(conversationId)
        void this.#request(conversationId, true)
      },
      Math.min(mostPatience, patience * 2 ** takes),
    )
  }

  /** @param {Turn} turn */
  #stop(turn) {
    if (turn.timer !== undefined) this.#clock.clearTimeout(turn.timer)
    turn.timer = undefined
  }
}
