//go:build unix

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
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// redisStart bounds how long a server, or a cluster of them, may take until it answers.
const redisStart = 30 * time.Second

// redisCommand bounds how long redis-cli may take: moving slots of a cluster is thousands of commands.
const redisCommand = 2 * time.Minute

// Redis is a server of the machine's redis-server that belongs to one test alone. It asks for
// a password, keeps nothing on disk, and is gone when the test ends, or its process does.
type Redis struct {
	tb       testing.TB
	dir      string
	port     int
	password string
	conf     string // a file of settings that no flag can say; "" is none
	cert     string // with key, of a server that speaks TLS alone; "" is none
	key      string
	extra    []string
	cmd      *exec.Cmd
	watchdog *watchdog
}

// StartRedis starts a server on a free port of 127.0.0.1, with further flags.
func StartRedis(tb testing.TB, flags ...string) *Redis {
	tb.Helper()
	return startRedis(tb, rand.Text(), flags...)
}

// StartRedisCluster starts three servers that are one cluster, and returns them.
func StartRedisCluster(tb testing.TB) []*Redis {
	tb.Helper()
	password := rand.Text()
	var servers []*Redis
	join := []string{"--cluster", "create"}
	for range 3 {
		bus, err := FreePort()
		if err != nil {
			tb.Fatal(err)
		}
		s := startRedis(tb, password, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", strconv.Itoa(bus))
		servers = append(servers, s)
		join = append(join, s.Host())
	}
	servers[0].Do(append(join, "--cluster-replicas", "0", "--cluster-yes")...)
	deadline := time.Now().Add(redisStart)
	for _, s := range servers {
		for !strings.Contains(s.Do("CLUSTER", "INFO"), "cluster_state:ok") {
			if time.Now().After(deadline) {
				tb.Fatalf("the cluster was not made within %s", redisStart)
			}
		}
	}
	return servers
}

func startRedis(tb testing.TB, password string, extra ...string) *Redis {
	tb.Helper()
	r := newRedis(tb, password, extra...)
	r.Start()
	return r
}

// newRedis prepares a server that Start starts.
func newRedis(tb testing.TB, password string, extra ...string) *Redis {
	tb.Helper()
	r := &Redis{tb: tb, password: password, extra: extra}
	var err error
	if r.dir, err = os.MkdirTemp("", "swapnest-redis-"); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		r.Kill()
		if err := os.RemoveAll(r.dir); err != nil {
			tb.Error(err)
		}
	})
	if r.port, err = FreePort(); err != nil {
		tb.Fatal(err)
	}
	return r
}

// Host is where it listens.
func (r *Redis) Host() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port)) }

// URL is the address for --redis-url.
func (r *Redis) URL() string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("", r.password), Host: r.Host()}
	return u.String()
}

// ClusterURL is the address of several servers of a cluster.
func ClusterURL(servers []*Redis) string {
	hosts := []string{servers[0].URL()}
	for _, s := range servers[1:] {
		hosts = append(hosts, s.Host())
	}
	return strings.Join(hosts, ",")
}

// Start starts the server again, on the port that it had, after Kill.
func (r *Redis) Start() {
	r.tb.Helper()
	var err error
	if r.watchdog, err = startWatchdog(r.dir, "KILL"); err != nil {
		r.tb.Fatal(err)
	}
	r.cmd = exec.Command("redis-server", r.arguments()...) //nolint:noctx // It outlives this call; Kill ends it.
	r.cmd.Dir = r.dir
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.cmd.Start(); err != nil {
		r.tb.Fatalf("start a Redis server for the tests: %v", errors.Join(err, r.watchdog.dismiss()))
	}
	if err := r.watchdog.guard(r.cmd.Process.Pid); err != nil {
		r.tb.Fatal(err)
	}
	for deadline := time.Now().Add(redisStart); ; {
		out, err := r.Try("PING")
		if err == nil && strings.TrimSpace(out) == "PONG" {
			return
		}
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(r.dir + "/log") // Without the server's words the error still stands.
			r.tb.Fatalf("redis-server did not answer within %s: %v %s\n%s", redisStart, err, out, said)
		}
	}
}

// arguments returns the server's command line.
func (r *Redis) arguments() []string {
	var args []string
	if r.conf != "" {
		args = append(args, r.conf)
	}
	args = append(args, "--bind", "127.0.0.1", "--dir", r.dir, "--logfile", "log", "--save", "", "--appendonly", "no",
		"--requirepass", r.password, "--masterauth", r.password)
	if r.cert == "" {
		args = append(args, "--port", strconv.Itoa(r.port))
	} else {
		args = append(args, "--port", "0", "--tls-port", strconv.Itoa(r.port), "--tls-cert-file", r.cert, "--tls-key-file", r.key,
			"--tls-ca-cert-file", r.cert, "--tls-auth-clients", "no", "--tls-replication", "yes")
	}
	return append(args, r.extra...)
}

// Kill ends the server with SIGKILL, also while it is hung. One that has ended is no error.
func (r *Redis) Kill() {
	r.tb.Helper()
	if r.cmd == nil || r.cmd.Process == nil {
		return
	}
	// It may have gone; Wait tells that it was killed, which is what was wanted.
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
	r.cmd = nil
	if err := r.watchdog.dismiss(); err != nil {
		r.tb.Error(err)
	}
}

// Hang stops the server's process until Resume: it accepts, and says nothing.
func (r *Redis) Hang() { r.signal(syscall.SIGSTOP) }

// Resume lets a hung server go on.
func (r *Redis) Resume() { r.signal(syscall.SIGCONT) }

func (r *Redis) signal(s syscall.Signal) {
	r.tb.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.tb.Fatal(err)
	}
}

// Do runs a command by redis-cli and returns what that prints.
func (r *Redis) Do(args ...string) string {
	r.tb.Helper()
	out, err := r.Try(args...)
	if err != nil {
		r.tb.Fatalf("redis-cli %v: %v\n%s", args, err, out)
	}
	return out
}

// Try is Do for a server that may close the line meanwhile, as one does whose part changes.
func (r *Redis) Try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), redisCommand)
	defer cancel()
	how := []string{"-e", "-h", "127.0.0.1", "-p", strconv.Itoa(r.port)}
	if r.cert != "" {
		how = append(how, "--tls", "--cacert", r.cert)
	}
	cmd := exec.CommandContext(ctx, "redis-cli", append(how, args...)...)
	cmd.Env = append(os.Environ(), "REDISCLI_AUTH="+r.password)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("redis-cli: %w", err)
	}
	return string(out), err
}
