// Package api is the JSON door of the marketplace, under /api/v1. It decodes,
// calls one service and encodes; it decides nothing about what people may do. Its
// OpenAPI description is made from the same types that decode and encode.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"swapnest/internal/feature/accounts"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/listings"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/feature/notices"
	"swapnest/internal/feature/reach"
	"swapnest/internal/feature/saved"
	"swapnest/internal/feature/search"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/http/auth"
)

const (
	prefix = "/api/v1"
	// maxBody is how many bytes a request's body may have.
	maxBody = 64 << 10
	// patience is how long a request may take, its body included.
	patience = 5 * time.Second
	// commandTime is how long a command waits for the database, looking up who asks
	// included: behind it is unavailable, and its outcome unknown.
	commandTime = 2 * time.Second
)

// Options are what the door needs.
type Options struct {
	Guard    *auth.Guard
	Accounts *accounts.Service
	Listings *listings.Service
	Uploads  *uploads.Service
	Inbox    *inbox.Service
	Messages *messaging.Service
	Notices  *notices.Service
	Reach    *reach.Service
	Saved    *saved.Service
	Search   *search.Service
	Version  string // of the program, for the description
	Log      *slog.Logger
}

// API answers the calls under /api/.
type API struct {
	Options
	mux  *http.ServeMux
	huma huma.API
	spec []byte // the OpenAPI document
}

// New returns the door with all its calls.
func New(o Options) *API {
	a := &API{Options: o, mux: http.NewServeMux()}
	a.huma = jsonOnly{humago.NewWithPrefix(a.mux, prefix, a.config())}
	a.huma.UseMiddleware(a.admit, a.bound, a.find, a.receive)
	a.calls()
	a.spec = a.describe()
	a.mux.HandleFunc("GET "+prefix+"/openapi.json", a.openAPI)
	return a
}

// calls lists every call of the API but /openapi.json.
func (a *API) calls() {
	a.accountCalls()
	a.marketCalls()
	a.conversationCalls()
	a.searchCalls()
	a.noticeCalls()
	a.savedCalls()
	a.pushCalls()
	a.uploadCalls()
}

// Routes mounts the door: everything under /api/.
func (a *API) Routes(mux *http.ServeMux) { mux.Handle("/api/", a) }

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	asked := r
	w, r = parted(w, overridden(r))
	answer, pattern := a.mux.Handler(r)
	if pattern == "" {
		a.unrouted(w, r, answer)
		return
	}
	asked.Pattern = pattern // for whoever counts requests by it, as a mux does
	a.mux.ServeHTTP(w, r)
}

// unrouted answers what no call matches: in place of the plain text that the mux
// would write, and with the methods that it knows of.
func (a *API) unrouted(w http.ResponseWriter, r *http.Request, answer http.Handler) {
	probe := &discarded{header: make(http.Header)}
	answer.ServeHTTP(probe, r)
	allow := probe.header.Get("Allow")
	if probe.status != http.StatusMethodNotAllowed {
		write(w, newProblem(http.StatusNotFound, "not_found", "There is no such address."))
		return
	}
	w.Header().Set("Allow", allow+", OPTIONS")
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	write(w, newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "This address does not take this method."))
}

// discarded notes status and header of an answer and drops the rest.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }
func (d *discarded) WriteHeader(status int)      { d.status = status }

// operation is one call.
type operation struct {
	id       string
	route    string // "POST /users"
	summary  string
	public   bool              // takes people who are not signed in
	shows    bool              // of public: what it answers depends on who is signed in, if anybody is
	status   int               // of success
	again    bool              // what was done before is answered again with 200
	body     *huma.RequestBody // takes this instead of JSON
	patience time.Duration     // for it, its body included, if that is more than patience
	failures []int             // besides those that follow from the rest
}

// waitsForTheDatabase tells whether a call is a command that takes no time by itself. Hashing
// a password does, a picture too, and reading much.
func (o operation) waitsForTheDatabase() bool {
	method, path, _ := strings.Cut(o.route, " ")
	return method != http.MethodGet && !o.public && o.body == nil && !strings.HasPrefix(path, "/me")
}

// call is one request as it stands at this door. It is handed to no service.
type call struct {
	request  *http.Request
	answer   http.ResponseWriter // for cookies
	identity auth.Identity       // zero in a public operation, but for one that shows
	waited   time.Duration       // for who it is
}

// origin is where the call came from, for the limits and the audit log.
func (c call) origin() accounts.Origin {
	return accounts.Origin{Address: auth.Address(c.request), Agent: c.request.UserAgent()}
}

type callKey struct{}

// shows and waits are where an operation keeps what it shows, and its patience.
const (
	shows = "shows"
	waits = "waits"
)

// handle adds a call. The handler's error becomes a problem here, and only here.
func handle[I, O any](a *API, o operation, handler func(context.Context, call, *I) (*O, error)) {
	op := a.humaOperation(o, reflect.TypeFor[I](), reflect.TypeFor[O]())
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		c, _ := ctx.Value(callKey{}).(call) // admit has put it there
		if o.waitsForTheDatabase() {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, commandTime-c.waited)
			defer cancel()
		}
		out, err := handler(ctx, c, in)
		if err != nil {
			return nil, a.problem(ctx, o.id, err)
		}
		return out, nil
	})
}

// humaOperation returns the operation in huma's terms, with all its answers.
func (a *API) humaOperation(o operation, in, out reflect.Type) huma.Operation {
	method, path, _ := strings.Cut(o.route, " ")
	op := huma.Operation{
		OperationID: o.id, Method: method, Path: path, Summary: o.summary, DefaultStatus: o.status,
		Tags:      []string{strings.Split(path, "/")[1]},
		Responses: map[string]*huma.Response{}, MaxBodyBytes: maxBody + 1,
		Metadata: map[string]any{shows: o.shows, waits: o.patience},
	}
	failures := append(slices.Clone(o.failures), http.StatusServiceUnavailable)
	if !o.public {
		op.Security = []map[string][]string{{"session": {}}}
		failures = append(failures, http.StatusUnauthorized)
	}
	if strings.Contains(path, "{") {
		failures = append(failures, http.StatusNotFound)
	}
	if o.body != nil {
		op.RequestBody = o.body
		failures = append(failures, 413, 415, 422)
	} else if _, ok := in.FieldByName("Body"); ok {
		failures = append(failures, 400, 413, 415, 422)
	} else if hasQuery(in) {
		failures = append(failures, 422)
	}
	for _, status := range failures {
		a.document(&op, status, "application/problem+json", reflect.TypeFor[Problem]())
	}
	if body, ok := out.FieldByName("Body"); ok && o.again {
		a.document(&op, http.StatusOK, "application/json", body.Type)
	}
	return op
}

func hasQuery(in reflect.Type) bool {
	return slices.ContainsFunc(reflect.VisibleFields(in), func(f reflect.StructField) bool { return f.Tag.Get("query") != "" })
}
