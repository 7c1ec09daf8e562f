package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzMessageBody posts any bytes as a message: the server never fails, and a
// refusal never repeats what was sent.
func FuzzMessageBody(f *testing.F) {
	for _, seed := range []string{
		`{"client_id":"a","message":"hello"}`, `{"client_id":"a","message":" "}`, `{"client_id":"no way","message":"hello"}`,
		`{"client_id":"a","message":"a\u0000b"}`, `{"message":"planted"}`, `{"Message":["planted"],"message":"x","client_id":"y"}`,
		`{"client_id":"a","message":"\ud800"}`, `{"client_id":"a","message":"x","planted value":1}`, `["planted"]`, `"planted"`, `null`,
		`{"client_id":1e999}`, `{"client_id":{"message":"planted"}}`, "{\"message\":\"\xff\"}", ``, `{`, `{"client_id":"a","message":"x"}{}`,
	} {
		f.Add([]byte(seed))
	}
	w := newWorld(f, false)
	newContract(f, w)
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest("POST", w.expand(prefix+messages), bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.AddCookie(&http.Cookie{Name: "swapnest_session", Value: w.tokens["asha"]})
		got := w.serve(t, r)
		if got.status >= 500 {
			t.Fatalf("got %d: %s", got.status, got.body)
		}
		if got.status < 400 {
			return
		}
		p := got.problem(t)
		var sent any
		if json.Unmarshal(body, &sent) != nil {
			sent = string(body)
		}
		for _, value := range texts(sent) {
			// What is short, or a word of our own sentences, proves nothing.
			if len(value) >= 12 && strings.Contains(p.Detail+p.Field, value) && !strings.Contains(ours, value) {
				t.Errorf("%q comes back: %s", value, got.body)
			}
		}
	})
}

const ours = "The field message must be a string. The field client_id must not be shorter than 1. is not known here is missing " +
	"The body must be a JSON object with the fields of this call. The body is not valid JSON."

// texts returns the strings in a JSON value, without the names of fields.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, texts(one)...)
		}
		return all
	case map[string]any:
		var all []string
		for _, one := range v {
			all = append(all, texts(one)...)
		}
		return all
	}
	return nil
}
