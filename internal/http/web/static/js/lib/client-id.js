/**
 * A name for a command that nobody else gives: sending it again under the same name
 * does nothing twice. crypto.randomUUID is missing where a page is not secure, such
 * as http:// on a local network.
 * @param {Pick<Crypto, "getRandomValues"> & Partial<Pick<Crypto, "randomUUID">>} [source]
 * @returns {string} 1 to 64 characters of A-Za-z0-9_.:-
 */
export function newClientId(source = crypto) {
  if (source.randomUUID) return source.randomUUID()
  const bytes = source.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
}
