package web

import (
	"slices"
	"strings"
	"testing"
)

func TestAPageNamesEveryModuleThatItsScriptsImport(t *testing.T) {
	w := newWeb(t)
	pages := []string{"js/pages.js", "js/chat.js", "js/shop.js", "js/sell.js", "js/notices.js"}
	found := w.assets.modules(pages)
	// Every module of the site is one that some page needs.
	for name := range w.assets.files {
		if !strings.HasSuffix(name, ".js") || slices.Contains(pages, name) {
			continue
		}
		if !slices.Contains(found, name) {
			t.Errorf("%s is imported by nobody, or its import was not found", name)
		}
	}
	slices.Sort(found)
	if all := len(found); len(slices.Compact(found)) != all {
		t.Errorf("got some modules twice: %v", found)
	}
	page := drawTalk(t, nil)
	contains(t, page, `<link rel="modulepreload" href="/static/`, `/js/lib/timeline.js">`)
}
