// Times are the reader's: their zone, their language, their habit.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  clockOf,
  formatAge,
  formatClock,
  formatDay,
  formatInstant,
  formatTime,
  formatUntil,
} from "../../internal/http/web/static/js/lib/time.js"

const at = (text) => new Date(text)
const evening = at("2026-11-22T20:15:30Z")

test("the time of day is that of the zone and the language", () => {
  assert.equal(formatTime(evening, "en-GB", "Europe/Zurich"), "21:15")
  assert.equal(formatTime(evening, "en-GB", "Asia/Kolkata"), "1:45")
  assert.match(formatTime(evening, "en-US", "America/New_York"), /^3:15\sPM$/)
})

test("the exact time names the day and the second", () => {
  assert.match(formatInstant(evening, "en-GB", "Europe/Zurich"), /Sunday.*22 November 2026.*21:15:30/)
})

test("a day is today, yesterday, a weekday or a date in the reader's zone", () => {
  const now = at("2026-11-22T23:30:00Z")
  const day = (text, zone) => formatDay(at(text), now, "en-GB", zone)
  assert.equal(day("2026-11-22T01:00:00Z", "UTC"), "Today")
  assert.equal(day("2026-11-22T01:00:00Z", "Asia/Tokyo"), "Yesterday")
  assert.equal(day("2026-11-21T23:59:00Z", "UTC"), "Yesterday")
  assert.equal(day("2026-11-18T12:00:00Z", "UTC"), "Wednesday")
  assert.equal(day("2026-11-02T12:00:00Z", "UTC"), "2 November")
  assert.equal(day("2025-11-22T12:00:00Z", "UTC"), "22 November 2025")
})

test("an end is a time of day within a day, and in full beyond", () => {
  const until = (text) => formatUntil(at(text), evening, "en-GB", "UTC")
  assert.equal(until("2026-11-23T12:15:40Z"), "12:15")
  assert.equal(until("2026-11-24T04:15:40Z"), "24 Nov 2026, 04:15")
})

test("an age is short, and never of the future", () => {
  const age = (text) => formatAge(at(text), evening, "en-GB", "UTC")
  assert.equal(age("2026-11-22T20:15:40Z"), "just now")
  assert.equal(age("2026-11-22T20:14:00Z"), "1 min ago")
  assert.equal(age("2026-11-22T17:15:00Z"), "3 h ago")
  assert.equal(age("2026-11-22T02:00:00Z"), "today")
  assert.equal(age("2026-11-21T23:00:00Z"), "yesterday")
  assert.equal(age("2026-11-18T23:00:00Z"), "Wed")
  assert.equal(age("2026-10-18T23:00:00Z"), "18 Oct")
  assert.equal(age("2025-10-18T23:00:00Z"), "18 Oct 2025")
})

test("a clock shows whole seconds", () => {
  for (const [ms, want] of /** @type {[number, string][]} */ ([
    [0, "0:00"],
    [499, "0:00"],
    [500, "0:01"],
    [59_600, "1:00"],
    [300_000, "5:00"],
    [-1, "0:00"],
  ]))
    assert.equal(clockOf(ms), want, String(ms))
})

test("a time of day that a field holds is said as the reader's language says it", () => {
  assert.equal(formatClock("22:00", "en-GB"), "22:00")
  assert.match(formatClock("22:00", "en-US"), /^10:00\sPM$/)
  assert.equal(formatClock("nonsense", "en-US"), "nonsense")
})
