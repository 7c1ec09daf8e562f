//go:build unix

package testkit

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sentinelMaster is the name that the sentinel of a test has for the master.
const sentinelMaster = "mymaster"

// RedisSentinel is a master with one replica, and a sentinel that puts the replica in the
// master's place half a second after the master went silent. Redis and the sentinel have a
// password each.
type RedisSentinel struct {
	Master, Replica, Sentinel *Redis
}

// StartRedisSentinel starts the three, and returns when the sentinel knows the replica.
func StartRedisSentinel(tb testing.TB) *RedisSentinel {
	tb.Helper()
	return startRedisSentinel(tb, "", "")
}

// StartRedisSentinelTLS starts them with a certificate for 127.0.0.1 that is its own authority;
// they speak TLS alone, also with each other.
func StartRedisSentinelTLS(tb testing.TB, cert, key string) *RedisSentinel {
	tb.Helper()
	return startRedisSentinel(tb, cert, key)
}

func startRedisSentinel(tb testing.TB, cert, key string) *RedisSentinel {
	tb.Helper()
	password := rand.Text()
	prepare := func(password string, flags ...string) *Redis {
		r := newRedis(tb, password, flags...)
		r.cert, r.key = cert, key
		return r
	}
	s := &RedisSentinel{Master: prepare(password, "--repl-diskless-sync-delay", "0")}
	s.Master.Start()
	s.Replica = prepare(password, "--replicaof", "127.0.0.1 "+strconv.Itoa(s.Master.port))
	s.Replica.Start()
	deadline := time.Now().Add(redisStart)
	until := func(what string, is func() bool) {
		tb.Helper()
		for !is() {
			if time.Now().After(deadline) {
				tb.Fatalf("not within %s: %s", redisStart, what)
			}
		}
	}
	until("the replica has what the master has", func() bool { return strings.Contains(s.Replica.Do("INFO", "replication"), "master_link_status:up") })

	s.Sentinel = prepare(rand.Text(), "--sentinel")
	s.Sentinel.conf = filepath.Join(s.Sentinel.dir, "sentinel.conf")
	err := os.WriteFile(s.Sentinel.conf, fmt.Appendf(nil, `sentinel monitor %[1]s 127.0.0.1 %[2]d 1
sentinel auth-pass %[1]s %[3]s
sentinel down-after-milliseconds %[1]s 500
sentinel failover-timeout %[1]s 2000
`, sentinelMaster, s.Master.port, password), 0o600)
	if err != nil {
		tb.Fatal(err)
	}
	s.Sentinel.Start()
	until("the sentinel knows the replica", func() bool {
		return strings.Contains(s.Sentinel.Do("SENTINEL", "REPLICAS", sentinelMaster), "master-link-status\nok")
	})
	return s
}

// Failover has the sentinel put the replica in the master's place while both are well.
func (s *RedisSentinel) Failover() {
	s.Master.tb.Helper()
	s.Sentinel.Do("SENTINEL", "FAILOVER", sentinelMaster)
}

// URL is the address for --redis-url.
func (s *RedisSentinel) URL() string {
	scheme := "redis+sentinel"
	if s.Sentinel.cert != "" {
		scheme = "rediss+sentinel"
	}
	u := url.URL{
		Scheme: scheme, User: url.UserPassword("", s.Master.password), Host: s.Sentinel.Host(), Path: "/" + sentinelMaster,
		RawQuery: url.Values{"sentinel_password": {s.Sentinel.password}}.Encode(),
	}
	return u.String()
}
