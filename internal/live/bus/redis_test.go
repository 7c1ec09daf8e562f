package bus_test

import (
	"log/slog"
	"testing"
	"time"

	"swapnest/internal/live/bus"
	"swapnest/internal/live/bus/bustest"
	"swapnest/internal/testkit"
)

// join returns a function that joins nodes to the bus at an address, each until its test ends.
func join(tb testing.TB, url string) func(*testing.T, bus.Receive) bus.Bus {
	tb.Helper()
	address, err := bus.ParseAddress(url)
	if err != nil {
		tb.Fatal(err)
	}
	return func(t *testing.T, receive bus.Receive) bus.Bus {
		t.Helper()
		r := bus.NewRedis(bus.RedisOptions{Address: address, Log: slog.New(slog.DiscardHandler)})
		t.Cleanup(r.Close)
		b := r.Join(receive)
		eventually(t, "the bus is healthy", r.Healthy)
		return b
	}
}

// eventually waits for another process.
func eventually(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("not within 20 s: %s", what)
		}
	}
}

func TestRedis(t *testing.T) { bustest.Run(t, join(t, testkit.StartRedis(t).URL())) }

func TestRedisCluster(t *testing.T) {
	bustest.Run(t, join(t, testkit.ClusterURL(testkit.StartRedisCluster(t))))
}

func TestRedisSentinel(t *testing.T) {
	bustest.Run(t, join(t, testkit.StartRedisSentinel(t).URL()))
}
