package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract holds answers against the OpenAPI document that the server itself
// hands out, and notes which of its answers have been seen.
type contract struct {
	doc  map[string]any
	seen map[string]bool // "POST /users 201"
}

// newContract reads the document of w and has every answer checked from now on.
func newContract(t testing.TB, w *world) *contract {
	t.Helper()
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, httptest.NewRequest("GET", prefix+"/openapi.json", nil))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(rec.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{doc: doc.(map[string]any), seen: map[string]bool{}}
	// Further fields are no breach, but the fields of this version are all documented.
	for _, s := range at(c.doc, "components", "schemas") {
		s.(map[string]any)["additionalProperties"] = false
	}
	w.contract = c
	return c
}

// at returns the object at a path of keys, nil when there is none.
func at(v any, keys ...string) map[string]any {
	for _, k := range keys {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	m, _ := v.(map[string]any)
	return m
}

// operations returns each "POST /users" with its description.
func (c *contract) operations() map[string]map[string]any {
	all := map[string]map[string]any{}
	for path, methods := range at(c.doc, "paths") {
		for method, op := range methods.(map[string]any) {
			all[strings.ToUpper(method)+" "+path] = op.(map[string]any)
		}
	}
	return all
}

// operation returns the name of the operation that a request is for: of those whose paths
// fit, the one with the fewest names in it.
func (c *contract) operation(r *http.Request) string {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, prefix), "/")
	best := ""
	for path := range at(c.doc, "paths") {
		fits := slices.EqualFunc(strings.Split(path, "/"), parts, func(named, part string) bool {
			return named == part || strings.HasPrefix(named, "{")
		})
		if fits && (best == "" || strings.Count(path, "{") < strings.Count(best, "{")) {
			best = path
		}
	}
	return r.Method + " " + best
}

func (c *contract) check(t testing.TB, r *http.Request, got answer) {
	t.Helper()
	name := c.operation(r)
	op, known := c.operations()[name]
	if !known {
		return
	}
	status := fmt.Sprint(got.status)
	response := at(op, "responses", status)
	if response == nil {
		t.Errorf("%s: %s is not documented: %s", name, status, got.body)
		return
	}
	c.seen[name+" "+status] = true
	content := at(response, "content")
	if len(content) == 0 {
		if got.body != "" {
			t.Errorf("%s: got a body with %s: %s", name, status, got.body)
		}
		return
	}
	kind, _, _ := mime.ParseMediaType(got.header.Get("Content-Type"))
	schema := at(content, kind)
	if schema == nil {
		t.Errorf("%s: %s has the undocumented type %q", name, status, kind)
		return
	}
	if err := c.validate(schema["schema"], got.body); err != nil {
		t.Errorf("%s: %s is not as documented: %v\n%s", name, status, err, got.body)
	}
}

func (c *contract) validate(schema any, body string) error {
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	root := maps.Clone(schema.(map[string]any))
	root["components"] = c.doc["components"]
	if err := compiler.AddResource("mem:///answer.json", root); err != nil {
		return err
	}
	compiled, err := compiler.Compile("mem:///answer.json")
	if err != nil {
		return err
	}
	return compiled.Validate(value)
}

// unseen returns the documented answers that no request has got.
func (c *contract) unseen() []string {
	var missing []string
	for name, op := range c.operations() {
		for status := range at(op, "responses") {
			if !c.seen[name+" "+status] {
				missing = append(missing, name+" "+status)
			}
		}
	}
	slices.Sort(missing)
	return missing
}

func TestEveryBodyHasAnExampleThatFits(t *testing.T) {
	c := newContract(t, newWorld(t, false))
	n := 0
	for name, op := range c.operations() {
		body := at(op, "requestBody", "content", "application/json")
		if body == nil {
			continue
		}
		n++
		example, err := json.Marshal(body["example"])
		if err != nil || body["example"] == nil {
			t.Errorf("%s has no example (%v)", name, err)
			continue
		}
		if err := c.validate(body["schema"], string(example)); err != nil {
			t.Errorf("%s: the example does not fit: %v", name, err)
		}
	}
	if n != len(examples) {
		t.Errorf("got %d bodies and %d examples", n, len(examples))
	}
}
