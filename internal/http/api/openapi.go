package api

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"swapnest/internal/live/wire"
)

// config returns huma's settings: JSON only, no pages, links or schemas of its own.
func (a *API) config() huma.Config {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	schemas.RegisterTypeAlias(reflect.TypeFor[wire.Time](), reflect.TypeFor[instant]())
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "SwapNest", Version: a.Version,
				Description: "Listings and conversations about them. Answers may get further fields at any time; " +
					"requests with unknown fields are refused.",
			},
			Components: &huma.Components{
				Schemas: schemas,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"session": {Type: "apiKey", In: "cookie", Name: a.Guard.CookieName(), Description: "Set by signing in."},
				},
			},
		},
		Transformers: []huma.Transformer{rewrite},
	}
}

// jsonOnly is huma's API without its negotiation: it reads and writes JSON,
// whatever a client would rather have.
type jsonOnly struct{ huma.API }

// Negotiate implements huma.API.
func (jsonOnly) Negotiate(string) (string, error) { return "application/json", nil }

// Unmarshal implements huma.API. What is declared as something else was refused.
func (jsonOnly) Unmarshal(_ string, data []byte, v any) error { return json.Unmarshal(data, v) }

// Marshal implements huma.API. It tells of values that do not encode only: huma
// panics on any error, and a client that has gone away is none.
func (jsonOnly) Marshal(w io.Writer, _ string, v any) error {
	data, err := marshal(v)
	if err == nil {
		_, _ = w.Write(data)
	}
	return err
}

// instant describes a wire.Time.
type instant struct{}

// Schema implements huma.SchemaProvider.
func (instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Nullable: true}
}

// document adds an answer to an operation.
func (a *API) document(op *huma.Operation, status int, contentType string, body reflect.Type) {
	op.Responses[strconv.Itoa(status)] = &huma.Response{
		Description: http.StatusText(status),
		Content: map[string]*huma.MediaType{
			contentType: {Schema: a.huma.OpenAPI().Components.Schemas.Schema(body, true, "")},
		},
	}
}

// describe returns the OpenAPI document, after all calls have been added.
func (a *API) describe() []byte {
	doc := a.huma.OpenAPI()
	schemas := doc.Components.Schemas
	// huma's own error is never sent.
	delete(schemas.Map(), "ErrorModel")
	delete(schemas.Map(), "ErrorDetail")
	// huma has no words for an object that may be null.
	last := schemas.Map()["Conversation"].Properties
	last["last_message"] = &huma.Schema{
		Description: "Null when nobody has written.",
		AnyOf:       []*huma.Schema{{Ref: last["last_message"].Ref}, {Type: "null"}},
	}
	open(doc)
	exemplify(doc)
	data, err := json.Marshal(doc)
	if err != nil {
		panic("api: " + err.Error())
	}
	return data
}

// open lets the objects of answers have further fields, which huma forbids along
// with those of requests: additions are no breach of the protocol.
func open(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas
	strict := map[string]bool{}
	var mark func(s *huma.Schema)
	mark = func(s *huma.Schema) {
		if name := strings.TrimPrefix(s.Ref, "#/components/schemas/"); s.Ref != "" && !strict[name] {
			strict[name] = true
			mark(schemas.Map()[name])
		}
		for _, property := range s.Properties {
			mark(property)
		}
	}
	for _, path := range doc.Paths {
		for _, op := range []*huma.Operation{path.Post, path.Put, path.Patch} {
			if op != nil && op.RequestBody != nil && op.RequestBody.Content["application/json"] != nil {
				mark(op.RequestBody.Content["application/json"].Schema)
			}
		}
	}
	for name, s := range schemas.Map() {
		if !strict[name] {
			s.AdditionalProperties = nil
		}
	}
}

// openAPI answers GET /openapi.json.
func (a *API) openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Content-Type", "application/json")
	// A client that has gone needs no description.
	_, _ = w.Write(a.spec)
}

// none is the input or the output of a call that has none.
type none struct{}

// optional is a query parameter that tells 0 from absent.
type optional[T any] struct {
	Value T
	Given bool
}

// Schema implements huma.SchemaProvider.
func (o *optional[T]) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[T]())
}

// Receiver implements huma.ParamWrapper.
func (o *optional[T]) Receiver() reflect.Value { return reflect.ValueOf(o).Elem().Field(0) }

// OnParamSet implements huma.ParamReactor.
func (o *optional[T]) OnParamSet(given bool, _ any) { o.Given = given }

// pointer returns nil for what was absent.
func (o *optional[T]) pointer() *T {
	if !o.Given {
		return nil
	}
	return &o.Value
}
