const size = 64

/** @type {string | undefined} the address of the icon without a count */
let plain
let shown = 0

/**
 * Puts a count over the page's icon, as browsers show it in their tabs.
 * @param {number} total 0 for the icon alone
 */
export function showOnIcon(total) {
  const link = document.querySelector('link[rel="icon"]')
  if (!(link instanceof HTMLLinkElement) || total === shown) return
  plain ??= link.href
  shown = total
  if (total === 0) {
    link.href = plain
    return
  }
  const image = new Image()
  image.addEventListener("load", () => {
    // Another count may have come while the picture was on its way.
    const icon = total === shown && draw(image, total)
    if (icon) link.href = icon
  })
  image.src = plain
}

/**
 * @param {HTMLImageElement} image
 * @param {number} total
 * @returns {string | null} null where the browser draws nothing
 */
function draw(image, total) {
  const canvas = document.createElement("canvas")
  canvas.width = canvas.height = size
  const pen = canvas.getContext("2d")
  if (!pen) return null
  pen.drawImage(image, 0, 0, size, size)
  // Large, with an edge of its own: a tab shows it 16 pixels wide, on light and on dark.
  const words = total > 9 ? "9+" : String(total)
  pen.beginPath()
  pen.arc(size - 21, size - 21, 21, 0, 2 * Math.PI)
  pen.fillStyle = "#fff"
  pen.fill()
  pen.beginPath()
  pen.arc(size - 21, size - 21, 18, 0, 2 * Math.PI)
  pen.fillStyle = "#b3261e"
  pen.fill()
  pen.fillStyle = "#fff"
  pen.font = `bold ${words.length > 1 ? 22 : 28}px sans-serif`
  pen.textAlign = "center"
  pen.textBaseline = "middle"
  pen.fillText(words, size - 21, size - 19)
  try {
    return canvas.toDataURL("image/png")
  } catch {
    return null
  }
}
