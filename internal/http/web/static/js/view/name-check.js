/**
 * Says below an input whether what is typed there can be had, once one has left it. The
 * address to ask stands in its data-check.
 * @param {HTMLInputElement} input
 */
export function checkName(input) {
  const said = document.createElement("p")
  said.className = "field-fault"
  said.setAttribute("role", "status")
  said.hidden = true
  input.closest(".field")?.append(said)
  let asked = ""
  input.addEventListener("change", async () => {
    const typed = (asked = input.value.trim())
    said.hidden = true
    if (typed === "") return
    // When no answer comes, the form itself says what is wrong.
    const answer = await ask(`${input.dataset.check}${encodeURIComponent(typed)}`).catch(() => null)
    if (asked !== typed || !answer || answer.available) return
    said.textContent = answer.detail
    said.hidden = false
  })
  input.addEventListener("input", () => (said.hidden = true))
}

/**
 * @param {string} url
 * @returns {Promise<{ available: boolean, detail: string } | null>}
 */
async function ask(url) {
  const answer = await fetch(url)
  return answer.ok ? answer.json() : null
}
