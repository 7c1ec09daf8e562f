package server

import (
	"context"
	"log/slog"
	"net/url"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/web"
)

// Options say how a node runs.
type Options struct {
	DataDir     string      // SQLite file and uploads; locked while the node runs
	BlobDir     string      // photos and files, shared by nodes; "" is blobs in DataDir
	Bucket      blob.Bucket // photos and files, in place of BlobDir
	DatabaseURL string      // postgres://…; "" is SQLite in DataDir
	RedisURL    string      // redis://…, what joins this node to others; "" is alone
	PublicURL   *url.URL    // the origin that people use; nil is loopback
	Demo        bool        // demo accounts may sign in
	RateLimits  bool
	Media       chat.Media      // of what people attach; the zero value is chat.DefaultMedia
	Scanner     uploads.Scanner // looks at files; nil is none
	Proxies     auth.Proxies    // reverse proxies whose X-Forwarded-For is taken
	TLS         TLS
	Push        Push
	Mail        Mail
	Reply       Reply // answers by mail; the zero value is none
	// MetricsToken opens /metrics on the address that people use. Without one it is open
	// where PublicURL is nil, and closed elsewhere.
	MetricsToken string
	Version      string
	Log          *slog.Logger
	// Fill is called once the services stand and before anybody is served: it may
	// add demo data, and returns whom to offer on the sign-in page. Nil adds nothing.
	Fill func(context.Context, *App) ([]web.DemoPerson, error)
	// Broken is told once that the disk has failed and the process must end; see store.Options.
	Broken func(error)
	// Idle is a command beside the site: it serves nobody, follows nothing and sweeps nothing.
	Idle bool
	// Trace is told of each query; see store.Options. Nil is told nothing.
	Trace func(query string)
	Sending
}

// media are the limits in force.
func (o Options) media() chat.Media {
	if o.Media == (chat.Media{}) {
		return chat.DefaultMedia()
	}
	return o.Media
}
