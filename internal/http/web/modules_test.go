package web

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestAPageNamesEveryModuleThatItsScriptsImport(t *testing.T) {
	w := newWeb(t)
	pages := []string{"js/pages.js", "js/chat.js", "js/shop.js", "js/sell.js", "js/notices.js"}
	found := w.assets.modules(pages)
	// Loaded when somebody asks for it, and by no page: it is not to weigh on them.
	var lazily []string
	for name, by := range map[string]string{
		"elements/emoji-picker": "js/elements/reaction-bar.js", "elements/conversation-search": "js/chat.js", "elements/saved-replies": "js/pages.js",
		"elements/picture-viewer": "js/chat.js", "view/attachments": "js/view/carried.js",
	} {
		later := "js/" + name + ".js"
		if !bytes.Contains(w.assets.files[by].data, []byte("import(\"./")) || !bytes.Contains(w.assets.files[by].data, []byte(path.Base(later)+"\")")) ||
			slices.Contains(found, later) {
			t.Errorf("%s is not loaded when it is asked for", later)
		}
		lazily = append(append(lazily, later), w.assets.modules([]string{later})...)
	}
	// Every module of the site is one that some page needs.
	for name := range w.assets.files {
		if !strings.HasSuffix(name, ".js") || slices.Contains(pages, name) {
			continue
		}
		if !slices.Contains(found, name) && !slices.Contains(lazily, name) {
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
