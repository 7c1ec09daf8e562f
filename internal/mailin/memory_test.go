//go:build !race

package mailin_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
	"time"

	"swapnest/internal/mailin"
)

// What a mail of 25 MB costs is bounded, whatever it is made of.
func TestNoMailTakesMuchMemoryOrTime(t *testing.T) {
	fill := func(head, body, with string) []byte {
		raw := []byte(top + head + "\r\n" + body)
		return append(raw, bytes.Repeat([]byte(with), (mailin.MaxBytes-len(raw)-100)/len(with))...)
	}
	text := func(kind, encoding, with string) []byte {
		return fill("Content-Type: "+kind+"\r\nContent-Transfer-Encoding: "+encoding+"\r\n", "", with)
	}
	mixed := "Content-Type: multipart/mixed; boundary=b\r\n"
	for name, raw := range map[string][]byte{
		"base64":             fill(mixed, "--b\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n", strings.Repeat("QUJD", 19)+"\r\n"),
		"quoted-printable":   text("text/plain", "quoted-printable", "=3D"),
		"soft line ends":     text("text/plain", "quoted-printable", "=\r\n"),
		"flowed":             text("text/plain; format=flowed", "8bit", "a \r\n"),
		"quotes":             text("text/plain", "8bit", "> a\r\nb\r\n"),
		"attributions":       text("text/plain", "8bit", "On 3 Feb 2025 at 10:11 <a@b>\r\n"),
		"open elements":      text("text/html", "8bit", "<div><p><blockquote>"),
		"closed elements":    text("text/html", "8bit", "<b></a></div>x"),
		"links":              text("text/html", "8bit", `<a href="https://a.example">x`),
		"one tag":            text("text/html", "8bit", `<a b=`),
		"pictures":           text("text/html", "8bit", `<img src="cid:a@b">`),
		"delimiters":         fill(mixed, "", "--b\r\n"),
		"half delimiters":    fill(mixed, "", "--bb\r\n--"),
		"fields of a part":   fill(mixed, "--b\r\n", "a:\r\n"),
		"fields of a report": fill("Content-Type: multipart/report; boundary=b\r\n", "--b\r\nContent-Type: message/delivery-status\r\n\r\n", "a:\r\n\r\n"),
		"shift states":       text("text/plain; charset=iso-2022-jp", "8bit", "\x1b$B\x1b(B"),
		"empty lines":        text("text/plain", "8bit", "\r\n"),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := time.Now()
		_, err := mailin.Read(raw)
		took := time.Since(begin)
		runtime.ReadMemStats(&after)
		// All that was allocated, kept or not: four times the mail. What grows with its square takes hours.
		if spent := (after.TotalAlloc - before.TotalAlloc) >> 20; spent > 100 || took > time.Minute {
			t.Errorf("%s: %d MB in %v, %v", name, spent, took, err)
		}
	}
}
