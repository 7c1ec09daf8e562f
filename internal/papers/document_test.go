package papers_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// document is a page in Markdown, taken apart.
type document struct {
	name   string // from the root, such as docs/api.md
	prose  string // without its fences; each line stands where it stood
	fences []fence
}

// fence is a block between ``` and ```.
type fence struct {
	where  string // such as README.md:18
	info   []string
	text   string
	behind bool // nothing but blank lines lies between it and the fence before
}

// kind is the language of a fence, "" for none.
func (f fence) kind() string {
	if len(f.info) == 0 {
		return ""
	}
	return f.info[0]
}

// documents are all that these tests look after.
func documents(t *testing.T) []document {
	t.Helper()
	names := []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"}
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(docs) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, path := range docs {
		names = append(names, "docs/"+filepath.Base(path))
	}
	var all []document
	for _, name := range names {
		d, err := parse(name, read(t, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

var fenceLine = regexp.MustCompile("^ *(`{3,}|~{3,})(.*)$")

// parse takes a page apart.
func parse(name, text string) (document, error) {
	d := document{name: name}
	var open *fence
	var mark string
	near := false // only blank lines since the last fence
	for i, line := range strings.Split(text, "\n") {
		m := fenceLine.FindStringSubmatch(line)
		switch {
		case open == nil && m != nil:
			open = &fence{where: fmt.Sprintf("%s:%d", name, i+1), info: strings.Fields(m[2]), behind: near}
			mark = m[1]
		case open == nil:
			d.prose += line
			near = near && strings.TrimSpace(line) == ""
		case m != nil && strings.HasPrefix(m[1], mark) && strings.TrimSpace(m[2]) == "":
			d.fences = append(d.fences, *open)
			open, near = nil, true
		default:
			open.text += line + "\n"
		}
		d.prose += "\n"
	}
	if open != nil {
		return d, fmt.Errorf("%s: the fence is never closed", open.where)
	}
	return d, nil
}

var inlineCode = regexp.MustCompile("`([^`\n]+)`")

// inline returns what stands between `…` in the prose.
func (d document) inline() []string {
	var all []string
	for _, m := range inlineCode.FindAllStringSubmatch(d.prose, -1) {
		all = append(all, m[1])
	}
	return all
}

// tests returns the names behind test= of a fence.
func (f fence) tests() []string {
	for _, word := range f.info {
		if names, ok := strings.CutPrefix(word, "test="); ok {
			return strings.Split(names, ",")
		}
	}
	return nil
}

// isShell tells whether a fence holds commands.
func (f fence) isShell() bool {
	switch f.kind() {
	case "sh", "bash", "shell", "zsh":
		return true
	}
	return false
}

// commands returns the command lines of a fence, those that go on put together.
func (f fence) commands() []string {
	return strings.Split(strings.ReplaceAll(f.text, "\\\n", " "), "\n")
}

var (
	anchorLink = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	notInSlug  = regexp.MustCompile(`[^\p{L}\p{N}\p{M} _-]`)
	heading    = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
)

// anchors returns the names of a page's headings, as GitHub makes them.
func (d document) anchors() map[string]bool {
	all := map[string]bool{}
	times := map[string]int{}
	for _, m := range heading.FindAllStringSubmatch(d.prose, -1) {
		words := anchorLink.ReplaceAllString(m[1], "$1")
		slug := strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(words), ""), " ", "-")
		if n := times[slug]; n > 0 {
			all[fmt.Sprintf("%s-%d", slug, n)] = true
		} else {
			all[slug] = true
		}
		times[slug]++
	}
	return all
}
