package corpus_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/filetype"
	"swapnest/internal/testkit/corpus"
)

// recordings are those that corpus.Voices makes files of.
var recordings = os.DirFS(filepath.Join("..", "..", "voice", "testdata"))

// The tables of docs/uploads.md are held against what the service makes of each file.
func TestWhatBecomesOfFiles(t *testing.T) {
	s := newSite(t)
	for headline, files := range map[string][]corpus.File{
		"What becomes of files": corpus.Files(), "Bombs": corpus.Bombs(), "Voice messages": corpus.Voices(recordings),
	} {
		want := strings.Builder{}
		want.WriteString("| file | its name | what becomes of it | called |\n|---|---|---|---|\n")
		seen := map[string]bool{}
		for _, f := range files {
			if seen[f.What] {
				t.Errorf("two files are called %q", f.What)
			}
			seen[f.What] = true
			name := "`" + strings.ReplaceAll(f.Name, "\u202e", "⟨U+202E⟩") + "`"
			if f.Name == "" {
				name = "none"
			}
			what, called := s.becomes(t, f)
			fmt.Fprintf(&want, "| %s | %s | %s | %s |\n", f.What, name, what, called)
		}
		compare(t, headline, want.String())
	}
}

// compare holds a table of docs/uploads.md, the first one below a headline, against what it
// should be.
func compare(t *testing.T, headline, want string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "uploads.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, below, found := strings.Cut(string(text), "\n## "+headline+"\n")
	if !found {
		t.Fatalf("docs/uploads.md has no part %q; its table is\n%s", headline, want)
	}
	at := strings.Index(below, "\n|")
	if at < 0 {
		t.Fatalf("%q has no table; it is\n%s", headline, want)
	}
	table, _, _ := strings.Cut(below[at+1:], "\n\n")
	have := strings.Split(strings.TrimRight(table, "\n"), "\n")
	for i, line := range strings.Split(strings.TrimRight(want, "\n"), "\n") {
		switch {
		case i >= len(have):
			t.Errorf("docs/uploads.md lacks\n%s", line)
		case have[i] != line:
			t.Errorf("docs/uploads.md says\n%s\nand it is\n%s", have[i], line)
		}
	}
	if n := strings.Count(want, "\n"); len(have) > n {
		t.Errorf("docs/uploads.md tells of more than there is:\n%s", strings.Join(have[n:], "\n"))
	}
}

// names are what people and programs call files.
func TestWhatNamesBecome(t *testing.T) {
	long := strings.Repeat("long", 75)
	want := strings.Builder{}
	want.WriteString("| sent as | saved as |\n|---|---|\n")
	for _, c := range []struct{ shown, name string }{
		{"`../../etc/passwd`", "../../etc/passwd"},
		{"`C:\\Users\\me\\photo.jpg`", `C:\Users\me\photo.jpg`},
		{"`a⟨U+0000⟩b⟨U+000A⟩.pdf`", "a\x00b\n.pdf"},
		{"`photo⟨U+202E⟩gpj.pdf`", "photo\u202egpj.pdf"},
		{"`.htaccess`", ".htaccess"},
		{"nothing", ""},
		{"`..`", ".."},
		{"300 letters and `.pdf`", long + ".pdf"},
		{"`photo.exe.jpg`", "photo.exe.jpg"},
		{"`photo.jpg.exe`", "photo.jpg.exe"},
		{"`photo.exe . .`", "photo.exe . ."},
		{"`photo⟨U+202E⟩gpj.exe`", "photo\u202egpj.exe"},
		{"`a.exe⟨U+0000⟩`", "a.exe\x00"},
		{"300 letters and `.exe`", long + ".exe"},
		{"`<img src=x onerror=alert(1)>.txt`", "<img src=x onerror=alert(1)>.txt"},
	} {
		saved := "`" + chat.ParseFileName(c.name) + "`"
		if len(saved) > 100 {
			saved = fmt.Sprintf("its first letters and `%s`, %d characters in all", filepath.Ext(chat.ParseFileName(c.name)), len(chat.ParseFileName(c.name)))
		}
		if _, err := filetype.Of(strings.NewReader("a text"), c.name); err != nil {
			saved = fmt.Sprintf("refused, `%s`", chat.CodeOf(err))
		}
		fmt.Fprintf(&want, "| %s | %s |\n", c.shown, saved)
	}
	compare(t, "Names", want.String())
}
