package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"time"

	"swapnest/internal/config"
	"swapnest/internal/demo"
	"swapnest/internal/http/server"
	"swapnest/internal/http/web"
)

// shutdownTimeout is how long a node takes to finish what is under way.
const shutdownTimeout = 15 * time.Second

// serve runs a node until ctx ends.
func serve(ctx context.Context, c *config.Serve, log *slog.Logger, stdout io.Writer) (err error) {
	// The port first: whoever started a second node by mistake is told at once.
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	options := server.Options{
		DataDir: c.DataDir, DatabaseURL: c.DatabaseURL, PublicURL: c.Public(), Demo: c.Demo,
		RateLimits: c.RateLimits == "on", Version: version, Log: log,
	}
	var people []web.DemoPerson
	if c.Demo {
		options.Fill = func(ctx context.Context, a *server.App) ([]web.DemoPerson, error) {
			people, err = fill(ctx, a)
			return people, err
		}
	}
	app, err := server.New(ctx, options)
	if err != nil {
		// The listener goes with the process; the first error is the one to tell.
		_ = listener.Close()
		return err
	}
	announce(stdout, listener.Addr().(*net.TCPAddr), people)
	// Filling and hashing leave garbage behind that a quiet node would keep for long.
	debug.FreeOSMemory()
	served := make(chan error, 1)
	go func() { served <- app.Serve(listener) }()
	select {
	case err = <-served:
	case <-ctx.Done():
		log.Info("shutting down")
		ending, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		if err = app.Shutdown(ending); err != nil {
			log.Warn("not everything was finished in time", "error", err)
			err = nil
		}
	}
	if closing := app.Close(); err == nil {
		err = closing
	}
	return err
}

func fill(ctx context.Context, a *server.App) ([]web.DemoPerson, error) {
	town, err := demo.Fill(ctx, demo.Town{DB: a.DB, Accounts: a.Accounts, Blobs: a.Blobs, Now: time.Now()})
	if err != nil {
		return nil, fmt.Errorf("fill the demo town: %w", err)
	}
	people := make([]web.DemoPerson, len(town))
	for i, p := range town {
		people[i] = web.DemoPerson(p)
	}
	return people, nil
}

// announce prints where the node listens and, for the demo, who can sign in. Two
// names of one machine have two sets of cookies, so that two windows of one browser
// can hold two people.
func announce(out io.Writer, at *net.TCPAddr, people []web.DemoPerson) {
	hosts := []string{"127.0.0.1", "localhost"}
	for i, p := range people {
		if i == 0 {
			fmt.Fprintln(out, "\nTwo people to try, each in a window of its own:")
		}
		fmt.Fprintf(out, "  http://%s:%d/accounts/login/  username %s  password %s  (%s)\n",
			hosts[i%len(hosts)], at.Port, p.Username, p.Password, p.Line)
	}
	if len(people) > 0 {
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "listening on http://%s\n", at)
}
