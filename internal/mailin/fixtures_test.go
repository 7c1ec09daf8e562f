package mailin_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/mailin"
)

// fixture reads a mail of testdata as it comes over the line.
func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
	if err != nil {
		tb.Fatal(err)
	}
	return bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
}

func fixtures(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) < 40 {
		tb.Fatalf("%d mails, %v", len(files), err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".eml"))
	}
	return names
}

// Beside each mail stands what its author has written and attached, as a person reads it.
func TestMailsAsProgramsWriteThem(t *testing.T) {
	for _, name := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			m, err := mailin.Read(fixture(t, name))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			if m.Text != "" {
				got = append(got, m.Text)
			}
			for _, a := range m.Attachments {
				got = append(got, fmt.Sprintf("[attachment %s %s %d]", a.Name, a.Type, len(a.Data)))
			}
			if m.Auto {
				got = append(got, "[auto]")
			}
			if m.Report != nil {
				failed := ""
				if m.Report.Failed {
					failed = "failed "
				}
				got = append(got, "[report "+failed+m.Report.Status+"]")
			}
			if diff := cmp.Diff(strings.TrimSuffix(string(want), "\n"), strings.Join(got, "\n")); diff != "" {
				t.Error(diff)
			}
			if !m.Auto && (m.From != "bilal@mail.example" || !strings.HasPrefix(m.MessageID, "<")) {
				t.Errorf("from %q, id %q", m.From, m.MessageID)
			}
		})
	}
}
