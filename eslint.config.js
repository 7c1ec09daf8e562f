import js from "@eslint/js"
import globals from "globals"

// Text from people reaches the page as text only: nothing may parse it as HTML
// or as a program. The server's Content-Security-Policy is the second wall.
const noHTML = "Build nodes with textContent and cloneNode: strings are never parsed as HTML."
const noProgram = "Strings are never run as a program."

const banned = [
  { selector: "MemberExpression[property.name=/^(innerHTML|outerHTML)$/]", message: noHTML },
  { selector: "MemberExpression[property.value=/^(innerHTML|outerHTML|insertAdjacentHTML|srcdoc)$/]", message: noHTML },
  {
    selector:
      "MemberExpression[property.name=/^(insertAdjacentHTML|setHTMLUnsafe|parseHTMLUnsafe|createContextualFragment|srcdoc)$/]",
    message: noHTML,
  },
  { selector: "MemberExpression[object.name='document'][property.name=/^(write|writeln)$/]", message: noHTML },
  { selector: "NewExpression[callee.name='DOMParser']", message: noHTML },
  {
    selector: "CallExpression[callee.name=/^(setTimeout|setInterval)$/] > Literal.arguments:first-child",
    message: noProgram,
  },
]

export default [
  {
    ignores: ["node_modules/", ".tools/", "test-results/", "playwright-report/", "e2e/test-results/", "**/testdata/"],
  },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    rules: {
      "no-restricted-syntax": ["error", ...banned],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "none" }],
    },
  },
  {
    files: ["internal/http/web/static/**/*.js"],
    languageOptions: { globals: { ...globals.browser, ...globals.serviceworker } },
    rules: { "no-console": "error" },
  },
  {
    // lib/ is free of the DOM, so that it also runs under Node in unit tests.
    files: ["internal/http/web/static/js/lib/**/*.js"],
    rules: {
      "no-restricted-globals": ["error", "document", "window", "HTMLElement", "customElements"],
    },
  },
  {
    // Browser tests run in Node; what they pass to page.evaluate runs in a page.
    files: ["e2e/**/*.js", "*.js"],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
  {
    files: ["examples/**/*.mjs"],
    languageOptions: { globals: { ...globals.node, WebSocket: "readonly" } },
  },
]
