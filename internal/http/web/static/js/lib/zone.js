/** @type {Record<string, string>} what browsers call places still, and what they are called now */
const now = {
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Godthab": "America/Nuuk",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
}

/**
 * The reader's time zone by its IANA name, "" where the browser does not know one.
 * @param {string} [zone] what the browser calls it
 */
export function hereZone(zone = new Intl.DateTimeFormat().resolvedOptions().timeZone) {
  return now[zone] ?? zone ?? ""
}
