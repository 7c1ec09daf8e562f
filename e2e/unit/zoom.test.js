import assert from "node:assert/strict"
import { test } from "node:test"

import { fitted, moved, whole, zoomed } from "../../internal/http/web/static/js/lib/zoom.js"

const stage = { width: 400, height: 600 }
const picture = fitted({ width: 1600, height: 1200 }, stage)

test("all of a picture is shown, and no larger than it is", () => {
  assert.deepEqual(picture, { width: 400, height: 300 })
  assert.deepEqual(fitted({ width: 100, height: 1200 }, stage), { width: 50, height: 600 })
  assert.deepEqual(fitted({ width: 20, height: 10 }, stage), { width: 20, height: 10 })
})

test("what is at a point stays there when one looks closer", () => {
  const at = { x: 100, y: 0 }
  const near = zoomed(whole, 4, at, picture, stage)
  assert.equal(near.scale, 4)
  // The part of the picture that was at the point, from the picture's middle, before and after.
  assert.equal((at.x - near.x) / near.scale, at.x)
  const back = zoomed(near, 0.25, at, picture, stage)
  assert.deepEqual(back, whole)
})

test("it is never smaller than whole, nor larger than six times that", () => {
  assert.deepEqual(zoomed({ scale: 3, x: 50, y: 50 }, 0, { x: 0, y: 0 }, picture, stage), whole)
  assert.equal(zoomed(whole, 100, { x: 0, y: 0 }, picture, stage).scale, 6)
})

test("its edges do not come further in than they have to", () => {
  const near = zoomed(whole, 2, { x: 0, y: 0 }, picture, stage)
  // 800 by 600 on a stage of 400 by 600: there is room aside and none above.
  assert.deepEqual(moved(near, 1000, 1000, picture, stage), { scale: 2, x: 200, y: 0 })
  assert.deepEqual(moved(near, -1000, -5, picture, stage), { scale: 2, x: -200, y: 0 })
  assert.deepEqual(moved(near, 30, 0, picture, stage), { scale: 2, x: 30, y: 0 })
})
