package testkit

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// LabelledTalk is a conversation of which was judged by hand what each query finds.
type LabelledTalk struct {
	Name    string
	Texts   []string // numbered from 1
	Queries []LabelledQuery
}

// LabelledQuery is a search and the numbers of the texts that it finds, the newest first.
type LabelledQuery struct {
	Text string
	Want []int
}

// LabelledQueries reads internal/words/testdata/labelled.txt, whose head says what is in it.
func LabelledQueries(tb testing.TB) []LabelledTalk {
	tb.Helper()
	_, here, _, _ := runtime.Caller(0)
	data, err := os.ReadFile(filepath.Join(filepath.Dir(here), "..", "words", "testdata", "labelled.txt"))
	if err != nil {
		tb.Fatal(err)
	}
	var all []LabelledTalk
	for line := range strings.Lines(string(data)) {
		line = strings.ReplaceAll(strings.TrimSuffix(line, "\n"), `\u0301`, "\u0301")
		if line == "" || line[0] == '#' {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok {
			all = append(all, LabelledTalk{Name: strings.TrimSuffix(name, "]")})
			continue
		}
		talk := &all[len(all)-1]
		head, rest, _ := strings.Cut(line, " ")
		if head != "?" {
			if head != strconv.Itoa(len(talk.Texts)+1) {
				tb.Fatalf("%q is not the text that comes next", line)
			}
			talk.Texts = append(talk.Texts, rest)
			continue
		}
		text, numbers, ok := strings.Cut(rest, " =>")
		if !ok {
			tb.Fatalf("%q does not say what is found", line)
		}
		q := LabelledQuery{Text: text}
		for _, n := range strings.Fields(numbers) {
			number, err := strconv.Atoi(n)
			if err != nil {
				tb.Fatalf("%q: %v", line, err)
			}
			q.Want = append(q.Want, number)
		}
		talk.Queries = append(talk.Queries, q)
	}
	return all
}
