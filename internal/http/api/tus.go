package api

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"swapnest/internal/chat"
	"swapnest/internal/feature/uploads"
)

const (
	tusVersion = "1.0.0"
	// offsetType is what bytes of a file must be declared as. No form of another site can send it.
	offsetType = "application/offset+octet-stream"
)

// bytesBody describes a body that is bytes of a file.
func bytesBody(required bool) *huma.RequestBody {
	return &huma.RequestBody{
		Required: required, Description: "Bytes of the file.",
		Content: map[string]*huma.MediaType{offsetType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}
}

// overridden returns a request with the method that it was meant to have: tus clients behind a
// network that knows no PATCH say so by a header.
func overridden(r *http.Request) *http.Request {
	method := r.Header.Get("X-HTTP-Method-Override")
	if r.Method != http.MethodPost || !strings.HasPrefix(r.URL.Path, prefix+filesPath+"/") || method != http.MethodPatch && method != http.MethodDelete {
		return r
	}
	meant := r.Clone(r.Context())
	meant.Method = method
	return meant
}

// speaks refuses another version of the protocol than ours, and says which that is.
func speaks(c call, version string) error {
	c.answer.Header().Set("Tus-Resumable", tusVersion)
	if version == "" || version == tusVersion {
		return nil
	}
	c.answer.Header().Set("Tus-Version", tusVersion)
	return newProblem(http.StatusPreconditionFailed, string(chat.Invalid), "This server speaks tus "+tusVersion+": send Tus-Resumable: "+tusVersion+".")
}

func notBytes() error {
	return chat.Errorf(chat.UnsupportedMedia, "The body must be bytes of the file: send it with Content-Type: %s.", offsetType)
}

// number reads a header that is a number of bytes.
func number(name, value string) (int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 || strings.Trim(value, "0123456789") != "" {
		return 0, chat.FieldError(name, "The header %s must be a number of bytes.", name)
	}
	return n, nil
}

// parseMetadata reads an Upload-Metadata header: pairs of a key and, behind a space, its value in
// base64, with commas between them. A key without a value has an empty one.
func parseMetadata(header string) (map[string]string, error) {
	all := make(map[string]string)
	if header == "" {
		return all, nil
	}
	for pair := range strings.SplitSeq(header, ",") {
		key, encoded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		value, err := base64.StdEncoding.DecodeString(encoded)
		_, twice := all[key]
		if key == "" || twice || err != nil || !utf8.Valid(value) {
			return nil, chat.FieldError("Upload-Metadata", "The header Upload-Metadata must have pairs of a name and a value in base64, with commas between them.")
		}
		all[key] = string(value)
	}
	return all, nil
}

// metadata is the Upload-Metadata header of an upload.
func metadata(u uploads.Upload) string {
	header := "filename " + base64.StdEncoding.EncodeToString([]byte(u.Name))
	if u.Type != "" {
		header += ",filetype " + base64.StdEncoding.EncodeToString([]byte(u.Type))
	}
	return header
}

// expires is the Upload-Expires header of an upload; "" for one that stays.
func expires(u uploads.Upload) string {
	if u.ExpiresAt.IsZero() {
		return ""
	}
	return u.ExpiresAt.UTC().Format(http.TimeFormat)
}

// patient reads a body for as long as something comes, and nobody interrupts it.
type patient struct {
	body    io.Reader
	control *http.ResponseController
	end     time.Time

	mu      sync.Mutex // guards what follows, and setting a deadline
	stopped bool
}

func newPatient(c call) *patient {
	return &patient{body: c.request.Body, control: http.NewResponseController(c.answer), end: time.Now().Add(filePatience - lookPatience)}
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	until := time.Now().Add(silence)
	if until.After(p.end) {
		until = p.end
	}
	if !p.wait(until) {
		return 0, errInterrupted
	}
	n, err := p.body.Read(b)
	if errors.Is(err, io.EOF) {
		// Nothing more is read, but that whoever asks is still there.
		p.wait(p.end.Add(lookPatience))
	}
	return n, err
}

// wait has reading last until a time, unless it was interrupted.
func (p *patient) wait(until time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stopped {
		// Where a deadline cannot be set, in tests, the server's own ones hold.
		_ = p.control.SetReadDeadline(until)
	}
	return !p.stopped
}

// Interrupt implements uploads.Interrupter.
func (p *patient) Interrupt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	_ = p.control.SetReadDeadline(time.Now()) // see wait
}

var errInterrupted = errors.New("the rest of the body is not wanted any more")
