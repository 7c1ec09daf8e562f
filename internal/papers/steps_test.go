package papers_test

import (
	"strings"
	"testing"
)

// TestTheStepsOfADeployRun types the commands of docs/scaling.md for a node, with a service manager of
// the test's own in place of systemd.
func TestTheStepsOfADeployRun(t *testing.T) {
	l := newLand(t, metricsToken)
	t.Parallel()
	fences := fencesFor(t)
	if len(fences) != 1 {
		t.Fatalf("%d fences are for this test, want 1", len(fences))
	}
	l.start(0)
	var done []string
	for _, command := range fences[0].commands() {
		if command = strings.TrimSpace(command); command == "" {
			continue
		}
		done = append(done, strings.Fields(command)[0])
		if command == "systemctl restart swapnest" { // the unit is deploy/swapnest.service
			l.end(0)
			l.start(0)
			runIn(t, l.dir, "curl -fsS http://"+l.nodes[0].at+"/shop/", "") // a visitor
			continue
		}
		if said := runIn(t, l.dir, swap(t, command, sampleNodes[0], l.nodes[0].at), ""); said == "" {
			t.Errorf("%s says nothing", command)
		}
	}
	if got := strings.Join(done, " "); got != "systemctl until curl" {
		t.Errorf("the steps are %s", got)
	}
}
