import { makeIcon } from "./icon.js"

/** @type {Map<HTMLElement, { image: HTMLImageElement, src: string }>} links of pictures that may come yet */
const stuck = new Map()

/**
 * Has words stand where a picture could not be shown: one that is gone, and one that comes once there
 * is a line again, or one presses it.
 */
export function watchPictures() {
  document.addEventListener("error", ({ target }) => void failed(target), true)
  // Some have failed before anybody listened.
  for (const image of document.images) if (image.complete && image.naturalWidth === 0) void failed(image)
  document.querySelector("swapnest-chat")?.addEventListener("line", (event) => {
    if (/** @type {CustomEvent} */ (event).detail.state !== "connected") return
    for (const link of stuck.keys()) tryAgain(link)
  })
}

/** @param {EventTarget | null} image */
async function failed(image) {
  if (!(image instanceof HTMLImageElement)) return
  const link = image.closest(".pictures > a")
  if (!(link instanceof HTMLAnchorElement) || !image.src) return
  const { src } = image
  const words = showMissing(link, image)
  // A browser that cannot draw what was chosen here names it; the server may make something of it.
  if (src.startsWith("blob:")) return void (words.textContent = link.dataset.name ?? "")
  // Before it is known why: the line may be back sooner.
  stuck.set(link, { image, src })
  if ((await lookFor(src)) === "gone") {
    words.textContent = "This photo is not there any more"
    link.removeAttribute("href")
    stuck.delete(link)
  } else words.textContent = "This photo could not be loaded"
}

/**
 * Whether something is at an address of ours. Without a line nobody knows.
 * @param {string} url
 * @returns {Promise<"there" | "gone" | "unknown">}
 */
export async function lookFor(url) {
  try {
    const { ok, status } = await fetch(url, { method: "HEAD" })
    if (ok) return "there"
    return status === 404 || status === 410 ? "gone" : "unknown"
  } catch {
    return "unknown"
  }
}

/**
 * Words in the place of a picture, which stays as large as it is.
 * @param {HTMLAnchorElement} link
 * @param {HTMLImageElement} image
 * @returns {HTMLElement} the words
 */
function showMissing(link, image) {
  const box = document.createElement("span")
  box.className = "picture-missing"
  box.style.aspectRatio = `${image.getAttribute("width")} / ${image.getAttribute("height")}`
  const words = document.createElement("span")
  box.append(makeIcon("i-alert"), words)
  link.toggleAttribute("data-missing", true)
  image.replaceWith(box)
  return words
}

/**
 * Asks once more for a picture that could not be loaded.
 * @param {HTMLElement} link
 */
export function tryAgain(link) {
  const picture = stuck.get(link)
  if (!picture) return
  stuck.delete(link)
  link.removeAttribute("data-missing")
  link.replaceChildren(picture.image)
  picture.image.src = picture.src
}
