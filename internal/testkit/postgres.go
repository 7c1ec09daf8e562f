//go:build unix

// Package testkit gives tests real servers, databases and clients. It is
// imported by tests only.
package testkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// postgresStart bounds how long a server may take until it accepts.
	postgresStart = 60 * time.Second
	// postgresStop bounds how long a server may take to end before it is killed.
	postgresStop = 10 * time.Second
	// postgresUser is the superuser of the test servers.
	postgresUser = "swapnest"
)

// PostgresOptions says how a server of StartPostgres differs from the fast one
// that unit tests want. The zero value is that fast one.
type PostgresOptions struct {
	// Durable makes every commit reach the disk before it is answered, as a
	// production server does. Benchmarks need it; unit tests are faster without.
	Durable bool
	// Dir is the folder under which the server makes its own; empty means the
	// system's temporary folder. A durable server wants one that is no tmpfs.
	Dir string
	// Settings are added to the server's configuration and win over ours.
	Settings map[string]string
}

// Postgres is a running PostgreSQL server that belongs to this process alone.
// It listens on a free port of 127.0.0.1 and on a Unix socket in its folder.
type Postgres struct {
	dir      string
	port     int
	password string
	bin      string
	options  PostgresOptions
	owner    *syscall.Credential
	cmd      *exec.Cmd
	up       bool // cmd has been started and has not been waited for
	hung     bool // its processes have been stopped
	watchdog *watchdog

	stop    sync.Once
	stopErr error
}

// StartPostgres makes an empty server in a temporary folder and returns when it
// accepts connections. The caller must Stop it; should the process die before
// it can, a watchdog ends the server and removes its folder. The error says what
// to do when PostgreSQL is not installed.
func StartPostgres(opts PostgresOptions) (*Postgres, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	// The free port is found before the server binds it, so another process can
	// take it in between: then the next one is tried.
	for try := 1; ; try++ {
		p, err := startPostgres(bin, opts)
		if err == nil {
			return p, nil
		}
		if try == 5 || !strings.Contains(err.Error(), "Address already in use") {
			return nil, err
		}
	}
}

// URL returns the address of one database of the server, for pgx and for the
// program's --database-url.
func (p *Postgres) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(postgresUser, p.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// CreateDatabase makes a database as a copy of template, or an empty one when
// template is "". Nobody may be connected to the template meanwhile.
func (p *Postgres) CreateDatabase(ctx context.Context, name, template string) error {
	if template == "" {
		template = "template0"
	}
	return p.administer(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE "+pgx.Identifier{template}.Sanitize())
}

// DropDatabase removes a database and ends the connections to it.
func (p *Postgres) DropDatabase(ctx context.Context, name string) error {
	return p.administer(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
}

// administer runs a statement on a connection of its own.
func (p *Postgres) administer(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connect for %s: %w", statement, err)
	}
	// The connection has done its work by then and holds no transaction.
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// Stop ends the server at once, without waiting for its clients, and removes
// its folder. A second call returns what the first one did.
func (p *Postgres) Stop() error {
	p.stop.Do(func() { p.stopErr = p.end() })
	return p.stopErr
}

// PID returns the process id of the server.
func (p *Postgres) PID() int { return p.cmd.Process.Pid }

// end quits the server process, waits for it and cleans up behind it.
func (p *Postgres) end() error {
	err := p.quit(syscall.SIGQUIT)
	return errors.Join(err, p.watchdog.dismiss(), os.RemoveAll(p.dir))
}

// quit ends the server process by one of its signals and waits for it. One that is down is
// no error.
func (p *Postgres) quit(signal syscall.Signal) error {
	if !p.up {
		return nil
	}
	// A server that is already gone is what we want, so only Wait's answer counts.
	_ = p.cmd.Process.Signal(signal)
	if p.hung {
		_ = p.Resume() // it has to go on to end
	}
	kill := time.AfterFunc(postgresStop, func() { _ = p.cmd.Process.Kill() })
	err := p.cmd.Wait()
	p.up = false
	if !kill.Stop() {
		err = errors.Join(fmt.Errorf("postgres %d did not stop within %s and was killed", p.PID(), postgresStop), err)
	}
	return errors.Join(err, p.watchdog.unguard())
}

// startPostgres is one try of StartPostgres on one port.
func startPostgres(bin string, opts PostgresOptions) (_ *Postgres, err error) {
	owner, err := postgresOwner()
	if err != nil {
		return nil, err
	}
	p := &Postgres{password: rand.Text(), bin: bin, options: opts, owner: owner}
	if p.dir, err = postgresDir(opts.Dir, owner); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(p.dir))
		}
	}()
	if err := p.initialise(); err != nil {
		return nil, err
	}
	if p.port, err = FreePort(); err != nil {
		return nil, err
	}
	if p.watchdog, err = startWatchdog(p.dir, "QUIT"); err != nil {
		return nil, err
	}
	if err := p.launch(); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// initialise makes the files of an empty cluster. Even on a loopback port a
// server asks for a password: whoever is its superuser can run programs as us.
func (p *Postgres) initialise() error {
	passwords := filepath.Join(p.dir, "password")
	if err := os.WriteFile(passwords, []byte(p.password+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the password of postgres: %w", err)
	}
	if err := os.Chown(passwords, int(p.owner.Uid), int(p.owner.Gid)); err != nil {
		return fmt.Errorf("hand the password of postgres over: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), postgresStart)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, "initdb"),
		"--pgdata", filepath.Join(p.dir, "data"),
		"--username", postgresUser, "--pwfile", passwords, "--auth", "password",
		"--no-locale", "--encoding", "UTF8", "--no-sync", "--no-instructions")
	p.own(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// launch starts the server, tells the watchdog, and waits until it accepts. Whoever gets an
// error stops the server.
func (p *Postgres) launch() error {
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		return fmt.Errorf("create the log of postgres: %w", err)
	}
	defer log.Close() //nolint:errcheck // The server has its own copy; ours was never written to.

	// The server inherits the writing end of this pipe, so reading from the
	// other end tells at once when the server has ended, without a goroutine
	// that tests looking for leaks would find.
	ended, alive, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("watch postgres: %w", err)
	}
	defer ended.Close() //nolint:errcheck // Nothing was written to a reading end.

	p.cmd = exec.Command(filepath.Join(p.bin, "postgres"), p.arguments()...) //nolint:noctx // It outlives this call; Stop ends it.
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.ExtraFiles = []*os.File{alive}
	p.own(p.cmd)

	err = p.cmd.Start()
	p.up = err == nil
	if closeErr := alive.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	err = p.watchdog.guard(p.PID())
	if err == nil {
		err = p.accepts(ended)
	}
	if err != nil {
		said, _ := os.ReadFile(log.Name()) // Without the server's words the error still stands.
		return fmt.Errorf("%w\n%s", err, said)
	}
	return nil
}

// arguments returns the server's command line.
func (p *Postgres) arguments() []string {
	settings := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(p.port),
		"unix_socket_directories": p.dir,
		"max_connections":         "200",
		"shared_buffers":          "32MB",
		"wal_level":               "minimal",
		"max_wal_senders":         "0",
		"timezone":                "UTC",
		"lc_messages":             "C",
		"fsync":                   "off",
		"synchronous_commit":      "off",
		"full_page_writes":        "off",
		// It writes statistics in transactions of its own at any time, in any database of the server,
		// and until they have ended nobody sees the end of the log.
		"autovacuum": "off",
	}
	if p.options.Durable {
		settings["fsync"] = "on"
		settings["synchronous_commit"] = "on"
		settings["full_page_writes"] = "on"
		settings["autovacuum"] = "on"
		settings["shared_buffers"] = "128MB"
	}
	for name, value := range p.options.Settings {
		settings[name] = value
	}
	args := []string{"-D", filepath.Join(p.dir, "data")}
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	return args
}

// accepts waits until the server answers, and gives up when it has ended.
func (p *Postgres) accepts(ended *os.File) error {
	ctx, cancel := context.WithTimeout(context.Background(), postgresStart)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, p.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("postgres did not accept a connection within %s: %w", postgresStart, err)
		}
		// Nothing is ever written here: the read returns at the deadline, which
		// is the pause between two tries, or earlier because the server is gone.
		if err := ended.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			return fmt.Errorf("watch postgres: %w", err)
		}
		if _, err := ended.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			return errors.New("postgres ended while starting")
		}
	}
}

// own makes a command run as the server's owner and in a process group of its own, so that a
// Ctrl-C in the terminal reaches the tests only, which then end the server.
func (p *Postgres) own(cmd *exec.Cmd) {
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.owner}
}

// shared is the server that the tests of one package share. It is a global
// because a test binary is one process and TestMain can hand nothing to tests.
var shared struct {
	mu       sync.Mutex // Guards what follows.
	started  bool
	postgres *Postgres
	err      error
}

// SharedPostgres returns the server that all tests of this process share,
// started by the first that asks. A machine without PostgreSQL fails the test:
// a test that was skipped silently tells nothing. The package's TestMain must
// call Main, which stops the server.
func SharedPostgres(tb testing.TB) *Postgres {
	tb.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if !shared.started {
		shared.started = true
		shared.postgres, shared.err = StartPostgres(PostgresOptions{})
	}
	if shared.err != nil {
		tb.Fatalf("start a PostgreSQL server for the tests: %v", shared.err)
	}
	return shared.postgres
}

// Main runs the tests of a package, cleans up behind the last one, stops the shared server
// if a test started it, and exits with the tests' code. It is the body of TestMain.
func Main(m *testing.M, cleanup ...func()) {
	code := m.Run()
	for _, clean := range cleanup {
		clean()
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.postgres != nil {
		if err := shared.postgres.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop the PostgreSQL server of the tests:", err)
			if code == 0 {
				code = 1
			}
		}
	}
	os.Exit(code)
}
