package main

import (
	"context"
	"errors"
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

// How long a node takes to finish what is under way, the same when the disk has failed, and
// then to close the database: 18 seconds at most, with two for when people were last seen, since
// whoever sent SIGTERM may send SIGKILL
// after 20.
const (
	shutdownTimeout = 12 * time.Second
	brokenTimeout   = 2 * time.Second
	closeTimeout    = 4 * time.Second
)

// errBroken says why a process ends whose disk has failed.
func errBroken(fault error) error {
	return fmt.Errorf("the disk has failed, and what a failed write has left there cannot be trusted: check the disk, then start this again (%w)", fault)
}

// serve runs a node until ctx ends.
func serve(ctx context.Context, c *config.Serve, log *slog.Logger, stdout io.Writer) (err error) {
	// The ports first: whoever started a second node by mistake is told at once.
	ports, err := listen(ctx, c.Listen, c.Operations.DebugListen, c.Secure.HTTPListen)
	if err != nil {
		return err
	}
	// What the node has not taken over goes here; a second closing changes nothing.
	defer ports.close()
	options := server.Options{
		DataDir: c.DataDir, BlobDir: c.BlobDir, Bucket: c.Bucket(), DatabaseURL: c.DatabaseURL, RedisURL: c.RedisURL, PublicURL: c.Public(), Demo: c.Demo,
		RateLimits: c.RateLimits == "on", Media: c.Files.Media(), Proxies: c.Proxies(), Version: version, Log: log,
		MetricsToken: c.Operations.MetricsToken, TLS: tlsOf(c),
		Push: server.Push{Off: c.Push.Push == "off", Contact: c.Contact(), Loopback: c.Push.PushLoopback},
	}
	if c.Files.Scanner() != nil {
		options.Scanner = c.Files.Scanner()
	}
	broken := make(chan error, 1)
	options.Broken = func(fault error) { broken <- fault }
	var people []web.DemoPerson
	if c.Demo {
		options.Fill = func(ctx context.Context, a *server.App) ([]web.DemoPerson, error) {
			people, err = fill(ctx, a)
			return people, err
		}
	}
	app, err := server.New(ctx, options)
	if err != nil {
		return err
	}
	announce(stdout, ports, options.TLS != server.TLS{}, people)
	// Filling and hashing leave garbage behind that a quiet node would keep for long.
	debug.FreeOSMemory()
	served := ports.serve(app)
	select {
	case err = <-served:
	case err = <-broken:
		// There is nothing to finish: everybody is told to come back, and that is all.
		err = errBroken(err)
		end(app, brokenTimeout, log)
	case <-ctx.Done():
		log.Info("shutting down")
		end(app, shutdownTimeout, log)
	}
	if closing := closeSoon(app); err == nil {
		err = closing
	}
	select {
	case fault := <-broken: // while it was ending
		err = errBroken(fault)
	default:
	}
	return err
}

// end lets a node finish what is under way.
func end(app *server.App, most time.Duration, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	if err := app.Shutdown(ctx); err != nil {
		log.Warn("not everything was finished in time", "error", err)
	}
}

// closeSoon closes a node, and gives up on a database that does not answer: what was
// acknowledged is stored already.
func closeSoon(app *server.App) error {
	closed := make(chan error, 1)
	go func() { closed <- app.Close() }()
	select {
	case err := <-closed:
		return err
	case <-time.After(closeTimeout):
		return errors.New("the database could not be closed in time: it does not answer")
	}
}

func fill(ctx context.Context, a *server.App) ([]web.DemoPerson, error) {
	var town []demo.Person
	// Of several nodes that start at once, one fills the town, and the others wait for it.
	err := a.DB.Alone(ctx, func() (err error) {
		town, err = demo.Fill(ctx, demo.Town{DB: a.DB, Accounts: a.Accounts, Blobs: a.Blobs, Uploads: a.Uploads, Now: time.Now()})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("fill the demo town: %w", err)
	}
	people := make([]web.DemoPerson, len(town))
	for i, p := range town {
		people[i] = web.DemoPerson(p)
	}
	return people, nil
}

// tlsOf returns where certificates come from.
func tlsOf(c *config.Serve) server.TLS {
	t := server.TLS{Cert: c.Secure.TLSCert, Key: c.Secure.TLSKey}
	if c.Secure.ACME {
		t = server.TLS{
			ACME: true, Host: c.Public().Hostname(), Email: c.Secure.ACMEEmail, Directory: c.Secure.ACMEDirectory, Root: c.Secure.ACMERoot,
		}
	}
	return t
}

// announce prints where the node listens and, for the demo, who can sign in. Two
// names of one machine have two sets of cookies, so that two windows of one browser
// can hold two people.
func announce(out io.Writer, ports *ports, secure bool, people []web.DemoPerson) {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	at := ports.site.Addr().(*net.TCPAddr)
	hosts := []string{"127.0.0.1", "localhost"}
	for i, p := range people {
		if i == 0 {
			fmt.Fprintln(out, "\nTwo people to try, each in a window of its own:")
		}
		fmt.Fprintf(out, "  %s://%s:%d/accounts/login/  username %s  password %s  (%s)\n",
			scheme, hosts[i%len(hosts)], at.Port, p.Username, p.Password, p.Line)
	}
	if len(people) > 0 {
		fmt.Fprintln(out)
	}
	if ports.debug != nil {
		fmt.Fprintf(out, "debugging on http://%s\n", ports.debug.Addr())
	}
	if ports.plain != nil {
		fmt.Fprintf(out, "redirecting on http://%s\n", ports.plain.Addr())
	}
	fmt.Fprintf(out, "listening on %s://%s\n", scheme, at)
}
