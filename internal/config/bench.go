package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// Bench is the command of that name.
type Bench struct {
	URL      []string `name:"url" sep:"," default:"http://127.0.0.1:8000" env:"SWAPNEST_BENCH_URL" placeholder:"URL" help:"The site to measure, without TLS; with a second node, the two people of a conversation are at different ones (${default})."`
	Sessions string   `required:"" placeholder:"FILE" help:"Sessions of people to be, from swapnest user create --count N --sessions FILE."`
	Remote   bool     `help:"Measure a site that is not on this machine, too. Its conversations and messages stay."`

	Conversations int           `default:"20" placeholder:"N" help:"Conversations of two people each (${default})."`
	Devices       int           `default:"1" placeholder:"M" help:"Lines of each person (${default})."`
	InFlight      int           `name:"in-flight" default:"20" placeholder:"W" help:"Messages on their way at once: the next leaves when one is acknowledged (${default})."`
	Rate          float64       `placeholder:"R" help:"Send so many messages a second instead, whatever comes back."`
	Warmup        time.Duration `default:"2s" placeholder:"2s" help:"Time before it is measured (${default})."`
	Duration      time.Duration `default:"10s" placeholder:"10s" help:"Time for which it is measured (${default})."`
	Original      bool          `help:"Speak the frames of the system before this one, on a line for each conversation; a message counts as acknowledged when it comes back."`
	Bytes         int           `default:"120" placeholder:"N" help:"Bytes of a message as JSON (${default})."`

	Idle    int           `placeholder:"K" help:"Open so many lines and say nothing on them, instead of sending messages."`
	Sources []string      `sep:"," placeholder:"IP" help:"Addresses of this machine that idle lines come from in turns, such as 127.0.0.1,127.0.0.2: each has 28,000 ports."`
	Hold    time.Duration `default:"5s" placeholder:"5s" help:"How long idle lines stay before memory is looked at (${default})."`
	Storm   bool          `help:"With --idle: cut all lines at once, and have them come back at once."`

	PID  []int  `name:"pid" sep:"," placeholder:"PID" help:"Processes whose processor time and memory are told, with their children."`
	JSON string `name:"json" placeholder:"FILE" help:"Also write the results as JSON."`

	nodes []*url.URL
}

// Nodes returns the parsed --url, of which there is at least one.
func (b *Bench) Nodes() []*url.URL { return b.nodes }

// What a load may be at the most: a process has so many files and ports.
const (
	mostLines   = 1_000_000
	mostPerPage = 60 << 10 // a frame has at most 64 KiB
)

func (b *Bench) check() error {
	for _, at := range b.URL {
		u, err := url.Parse(at)
		if err != nil || u.Scheme != "http" || u.Host == "" || (u.Path != "" && u.Path != "/") || u.User != nil || u.RawQuery != "" {
			return fmt.Errorf("--url needs an origin such as http://127.0.0.1:8000, not %q", at)
		}
		if u.Port() == "" {
			u.Host = net.JoinHostPort(u.Hostname(), "80")
		}
		if !loopback(u.Hostname()) && !b.Remote {
			return fmt.Errorf("%s is not on this machine: whoever measures a site fills it with conversations. Add --remote if it is yours and nobody else uses it", u.Hostname())
		}
		b.nodes = append(b.nodes, u)
	}
	for _, flag := range []struct {
		name              string
		value, from, most int
	}{
		{"--conversations", b.Conversations, 1, mostLines},
		{"--devices", b.Devices, 1, 100},
		{"--in-flight", b.InFlight, 1, mostLines},
		{"--bytes", b.Bytes, 100, mostPerPage},
		{"--idle", b.Idle, 0, mostLines},
	} {
		if flag.value < flag.from || flag.value > flag.most {
			return fmt.Errorf("%s needs a number from %d to %d, not %d", flag.name, flag.from, flag.most, flag.value)
		}
	}
	for _, ip := range b.Sources {
		if net.ParseIP(ip) == nil {
			return fmt.Errorf("--sources needs addresses such as 127.0.0.1,127.0.0.2, not %q", ip)
		}
	}
	switch {
	case b.Rate < 0 || b.Rate > 1e6:
		return errors.New("--rate needs a number of messages a second, up to 1,000,000")
	case b.Warmup < 0 || b.Duration < time.Second || b.Hold < 0:
		return errors.New("--duration needs a time of a second or more, such as 10s; --warmup and --hold such as 2s")
	case b.Idle == 0 && (b.Storm || len(b.Sources) > 0):
		return errors.New("--storm and --sources go with --idle")
	}
	return nil
}
