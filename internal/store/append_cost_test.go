package store_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// BenchmarkAppendCost measures what a message costs on PostgreSQL when so many wait at once, at one
// node or at two: batch is how many shared a commit, go-us and db-us are the microseconds of processor time
// that this process and the database have taken, which a busy machine changes little.
func BenchmarkAppendCost(b *testing.B) {
	server, err := testkit.StartPostgres(testkit.PostgresOptions{Durable: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := server.Stop(); err != nil {
			b.Error(err)
		}
	}()
	for _, load := range []struct{ nodes, waiting int }{{1, 1}, {1, 64}, {1, 256}, {2, 64}, {2, 256}} {
		b.Run(fmt.Sprintf("nodes=%d/waiting=%d", load.nodes, load.waiting), func(b *testing.B) {
			benchmarkCost(b, server, load.nodes, load.waiting)
		})
	}
}

// benchmarkCost has two callers for each conversation, one of each person: at two nodes each writes at
// a node of its own, so that the nodes wait for each other's locks.
func benchmarkCost(b *testing.B, server *testkit.Postgres, nodes, waiting int) {
	var commits atomic.Int64
	d := testkit.PostgreSQLOn(b, server)
	dbs := make([]*store.DB, nodes)
	for i := range dbs {
		var err error
		dbs[i], err = store.Open(b.Context(), store.Options{URL: d.URL(), Batched: func(int, time.Duration, bool) { commits.Add(1) }})
		if err != nil {
			b.Fatal(err)
		}
		defer dbs[i].Close()
	}
	town := testkit.Populate(b, dbs[0])
	talks := conversations(b, dbs[0], town, (waiting+1)/2, "cost")
	for _, c := range talks {
		mustAppend(b, dbs[0], post(c.ID, c.BuyerID, "start", body))
	}
	names := make([]string, b.N)
	for i := range names {
		names[i] = "m" + strconv.Itoa(i)
	}
	var next atomic.Int64
	commits.Store(0)
	ours, theirs := testkit.ProcessorTime(b), familyCPU(b, server.PID())
	b.ReportAllocs()
	b.ResetTimer()
	spread(b, waiting, b.N, func(caller int) error {
		c := talks[caller/2]
		who := c.BuyerID
		if caller%2 == 1 {
			who = c.SellerID
		}
		_, err := dbs[caller%nodes].Append(b.Context(), post(c.ID, who, names[next.Add(1)-1], body))
		return err
	})
	b.StopTimer()
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(b.N) }
	b.ReportMetric(float64(b.N)/float64(commits.Load()), "batch")
	b.ReportMetric(each(testkit.ProcessorTime(b)-ours), "go-us/op")
	b.ReportMetric(each(familyCPU(b, server.PID())-theirs), "db-us/op")
}

// familyCPU is the processor time of a process and its children, by Linux's /proc; 0 elsewhere.
func familyCPU(b *testing.B, pid int) (all time.Duration) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended meanwhile
		}
		fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
		if filepath.Base(filepath.Dir(name)) != strconv.Itoa(pid) && string(fields[1]) != strconv.Itoa(pid) {
			continue
		}
		for _, f := range fields[11:13] { // user and system, in hundredths of a second
			n, err := strconv.ParseInt(string(f), 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			all += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return all
}
