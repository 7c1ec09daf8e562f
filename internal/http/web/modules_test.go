package web

import (
	"slices"
	"strings"
	"testing"
)

func TestAPageNamesEveryModuleThatItsScriptsImport(t *testing.T) {
	w := newWeb(t)
	found := w.assets.modules([]string{"js/pages.js", "js/chat.js"})
	// Every module of the site is one that some page needs.
	for name := range w.assets.files {
		if !strings.HasSuffix(name, ".js") || name == "js/pages.js" || name == "js/chat.js" {
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
