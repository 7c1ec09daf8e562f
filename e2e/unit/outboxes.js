// Outboxes whose line is the test's.

import { Outbox } from "../../internal/http/web/static/js/lib/outbox.js"
import { FakeClock, FakeStorage, conversation, me } from "./fakes.js"

/** An outbox, what it has sent, and the line that it hands frames to. */
export function tab({ storage = new FakeStorage(), clock = new FakeClock(), userId = me, up = true, locks } = {}) {
  const sent = []
  const line = { open: true }
  const send = (frame) => line.open && sent.push(frame) > 0
  const outbox = new Outbox({ storage, userId, send, clock, locks })
  if (up) outbox.lineUp()
  const ids = () => sent.map((frame) => frame.client_id)
  const states = () => outbox.of(conversation).map((one) => `${one.client_id} ${one.state}`)
  return { outbox, sent, ids, states, line, storage, clock }
}

/** A refusal that may be tried again. */
export const refusal = (clientId, more = {}) => ({
  type: "error",
  code: "unavailable",
  detail: "Not now.",
  client_id: clientId,
  retryable: true,
  ...more,
})
