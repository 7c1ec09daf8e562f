// Words for instants in the reader's zone and language, and for lengths of time.
// Nothing here knows the page, so it runs under Node too. What knows of zones and
// languages takes them last, for tests; a page leaves them out.

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/**
 * Making a formatter is slow and pages have many times, so each is made once.
 * @type {Map<string, Intl.DateTimeFormat>}
 */
const formatters = new Map()

/**
 * @param {Intl.DateTimeFormatOptions} options
 * @param {string} [locale]
 * @returns {Intl.DateTimeFormat}
 */
function formatter(options, locale) {
  const key = JSON.stringify([locale, options])
  let found = formatters.get(key)
  if (!found) {
    found = new Intl.DateTimeFormat(locale, options)
    formatters.set(key, found)
  }
  return found
}

/**
 * The number of the day that an instant falls on, for counting days between.
 * @param {Date} at
 * @param {string} [timeZone]
 */
function dayNumber(at, timeZone) {
  const parts = formatter({ timeZone, calendar: "iso8601", year: "numeric", month: "numeric", day: "numeric" }, "en")
  const of = Object.fromEntries(parts.formatToParts(at).map((part) => [part.type, Number(part.value)]))
  return Date.UTC(of.year, of.month - 1, of.day) / day
}

/**
 * The time of day: "17:03", or "5:03 PM" where that is the habit.
 * @param {Date} at
 * @param {string} [locale]
 * @param {string} [timeZone]
 */
export function formatTime(at, locale, timeZone) {
  return formatter({ timeZone, hour: "numeric", minute: "2-digit" }, locale).format(at)
}

/**
 * The instant in full, for who asks: "Sunday, 22 November 2026 at 17:03:10".
 * @param {Date} at
 * @param {string} [locale]
 * @param {string} [timeZone]
 */
export function formatInstant(at, locale, timeZone) {
  return formatter({ timeZone, dateStyle: "full", timeStyle: "medium" }, locale).format(at)
}

/**
 * The day as a heading: "Today", "Yesterday", "Friday", "18 November", with the
 * year when it is another one.
 * @param {Date} at
 * @param {Date} now
 * @param {string} [locale]
 * @param {string} [timeZone]
 */
export function formatDay(at, now, locale, timeZone) {
  const days = dayNumber(now, timeZone) - dayNumber(at, timeZone)
  if (days === 0) return "Today"
  if (days === 1) return "Yesterday"
  if (days > 1 && days < 7) return formatter({ timeZone, weekday: "long" }, locale).format(at)
  const year = sameYear(at, now, timeZone) ? undefined : "numeric"
  return formatter({ timeZone, day: "numeric", month: "long", year }, locale).format(at)
}

/**
 * How long ago something was: "2 h ago", "today", "yesterday", "Fri", "18 Nov". The
 * server says the same in UTC.
 * @param {Date} at
 * @param {Date} now
 * @param {string} [locale]
 * @param {string} [timeZone]
 */
export function formatAge(at, now, locale, timeZone) {
  const ago = now.getTime() - at.getTime()
  if (ago < minute) return "just now"
  if (ago < hour) return `${Math.floor(ago / minute)} min ago`
  if (ago < 6 * hour) return `${Math.floor(ago / hour)} h ago`
  const days = dayNumber(now, timeZone) - dayNumber(at, timeZone)
  if (days <= 0) return "today"
  if (days === 1) return "yesterday"
  if (days < 7) return formatter({ timeZone, weekday: "short" }, locale).format(at)
  const year = sameYear(at, now, timeZone) ? undefined : "numeric"
  return formatter({ timeZone, day: "numeric", month: "short", year }, locale).format(at)
}

/**
 * When something ends: the time of day within a day, and in full beyond.
 * @param {Date} at
 * @param {Date} now
 * @param {string} [locale]
 * @param {string} [timeZone]
 */
export function formatUntil(at, now, locale, timeZone) {
  if (at.getTime() - now.getTime() < day) return formatTime(at, locale, timeZone)
  return formatMoment(at, locale, timeZone)
}

/**
 * The day with its year and the time of day: "22 Nov 2026, 17:03".
 * @param {Date} at
 * @param {string} [locale]
 * @param {string} [timeZone]
 */
export function formatMoment(at, locale, timeZone) {
  return formatter({ timeZone, dateStyle: "medium", timeStyle: "short" }, locale).format(at)
}

/**
 * A length of time as a clock shows it: 0:07.
 * @param {number} ms
 */
export function clockOf(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
}

/**
 * @param {Date} a
 * @param {Date} b
 * @param {string} [timeZone]
 */
function sameYear(a, b, timeZone) {
  const year = formatter({ timeZone, calendar: "iso8601", year: "numeric" }, "en")
  return year.format(a) === year.format(b)
}

/**
 * A time of day as a field holds it, as the reader's language says it.
 * @param {string} clock 22:00
 * @param {string} [locale]
 */
export function formatClock(clock, locale) {
  const at = new Date(`2000-01-01T${clock}:00Z`)
  if (Number.isNaN(at.getTime())) return clock
  return formatter({ timeZone: "UTC", hour: "2-digit", minute: "2-digit" }, locale).format(at)
}
