package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"swapnest/internal/loadgen"
)

// loadCommand has this program be a load, in a process of its own: so each begins with an empty heap, and what
// it takes is told apart.
const loadCommand = "a-load"

// load is what such a process is asked for.
type load struct {
	Nodes     []string
	Sessions  string
	Dialect   loadgen.Dialect
	Processes []int
	Duration  time.Duration
	Follows   bool // the nodes have followers, whose work counts, too

	// Messages, or
	Conversations, InFlight int
	Rate                    float64
	// idle lines.
	Idle  int
	Storm bool
}

// loaded is its answer.
type loaded struct {
	Talked loadgen.Talked
	Behind time.Duration // for how long followers were behind when the load was over
	Idled  loadgen.Idled
}

// sources are addresses of this machine, of which each has ports of its own for lines to come from.
var sources = []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"}

func loadFrom(in io.Reader, out io.Writer) error {
	var l load
	if err := json.NewDecoder(in).Decode(&l); err != nil {
		return err
	}
	nodes := make([]*url.URL, len(l.Nodes))
	for i, node := range l.Nodes {
		var err error
		if nodes[i], err = url.Parse(node); err != nil {
			return err
		}
	}
	people, err := loadgen.ReadSessions(l.Sessions)
	if err != nil {
		return err
	}
	var done loaded
	if l.Idle > 0 {
		done.Idled, err = loadgen.Idle(context.Background(), nodes, people, loadgen.Idling{
			Lines: l.Idle, Sources: sources, Hold: 3 * time.Second, Storm: l.Storm, Dialect: l.Dialect, Processes: l.Processes,
		})
	} else {
		done.Talked, err = loadgen.Talk(context.Background(), nodes, people, loadgen.Talking{
			Conversations: l.Conversations, Devices: 1, InFlight: l.InFlight, Rate: l.Rate, Warmup: l.Duration / 6, Duration: l.Duration,
			Bytes: 120, Dialect: l.Dialect, Processes: l.Processes,
		})
		if err == nil && l.Follows {
			done.Behind, err = l.follow(&done.Talked)
		}
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(done)
}

// follow waits until the nodes' followers have dealt with all messages, and adds what that takes to the processor
// time of each. So what comes next begins on a site that has nothing else to do.
func (l load) follow(t *loadgen.Talked) (behind time.Duration, err error) {
	before, _, err := loadgen.Usage(l.Processes)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for {
		late, err := lateness(l.Nodes[0]) // the same of each node: they follow one log
		if err != nil {
			return 0, err
		}
		if late == 0 {
			break
		}
		if time.Since(began) > 5*time.Minute {
			return 0, errors.New("the followers were still behind after five minutes")
		}
		time.Sleep(200 * time.Millisecond)
	}
	after, _, err := loadgen.Usage(l.Processes)
	t.CPU += (after - before).Seconds() / float64(max(t.Sent, 1)) * 1000
	return time.Since(began), err
}

const (
	followers = 3 // that a node tells of: listings, notices and the search index
	untold    = 1 // seconds, of one that does not tell
)

// lateness is the age in seconds of the oldest event that a follower of a node has not dealt with.
func lateness(node string) (late float64, err error) {
	r, err := http.Get(node + "/metrics") //nolint:gosec,noctx // a server of this program's, which bounds its answers
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.Body.Close()) }()
	lines := bufio.NewScanner(r.Body)
	found := 0
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "swapnest_follower_lag_seconds{") {
			continue
		}
		found++
		_, value, _ := strings.Cut(lines.Text(), "} ")
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, err
		}
		late = max(late, seconds)
	}
	if err := lines.Err(); err != nil {
		return 0, err
	}
	if found < followers { // one that could not be asked is left out, and may be behind
		return untold, nil
	}
	return late, nil
}

// run has a process do it.
func (l load) run(ctx context.Context) (done loaded, err error) {
	asked, err := json.Marshal(l)
	if err != nil {
		return done, err
	}
	self, err := os.Executable()
	if err != nil {
		return done, err
	}
	c := exec.CommandContext(ctx, self, loadCommand)
	var said bytes.Buffer
	c.Stdin, c.Stderr = bytes.NewReader(asked), &said
	out, err := c.Output()
	if err != nil {
		return done, fmt.Errorf("%w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	if err := json.Unmarshal(out, &done); err != nil {
		return done, fmt.Errorf("read what the load says: %w", err)
	}
	if t := done.Talked; l.Idle == 0 && (t.Acks == 0 || t.Refused > 0 || t.Unanswered > 0) {
		return done, fmt.Errorf("%d messages were acknowledged, %d refused, and %d not answered: these figures would mean nothing", t.Acks, t.Refused, t.Unanswered)
	}
	return done, nil
}
