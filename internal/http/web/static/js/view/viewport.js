const keyboard = 80

/**
 * Where a keyboard lies over the page instead of making it smaller, as on iPhones, the
 * chat gets the height that is left, so that the composer stands above the keys.
 * @param {AbortSignal} signal
 */
export function mindKeyboard(signal) {
  const seen = window.visualViewport
  if (!seen) return
  const root = document.documentElement
  const fit = () => {
    // Who has zoomed in looks at a part of the page on purpose.
    const covered = seen.scale > 1.01 ? 0 : innerHeight - seen.height
    if (covered > keyboard) {
      root.style.setProperty("--visible", `${seen.height}px`)
      // The browser has scrolled the page to show the box; it stands there by itself now.
      scrollTo(0, 0)
    } else root.style.removeProperty("--visible")
  }
  seen.addEventListener("resize", fit, { signal })
  fit()
}
