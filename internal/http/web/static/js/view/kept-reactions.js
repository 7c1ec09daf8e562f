const kept = "swapnest.reactions"

/**
 * Reactions that wait for a line outlive the page, in this tab: another page of it sends them.
 * @param {number} me
 * @returns {import("../lib/reactions.js").Kept}
 */
export function keptReactions(me) {
  return {
    load() {
      try {
        const { user, ...rest } = JSON.parse(sessionStorage.getItem(kept) ?? "{}")
        return user === me ? rest : undefined
      } catch {
        return undefined
      }
    },
    save(epoch, wishes) {
      try {
        if (wishes.length > 0) sessionStorage.setItem(kept, JSON.stringify({ user: me, epoch, wishes }))
        else sessionStorage.removeItem(kept)
      } catch {
        // They are sent all the same; only a reload would lose them.
      }
    },
  }
}
