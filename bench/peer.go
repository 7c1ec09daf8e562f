package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"swapnest/internal/loadgen"
	"swapnest/internal/testkit"
)

// people is how many sessions a peer has.
const people = 2000

// peer is something that is measured. It runs while it is its turn, and keeps its database.
type peer struct {
	name, title string
	dialect     loadgen.Dialect
	inFlight    []int     // its loads, where they are not those of all; what carries a hundredth would only queue up
	rates       []float64 // and rates
	most        int       // conversations; 0 is as many as the load needs
	paced       bool      // is measured by an open loop, too
	idles       bool      // with idle lines, too
	storms      bool      // and with all of them coming back
	follows     bool      // has followers, whose work counts
	sessions    string
	missing     string // why it cannot be measured here; "" when it can

	prepare func(context.Context) error // once
	begin   func(*processes) error      // at each turn
	beside  []int                       // databases, whose processor time is its own
}

// works is where things are built and run.
type works struct {
	root     string // of the repository
	dir      string // a folder that is removed at the end
	postgres *testkit.Postgres
	redis    string // its address
	redisPID int
}

// program is the path of one that build has built.
func (w *works) program(name string) string { return filepath.Join(w.dir, name) }

// build builds SwapNest and the servers that are Go programs of this module.
func (w *works) build(ctx context.Context) error {
	for _, one := range [][3]string{
		{"swapnest", w.root, "./cmd/swapnest"},
		{"relay", filepath.Join(w.root, "bench"), "./relay"},
		{"centrifuge", filepath.Join(w.root, "bench"), "./centrifuge"},
		{"door", w.root, "./internal/testkit/door"},
	} {
		c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", w.program(one[0]), one[2])
		c.Dir, c.Stderr = one[1], os.Stderr
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if err := c.Run(); err != nil {
			return fmt.Errorf("build %s: %w", one[2], err)
		}
	}
	return nil
}

// peers are all that can be measured, in the order of the tables.
func (w *works) peers() []*peer {
	nodes := func(name, title string, nodes int, postgres, redis bool) *peer {
		p := &peer{name: name, title: title, paced: true, follows: true, idles: nodes == 1 && !redis, storms: nodes == 1 && !redis}
		w.swapnest(p, nodes, postgres, redis)
		return p
	}
	return []*peer{
		w.storeless(&peer{name: "relay", title: "R, relay and acknowledgement", paced: true, idles: true}),
		w.door(&peer{name: "swapnest-no-storage", title: "SwapNest, without storage"}),
		w.storeless(&peer{name: "centrifuge", title: "centrifuge, without storage", dialect: loadgen.Centrifuge, idles: true}),
		nodes("swapnest-sqlite", "SwapNest, SQLite", 1, false, false),
		w.centrifuge(&peer{name: "centrifuge-sqlite", title: "centrifuge, SQLite", dialect: loadgen.Centrifuge, paced: true}, false),
		nodes("swapnest-postgres", "SwapNest, PostgreSQL", 1, true, false),
		w.centrifuge(&peer{name: "centrifuge-postgres", title: "centrifuge, PostgreSQL", dialect: loadgen.Centrifuge}, true),
		nodes("swapnest-redis", "SwapNest, PostgreSQL and Redis", 1, true, true),
		nodes("swapnest-two-nodes", "SwapNest, two nodes", 2, true, true),
		w.tinode(&peer{name: "tinode", title: "Tinode, PostgreSQL"}),
		w.django(&peer{name: "django-sqlite", title: "Django Channels, SQLite"}, false, false),
		w.django(&peer{name: "django-postgres", title: "Django Channels, PostgreSQL"}, true, false),
		w.django(&peer{name: "django-postgres-redis", title: "Django Channels, PostgreSQL and Redis"}, true, true),
	}
}

// turn starts a peer.
func (p *peer) turn() (*processes, error) {
	var now processes
	if err := p.begin(&now); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", p.name, err), now.close())
	}
	now.pids = append(now.pids, p.beside...)
	return &now, nil
}

// storeless is a program of this module that keeps nothing: whoever comes is somebody.
func (w *works) storeless(p *peer) *peer {
	p.prepare = func(context.Context) error {
		var b strings.Builder
		for i := range people {
			fmt.Fprintf(&b, "u%d t%d\n", i, i)
		}
		p.sessions = filepath.Join(w.dir, p.name+".sessions")
		return os.WriteFile(p.sessions, []byte(b.String()), 0o600)
	}
	p.begin = func(now *processes) error { return now.serve(command(w.program(p.name))) }
	return p
}

// door is SwapNest with all but the storage of messages: its people and their sessions are real.
func (w *works) door(p *peer) *peer {
	p.prepare = func(ctx context.Context) error {
		_, err := w.accounts(ctx, p, false)
		return err
	}
	p.begin = func(now *processes) error {
		return now.serve(command(w.program("door"), "--data-dir", w.data(p, 0)))
	}
	return p
}

// accounts has SwapNest make a database with people in it, and returns the flags that name it.
func (w *works) accounts(ctx context.Context, p *peer, postgres bool) (flags []string, err error) {
	p.sessions = filepath.Join(w.dir, p.name+".sessions")
	if postgres {
		base := strings.ReplaceAll(p.name, "-", "_")
		if err := w.postgres.CreateDatabase(ctx, base, ""); err != nil {
			return nil, err
		}
		flags = []string{"--database-url", w.postgres.URL(base)}
		p.beside = append(p.beside, w.postgres.PID())
	}
	args := append([]string{"user", "create", "--count", strconv.Itoa(people), "--sessions", p.sessions, "--data-dir", w.data(p, 0)}, flags...)
	if out, err := exec.CommandContext(ctx, w.program("swapnest"), args...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make accounts: %w: %s", err, out)
	}
	return flags, nil
}

// data is the folder of a node.
func (w *works) data(p *peer, node int) string { return filepath.Join(w.dir, fmt.Sprint(p.name, node)) }

// swapnest is SwapNest: as one node or several, on a database, with Redis or without.
func (w *works) swapnest(p *peer, nodes int, postgres, redis bool) {
	var flags []string
	p.prepare = func(ctx context.Context) (err error) {
		if redis {
			p.beside = append(p.beside, w.redisPID)
		}
		flags, err = w.accounts(ctx, p, postgres)
		return err
	}
	p.begin = func(now *processes) error {
		for n := range nodes {
			args := append([]string{"serve", "--listen", "127.0.0.1:0", "--rate-limits", "off", "--log-level", "error", "--data-dir", w.data(p, n)}, flags...)
			if redis {
				args = append(args, "--redis-url", w.redis)
			}
			if err := now.serve(command(w.program("swapnest"), args...)); err != nil {
				return err
			}
		}
		return nil
	}
}

// centrifuge is the library with SwapNest's writer.
func (w *works) centrifuge(p *peer, postgres bool) *peer {
	var flags []string
	p.prepare = func(ctx context.Context) (err error) {
		flags, err = w.accounts(ctx, p, postgres)
		return err
	}
	p.begin = func(now *processes) error {
		return now.serve(command(w.program("centrifuge"), append([]string{"--data-dir", w.data(p, 0)}, flags...)...))
	}
	return p
}

// django is the system before SwapNest, as Debian has its parts.
func (w *works) django(p *peer, postgres, redis bool) *peer {
	p.dialect, p.most, p.paced = loadgen.Original, 100, true
	p.inFlight, p.rates = []int{1, 20}, []float64{20, 50, 100}
	var env []string
	folder := filepath.Join(w.root, "bench", "django")
	p.prepare = func(ctx context.Context) error {
		if err := exec.CommandContext(ctx, python, "-c", "import channels, channels_redis, daphne, django, psycopg2").Run(); err != nil {
			p.missing = "Django Channels is not installed: scripts/bootstrap --bench installs it"
			return nil
		}
		where, layer := filepath.Join(w.dir, p.name+".sqlite3"), ""
		p.sessions = filepath.Join(w.dir, p.name+".sessions")
		if postgres {
			base := strings.ReplaceAll(p.name, "-", "_")
			if err := w.postgres.CreateDatabase(ctx, base, ""); err != nil {
				return err
			}
			where, p.beside = w.postgres.URL(base), append(p.beside, w.postgres.PID())
		}
		if redis {
			layer, p.beside = w.redis, append(p.beside, w.redisPID)
		}
		env = append(os.Environ(), "DATABASE="+where, "REDIS="+layer, "PYTHONDONTWRITEBYTECODE=1")
		for _, args := range [][]string{{"migrate"}, {"sessions", "200", p.sessions}} {
			c := exec.CommandContext(ctx, python, append([]string{"site_before.py"}, args...)...)
			c.Dir, c.Env = folder, env
			if out, err := c.CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w: %s", p.name, err, out)
			}
		}
		return nil
	}
	p.begin = func(now *processes) error {
		port, err := freePort()
		if err != nil {
			return err
		}
		c := command(python, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", port, "site_before:application")
		c.Dir, c.Env = folder, env
		return now.serveAt(c, port)
	}
	return p
}

// python is Debian's, for which its packages are.
const python = "/usr/bin/python3"
