package server_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
)

// A row of the table of metrics: name, kind, labels.
var metricRow = regexp.MustCompile("(?m)^\\| `(swapnest_\\w+)` \\| (\\w+) \\|([^|]*)\\|")

func TestEveryMetricIsExplained(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := openWith(t, d, func(o *server.Options) {
			if d.Name == "postgres" {
				o.RedisURL = "redis://127.0.0.1:1" // what is told of the bus is there without one, too
			}
		})
		s.visitor.Do("GET", "/shop/", "")
		shown := s.visitor.Do("GET", "/metrics", "").Body
		got := map[string]string{}
		for _, m := range regexp.MustCompile(`(?m)^# TYPE (swapnest_\w+) (\w+)$`).FindAllStringSubmatch(shown, -1) {
			name, kind := m[1], m[2]
			var labels []string
			// The first sample of the family; le belongs to every histogram.
			sample := regexp.MustCompile(`(?m)^` + name + `(?:_count)?\{(.*)\} `).FindStringSubmatch(shown)
			if sample != nil {
				for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(sample[1], -1) {
					labels = append(labels, "`"+label[1]+"`")
				}
			}
			slices.Sort(labels)
			got[name] = kind + " " + strings.Join(labels, " ")
		}
		document, err := os.ReadFile("../../../docs/operations.md")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, m := range metricRow.FindAllStringSubmatch(string(document), -1) {
			labels := strings.Fields(strings.ReplaceAll(m[3], ",", " "))
			slices.Sort(labels)
			want[m[1]] = m[2] + " " + strings.Join(labels, " ")
		}
		for name, is := range got {
			if want[name] != is {
				t.Errorf("%s is a %q, and the document says %q", name, is, want[name])
			}
		}
		for name := range want {
			alone := d.Name == "sqlite" && strings.HasPrefix(name, "swapnest_bus_")
			if got[name] == "" && !alone {
				t.Errorf("the document tells of %s, which is not there", name)
			}
		}
		if len(got) < 10 {
			t.Errorf("got %d metrics", len(got))
		}
	})
}
