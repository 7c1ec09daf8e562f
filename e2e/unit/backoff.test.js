import assert from "node:assert/strict"
import { test } from "node:test"

import { backoff } from "../../internal/http/web/static/js/lib/backoff.js"
import { newClientId } from "../../internal/http/web/static/js/lib/client-id.js"

const most = () => 1 - Number.EPSILON

for (const [attempt, want] of [
  [0, 500],
  [1, 1_000],
  [3, 4_000],
  [5, 16_000],
  [6, 30_000],
  [1_000, 30_000],
]) {
  test(`after ${attempt} failures the pause is at most ${want} ms`, () => {
    assert.equal(backoff(attempt, most), want)
  })
}

test("the jitter is full: a pause may be nothing", () => {
  assert.equal(
    backoff(9, () => 0),
    0,
  )
})

test("a client id has a form that the server takes, with and without a secure page", () => {
  const plain = { getRandomValues: (/** @type {any} */ into) => crypto.getRandomValues(into) }
  for (const source of [crypto, plain]) {
    const [a, b] = [newClientId(source), newClientId(source)]
    assert.match(a, /^[A-Za-z0-9_.:-]{1,64}$/)
    assert.notEqual(a, b)
  }
})
