package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"swapnest/internal/chat"
	"swapnest/internal/http/postbox"
	"swapnest/internal/http/socket"
	"swapnest/internal/live/bus"
)

// metrics is what a node tells Prometheus. The parts of the node know nothing of it: they
// call functions that it hands them.
type metrics struct {
	registry *prometheus.Registry

	connections prometheus.Gauge
	sends       map[string]prometheus.Counter // by outcome, so that no label is looked up
	acks        map[string]prometheus.Counter
	resumes     map[string]prometheus.Counter
	slow        prometheus.Counter
	hints       prometheus.Counter
	waiting     prometheus.Gauge
	overflow    prometheus.Counter
	batches     map[bool]prometheus.Counter // by failed
	batchSize   prometheus.Histogram
	batchTime   prometheus.Histogram
	blobs       map[string]prometheus.Counter // by operation
	scans       map[string]prometheus.Counter // by result
	attempts    *prometheus.CounterVec
	mails       map[string]prometheus.Counter // by outcome
	requests    *prometheus.CounterVec
	durations   *prometheus.HistogramVec
}

func newMetrics(version string) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	gauge := func(name, help string) prometheus.Gauge {
		return register(m, prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help}))
	}
	counter := func(name, help string) prometheus.Counter {
		return register(m, prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help}))
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return register(m, prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}))
	}
	m.connections = gauge("swapnest_connections", "Open sockets.")
	m.sends = counters(m, "swapnest_sends_total", "Messages that were to be sent, through any door, by what became of them.",
		"outcome", "ok", "duplicate", string(chat.RateLimited), string(chat.Unavailable), string(chat.NotFound), string(chat.Closed), string(chat.Conflict), "refused")
	m.acks = counters(m, "swapnest_acks_total", "Acknowledgements on sockets: fresh, or of a message that was sent before.", "kind", "fresh", "duplicate")
	m.resumes = counters(m, "swapnest_resumes_total", "Positions that clients came back with, by the answer.",
		"outcome", "caught_up", "reset_epoch", "reset_position", "reset_gap")
	m.slow = counter("swapnest_slow_readers_total", "Sockets closed with 4100, for they read too slowly.")
	m.hints = counter("swapnest_hints_dropped_total", "Typing, presence and the like that found no room in a socket's queue.")
	m.waiting = gauge("swapnest_admissions_waiting", "Sockets and replays that wait to be admitted.")
	m.overflow = counter("swapnest_admissions_refused_total", "Sockets sent away with 1013, and replays refused, for too many came at once.")
	m.batches = map[bool]prometheus.Counter{}
	for word, c := range counters(m, "swapnest_commits_total", "Shared commits of messages.", "result", "ok", "failed") {
		m.batches[word == "failed"] = c
	}
	m.batchSize = histogram("swapnest_commit_calls", "Messages that shared one commit.", prometheus.ExponentialBuckets(1, 2, 10))
	m.batchTime = histogram("swapnest_commit_seconds", "How long a shared commit took.", prometheus.ExponentialBuckets(0.0005, 2, 14))
	m.blobs = counters(m, "swapnest_blob_failures_total", "Photos and files that could not be stored, opened or deleted.", "operation", "put", "open", "delete")
	m.scans = counters(m, "swapnest_scans_total", "Files that the virus scanner was asked about, by the answer.", "result", "clean", "harmful", "unavailable")
	m.attempts = register(m, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "swapnest_outbox_attempts_total", Help: "Attempts to send something, by how they ended.",
	}, []string{"channel", "result"}))
	for _, channel := range channels {
		for _, result := range []string{"sent", "dropped", "postponed", "retry", "dead", "lost"} {
			m.attempts.WithLabelValues(string(channel), result) // 0 is told, too
		}
	}
	m.mails = counters(m, "swapnest_replies_total", "Answers and reports that came by mail, by what became of them.",
		"outcome", postbox.Outcomes...)
	m.requests = register(m, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "swapnest_http_requests_total", Help: "Answers to requests, by the pattern of the address.",
	}, []string{"pattern", "method", "status"}))
	m.durations = register(m, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "swapnest_http_seconds", Help: "How long answers took.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
	}, []string{"pattern"}))
	register(m, prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "swapnest_build_info", Help: "1 for the version that runs.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})).Set(1)
	register(m, collectors.NewGoCollector())
	register(m, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// bus tells how the way to the other nodes is.
func (m *metrics) bus(r *bus.Redis) {
	register(m, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "swapnest_bus_healthy", Help: "1 while messages of this node to itself come back through Redis, 0 while the log alone joins the nodes.",
	}, func() float64 {
		if r.Healthy() {
			return 1
		}
		return 0
	}))
	register(m, prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "swapnest_bus_probes_lost_total", Help: "Messages of this node to itself that have not come back in time.",
	}, func() float64 { return float64(r.LostProbes()) }))
	register(m, prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "swapnest_bus_dropped_total", Help: "Messages to other nodes that were given up; events come to them by the log.",
	}, func() float64 { return float64(r.Dropped()) }))
}

// uploads tells how many files are on their way.
func (m *metrics) uploads(coming func() int) {
	register(m, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "swapnest_uploads_coming", Help: "Uploads for messages that bytes come of just now.",
	}, func() float64 { return float64(coming()) }))
}

// register adds a collector, whose name is one of a fixed list and so never taken.
func register[C prometheus.Collector](m *metrics, c C) C {
	m.registry.MustRegister(c)
	return c
}

// counters returns a counter for each value of a label.
func counters(m *metrics, name, help, label string, values ...string) map[string]prometheus.Counter {
	vec := register(m, prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label}))
	all := make(map[string]prometheus.Counter, len(values))
	for _, v := range values {
		all[v] = vec.WithLabelValues(v)
	}
	return all
}

// observer counts what happens on sockets.
func (m *metrics) observer() socket.Observer {
	return socket.Observer{
		Opened: m.connections.Inc, Closed: m.connections.Dec, Slow: m.slow.Inc, Dropped: m.hints.Inc,
		Waiting: func(delta int) { m.waiting.Add(float64(delta)) }, Refused: m.overflow.Inc,
		Acked: func(duplicate bool) {
			if duplicate {
				m.acks["duplicate"].Inc()
				return
			}
			m.acks["fresh"].Inc()
		},
		Resumed: func(outcome string) {
			if c, ok := m.resumes[outcome]; ok {
				c.Inc()
			}
		},
	}
}

// sent counts a message that was to be sent.
func (m *metrics) sent(outcome string) {
	if c, ok := m.sends[outcome]; ok {
		c.Inc()
		return
	}
	m.sends["refused"].Inc()
}

// mailed counts a mail that came.
func (m *metrics) mailed(outcome string) { m.mails[outcome].Inc() }

// batched counts a shared commit.
func (m *metrics) batched(calls int, took time.Duration, failed bool) {
	if calls == 0 {
		return
	}
	m.batches[failed].Inc()
	m.batchSize.Observe(float64(calls))
	m.batchTime.Observe(took.Seconds())
}

// attempted counts an attempt to send something.
func (m *metrics) attempted(c chat.Channel, result string) {
	m.attempts.WithLabelValues(string(c), result).Inc()
}

// request counts an answer.
func (m *metrics) request(pattern, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(pattern, method, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(pattern).Observe(took.Seconds())
}

// state tells what is asked for only when somebody looks: how far followers are behind,
// what waits in the outbox, and how the pools stand.
type state struct {
	app  *App
	lag  *prometheus.Desc
	kept *prometheus.Desc
	late *prometheus.Desc
	pool *prometheus.Desc
	wait *prometheus.Desc
}

// lagger is a follower of a feed.
type lagger interface {
	Lag(ctx context.Context) (time.Duration, error)
}

func newState(a *App) *state {
	return &state{
		app:  a,
		lag:  prometheus.NewDesc("swapnest_follower_lag_seconds", "Age of the oldest event that a follower has not dealt with.", []string{"follower"}, nil),
		kept: prometheus.NewDesc("swapnest_outbox_deliveries", "What is in the outbox of all nodes: waiting, or dead, which is given up.", []string{"channel", "state"}, nil),
		late: prometheus.NewDesc("swapnest_outbox_late_seconds", "For how long the oldest delivery is due that nobody tries; 0 for none.", []string{"channel"}, nil),
		pool: prometheus.NewDesc("swapnest_database_connections", "Connections to the database.", []string{"pool", "state"}, nil),
		wait: prometheus.NewDesc("swapnest_database_waits_total", "Times that somebody waited for a connection.", []string{"pool"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *state) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.lag, s.kept, s.late, s.pool, s.wait} {
		out <- d
	}
}

// Collect implements prometheus.Collector. What cannot be found out is left out.
func (s *state) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for name, f := range s.app.lags {
		if lag, err := f.Lag(ctx); err == nil {
			out <- prometheus.MustNewConstMetric(s.lag, prometheus.GaugeValue, lag.Seconds(), name)
		}
	}
	s.collectOutbox(ctx, out)
	for name, p := range s.app.DB.Pools() {
		out <- prometheus.MustNewConstMetric(s.pool, prometheus.GaugeValue, float64(p.InUse), name, "in_use")
		out <- prometheus.MustNewConstMetric(s.pool, prometheus.GaugeValue, float64(p.Idle), name, "idle")
		out <- prometheus.MustNewConstMetric(s.wait, prometheus.CounterValue, float64(p.Waits), name)
	}
}

// channels are those of which metrics tell.
var channels = []chat.Channel{chat.PushChannel, chat.MailChannel}

// collectOutbox tells of each channel.
func (s *state) collectOutbox(ctx context.Context, out chan<- prometheus.Metric) {
	now := time.Now()
	loads, err := s.app.DB.OutboxLoads(ctx, now)
	if err != nil {
		return
	}
	for _, c := range channels {
		l := loads[c]
		var late time.Duration
		if !l.Due.IsZero() {
			late = max(0, now.Sub(l.Due))
		}
		out <- prometheus.MustNewConstMetric(s.kept, prometheus.GaugeValue, float64(l.Waiting), string(c), "waiting")
		out <- prometheus.MustNewConstMetric(s.kept, prometheus.GaugeValue, float64(l.Dead), string(c), "dead")
		out <- prometheus.MustNewConstMetric(s.late, prometheus.GaugeValue, late.Seconds(), string(c))
	}
}

// handler writes all of it in the text format of Prometheus.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// guarded is handler for the address that people use: with a token for who brings it, and
// without one only while the site is on loopback. Everybody else gets what is written at an
// address that is none.
func (m *metrics) guarded(token string, open bool, missing http.Handler) http.Handler {
	want := sha256.Sum256([]byte(token))
	shown := m.handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(bearer))
		// A page of another site may have given this machine's address a name of its own.
		allowed := open && isLoopback(r.Host)
		if token != "" {
			allowed = ok && subtle.ConstantTimeCompare(got[:], want[:]) == 1
		}
		if !allowed {
			missing.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		shown.ServeHTTP(w, r)
	})
}
