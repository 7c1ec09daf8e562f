package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"swapnest/internal/chat"
	"swapnest/internal/http/trace"
)

// malformed is the code of a body that is no JSON; sockets call it bad_json.
const malformed = "malformed"

// Problem is the answer to whatever fails, as application/problem+json (RFC 9457).
// It never repeats a value that was sent.
type Problem struct {
	Type       string `json:"type" doc:"Always about:blank: the code tells the kind."`
	Title      string `json:"title" doc:"The status in words."`
	Status     int    `json:"status" minimum:"400" maximum:"599"`
	Detail     string `json:"detail" doc:"A sentence for people."`
	Code       string `json:"code" enum:"malformed,unauthenticated,forbidden,not_found,method_not_allowed,conflict,too_large,unsupported_media,invalid,rate_limited,unavailable" doc:"A stable name for programs."`
	Field      string `json:"field,omitempty" doc:"The field or parameter at fault, where one is."`
	RetryAfter int64  `json:"retry_after_ms,omitempty" minimum:"1" doc:"When to try again, in milliseconds from now."`
	Request    string `json:"request_id,omitempty" doc:"The name of the request, to quote to the operator when the fault is ours."`
}

func newProblem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := make(http.Header)
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt((p.RetryAfter+999)/1000, 10))
	}
	return h
}

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// write sends a problem from outside of a handler.
func write(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	// A struct of strings and numbers always encodes, and a client that has gone
	// needs no body.
	data, _ := marshal(p)
	_, _ = w.Write(data)
}

// problem turns the error of a service into an answer. What is no *chat.Error is
// for the operator: it is logged here and told as unavailable.
func (a *API) problem(ctx context.Context, operation string, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p // of this door itself
	}
	e, ok := errors.AsType[*chat.Error](err)
	if !ok {
		// A client that has gone away is no fault of ours.
		if !errors.Is(context.Cause(ctx), context.Canceled) {
			a.Log.ErrorContext(ctx, "call failed", "operation", operation, "error", err)
		}
		p := newProblem(http.StatusServiceUnavailable, string(chat.Unavailable), "This does not work right now. Try again in a moment.")
		p.Request = trace.ID(ctx)
		return p
	}
	status, code := translate(e.Code)
	p := newProblem(status, string(code), e.Detail)
	p.Field = e.Field
	if e.RetryAfter > 0 {
		p.RetryAfter = max(1, int64((e.RetryAfter+time.Millisecond-1)/time.Millisecond))
	}
	return p
}

// translate returns the status of a refusal, and the code under which the API
// tells it: finer distinctions are for sockets.
func translate(code chat.Code) (int, chat.Code) {
	switch code {
	case chat.Unauthenticated:
		return http.StatusUnauthorized, code
	case chat.Forbidden, chat.Closed:
		return http.StatusForbidden, chat.Forbidden
	case chat.NotFound:
		return http.StatusNotFound, code
	case chat.Conflict:
		return http.StatusConflict, code
	case chat.TooLarge:
		return http.StatusRequestEntityTooLarge, code
	case chat.UnsupportedMedia:
		return http.StatusUnsupportedMediaType, code
	case chat.RateLimited:
		return http.StatusTooManyRequests, code
	case chat.Unavailable:
		return http.StatusServiceUnavailable, code
	case chat.Invalid, chat.Empty, chat.TooLong, chat.BadText, chat.BadFrame:
		return http.StatusUnprocessableEntity, chat.Invalid
	default:
		return http.StatusServiceUnavailable, chat.Unavailable
	}
}

// rewrite is a huma.Transformer. It replaces huma's own error, which would repeat
// what was sent, by a Problem about the first field at fault.
func rewrite(_ huma.Context, _ string, body any) (any, error) {
	e, ok := body.(*huma.ErrorModel)
	if !ok {
		return body, nil
	}
	if e.Status != http.StatusUnprocessableEntity {
		return newProblem(e.Status, malformed, "The body is not valid JSON."), nil
	}
	p := newProblem(e.Status, string(chat.Invalid), "The body must be a JSON object with the fields of this call.")
	for _, d := range e.Errors {
		field, detail := explain(d)
		// The order is huma's, in part random: the first one in the alphabet is told.
		if detail != "" && (p.Field == "" || field < p.Field) {
			p.Field, p.Detail = field, detail
		}
	}
	return p, nil
}

// explain returns the field that an error of huma's is about and a sentence, both
// "" when it is about none that may be named.
func explain(d *huma.ErrorDetail) (field, detail string) {
	where, field, _ := strings.Cut(d.Location, ".")
	field, _, _ = strings.Cut(field, "[") // of a list, the whole is named
	if name, ok := strings.CutPrefix(d.Message, "expected required property "); ok {
		name = strings.TrimSuffix(name, " to be present")
		field = strings.TrimPrefix(field+"."+name, ".")
		return field, "The field " + field + " is missing."
	}
	if !nameable(field) {
		return "", ""
	}
	kind := "The field "
	if where == "query" {
		kind = "The parameter "
	}
	if d.Message == "unexpected property" {
		return field, kind + field + " is not known here."
	}
	return field, kind + field + " " + expectation(d.Message) + "."
}

// nameable tells whether a field, which may have been made up by the client, is a
// plain name.
func nameable(field string) bool {
	return field != "" && len(field) <= 64 && strings.Trim(field, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") == ""
}

// expectation says what huma's message expects. Other messages are not passed on:
// they may hold a part of the value.
func expectation(message string) string {
	switch message {
	case "expected string":
		return "must be a string"
	case "expected boolean":
		return "must be true or false"
	case "expected object":
		return "must be an object"
	case "expected array":
		return "must be an array"
	case "expected array items to be unique":
		return "must not hold anything twice"
	case "expected integer", "expected number", "invalid integer":
		return "must be a whole number"
	}
	if least, ok := strings.CutPrefix(message, "expected number >= "); ok {
		return "must be at least " + least
	}
	if least, ok := strings.CutPrefix(message, "expected length >= "); ok {
		return "must not be shorter than " + least
	}
	if all, ok := strings.CutPrefix(message, "expected value to be one of "); ok {
		return "must be one of " + strings.Trim(all, `"`)
	}
	return "has a value that cannot be used"
}

// marshal returns JSON without escaping what only HTML minds.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}
