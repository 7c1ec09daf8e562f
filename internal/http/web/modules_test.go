package web

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestAPageNamesEveryScriptThatItsScriptsImport(t *testing.T) {
	w := newWeb(t)
	var pages []string
	for _, name := range []string{"pages", "chat", "shop", "sell", "notices"} {
		pages = append(pages, scriptName(name))
	}
	found := w.assets.modules(pages)
	// Loaded when somebody asks for it, and by no page: it is not to weigh on them.
	for name, by := range map[string]string{
		"emoji-picker": "chat", "conversation-search": "chat", "saved-replies": "pages", "picture-viewer": "chat", "attachments": "chat", "voice-recorder": "chat",
		"composer-files": "chat", "uploads": "chat", "push-offer": "chat", "shared": "chat",
	} {
		later := scriptName(name)
		if !bytes.Contains(w.assets.files[scriptName(by)].data, []byte(`import("./`+name+`.js")`)) || slices.Contains(found, later) {
			t.Errorf("%s is not loaded when it is asked for", later)
		}
	}
	// Every module of the site is in a script that some page needs.
	err := fs.WalkDir(files, "static/js", func(name string, _ fs.DirEntry, err error) error {
		if path.Ext(name) == ".js" && !slices.Contains(w.assets.sources, strings.TrimPrefix(name, "static/")) {
			t.Errorf("%s is imported by nobody", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	if all := len(found); len(slices.Compact(found)) != all {
		t.Errorf("got some scripts twice: %v", found)
	}
	page := drawTalk(t, nil)
	contains(t, page, `<link rel="modulepreload" href="/static/`, `/js/joined/chunk-`)
}
