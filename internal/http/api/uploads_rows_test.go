package api

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"swapnest/internal/chat"
)

// bytesFrom are the headers of bytes that begin at the offset behind it.
const bytesFrom = "Content-Type: application/offset+octet-stream\nUpload-Offset: "

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// announce are the headers of an upload.
func announce(length int, name, kind string) string {
	return "Upload-Length: " + strconv.Itoa(length) + "\nTus-Resumable: 1.0.0\nUpload-Metadata: filename " + b64(name) + ",filetype " + b64(kind)
}

// uploading goes through what can become of uploads.
func uploading(t *testing.T, w *world) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	picture := b.String()
	// A picture whose head says that it has four billion pixels.
	head := "IHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x02\x00\x00\x00"
	bomb := "\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + head + string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(head))))
	length := strconv.Itoa(len(picture))
	const here, one = "/uploads/{upload}", "Content-Type: application/offset+octet-stream\nUpload-Offset: 0"
	w.run(t, []row{
		{"announced", request{"asha", "POST /uploads", "", announce(len(picture), "../planted é.png", "image/png")}, 201, nil, []string{"planted"}},
		{"as somebody else", request{"bilal", "GET " + here, "", ""}, 404, []string{`"detail":"There is no such upload."`}, nil},
		{"its place as somebody else", request{"bilal", "HEAD " + here, "", ""}, 404, nil, nil},
		{"written to by somebody else", request{"bilal", "PATCH " + here, "x", one}, 404, nil, nil},
		{"given up by somebody else", request{"bilal", "DELETE " + here, "", ""}, 404, nil, nil},
		{"begun", request{"asha", "GET " + here, "", ""}, 200, []string{`"name":"planted é.png"`, `"length":` + length, `"offset":0`, `"expires_at":"20`}, []string{"attachment", "problem"}},
		{"bytes of no type", request{"asha", "PATCH " + here, "x", "Upload-Offset: 0"}, 415, []string{`"code":"unsupported_media"`}, nil},
		{"bytes of another type", request{"asha", "PATCH " + here, "x", "Content-Type: application/json\nUpload-Offset: 0"}, 415, nil, nil},
		{"bytes from nowhere", request{"asha", "PATCH " + here, "x", "Content-Type: application/offset+octet-stream"}, 422, []string{`"field":"Upload-Offset"`}, nil},
		{"bytes from -1", request{"asha", "PATCH " + here, "x", bytesFrom + "-1"}, 422, []string{`"field":"Upload-Offset"`}, nil},
		{"bytes from elsewhere", request{"asha", "PATCH " + here, "x", bytesFrom + "7"}, 409, []string{`"code":"conflict"`}, nil},
		{"another version", request{"asha", "PATCH " + here, "x", bytesFrom + "0\nTus-Resumable: 0.2.2"}, 412, []string{"1.0.0"}, nil},
		{"another version of its place", request{"asha", "HEAD " + here, "", "Tus-Resumable: 0.2.2"}, 412, nil, nil},
		{"another version of giving up", request{"asha", "DELETE " + here, "", "Tus-Resumable: 0.2.2"}, 412, nil, nil},
		{"another version of announcing", request{"asha", "POST /uploads", "", "Upload-Length: 1\nTus-Resumable: 0.2.2"}, 412, nil, nil},
		{"the first half", request{"asha", "PATCH " + here, picture[:30], one + "\nTus-Resumable: 1.0.0"}, 204, nil, nil},
		{"its place", request{"asha", "HEAD " + here, "", "Tus-Resumable: 1.0.0"}, 200, nil, nil},
		{"the rest, as a POST", request{"asha", "POST " + here, picture[30:], bytesFrom + "30\nX-HTTP-Method-Override: PATCH"}, 204, nil, nil},
		{"ready", request{"asha", "GET " + here, "", ""}, 200, []string{`"attachment":{"id":"`, `"kind":"image"`, `"type":"image/png"`, `"width":40`, `"thumb_url":"/attachments/`}, []string{"problem"}},
		{"asked once more", request{"asha", "PATCH " + here, "", bytesFrom + length}, 204, nil, nil},
		{"a byte too many", request{"asha", "PATCH " + here, "x", bytesFrom + length}, 422, []string{`"field":"attachments"`}, nil},
		{"given up", request{"asha", "DELETE " + here, "", ""}, 204, nil, nil},
		{"gone", request{"asha", "GET " + here, "", ""}, 404, nil, nil},
		{"gone for bytes", request{"asha", "PATCH " + here, "x", bytesFrom + "0"}, 404, nil, nil},

		{"with its first bytes", request{"asha", "POST /uploads", "hel", announce(5, "a.txt", "text/plain") + "\nContent-Type: application/offset+octet-stream"}, 201, nil, nil},
		{"with all of them", request{"asha", "PATCH " + here, "lo", bytesFrom + "3"}, 204, nil, nil},
		{"a file", request{"asha", "GET " + here, "", ""}, 200, []string{`"kind":"file"`, `"type":"text/plain"`, `"size":5`}, []string{"thumb_url"}},
		{"with too many bytes", request{"asha", "POST /uploads", "hello!", announce(5, "a.txt", "text/plain") + "\nContent-Type: application/offset+octet-stream"}, 422, nil, nil},
		{"with bytes of another type", request{"asha", "POST /uploads", "hel", announce(5, "a.txt", "text/plain") + "\nContent-Type: text/plain"}, 415, nil, nil},
		{"a bomb with its announcement", request{"asha", "POST /uploads", bomb, announce(len(bomb), "a.png", "image/png") + "\nContent-Type: application/offset+octet-stream"}, 413, []string{`"code":"too_large"`}, nil},
		{"no length", request{"asha", "POST /uploads", "", "X-None: "}, 422, []string{`"field":"Upload-Length"`}, nil},
		{"a length to come", request{"asha", "POST /uploads", "", "Upload-Defer-Length: 1"}, 422, []string{`"field":"Upload-Length"`}, nil},
		{"an empty one", request{"asha", "POST /uploads", "", "Upload-Length: 0"}, 422, []string{`"field":"attachments"`, "empty"}, nil},
		{"one too large", request{"asha", "POST /uploads", "", "Upload-Length: " + strconv.Itoa(25<<20+1)}, 413, []string{"25 MB"}, nil},
		{"no metadata", request{"asha", "POST /uploads", "", "Upload-Length: 1\nUpload-Metadata: filename planted"}, 422, []string{`"field":"Upload-Metadata"`}, []string{"planted"}},
		{"nobody's", request{"", "POST /uploads", "", "Upload-Length: 1"}, 401, nil, nil},

		{"a voice message", request{"asha", "POST /uploads", "", announce(3, "a.webm", "audio/webm") + ",kind " + b64("voice")}, 201, nil, nil},
		{"that is none", request{"asha", "PATCH " + here, "abc", one}, 415, []string{`"field":"attachments"`}, nil},
		{"refused", request{"asha", "GET " + here, "", ""}, 200, []string{`"problem":{"code":"unsupported_media","detail":"`}, []string{`"attachment":`}},
		{"refused again", request{"asha", "PATCH " + here, "", bytesFrom + "3"}, 415, nil, nil},
		{"a bomb", request{"asha", "POST /uploads", "", announce(len(bomb), "a.png", "image/png")}, 201, nil, nil},
		{"that is seen", request{"asha", "PATCH " + here, bomb, one}, 413, []string{`"code":"too_large"`}, nil},

		{"one to be sent", request{"asha", "POST /uploads", "hello", announce(5, "a.txt", "text/plain") + "\nContent-Type: application/offset+octet-stream"}, 201, nil, nil},
	})
	file, err := sql.Open("sqlite", filepath.Join(w.dir, "swapnest.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Exec(`UPDATE attachment SET message_id = 1, expires_at = 0 WHERE id = $1`, w.upload); err != nil {
		t.Fatal(err)
	}
	w.run(t, []row{
		{"sent", request{"asha", "GET " + here, "", ""}, 200, []string{`"expires_at":null`, `"attachment":`}, nil},
		{"given up when it was sent", request{"asha", "DELETE " + here, "", ""}, 409, []string{"message"}, nil},
	})
}

func TestUploadsSpeakTus(t *testing.T) {
	w := newWorld(t, false)
	for _, c := range []struct {
		request
		status int
		want   map[string]string
	}{
		{request{"", "OPTIONS /uploads", "", ""}, 204, map[string]string{
			"Tus-Version": "1.0.0", "Tus-Extension": "creation,creation-with-upload,termination,expiration", "Tus-Max-Size": strconv.Itoa(25 << 20),
		}},
		{request{"asha", "POST /uploads", "he", announce(5, "é.txt", "text/plain") + "\nContent-Type: application/offset+octet-stream"}, 201, map[string]string{
			"Tus-Resumable": "1.0.0", "Location": "/api/v1/uploads/{upload}", "Upload-Offset": "2", "Upload-Expires": "GMT",
		}},
		{request{"asha", "HEAD /uploads/{upload}", "", ""}, 200, map[string]string{
			"Tus-Resumable": "1.0.0", "Upload-Offset": "2", "Upload-Length": "5", "Upload-Metadata": "filename " + b64("é.txt") + ",filetype " + b64("text/plain"),
			"Cache-Control": "no-store", "Upload-Expires": "GMT",
		}},
		{request{"asha", "PATCH /uploads/{upload}", "l", bytesFrom + "2"}, 204, map[string]string{"Tus-Resumable": "1.0.0", "Upload-Offset": "3", "Upload-Expires": "GMT"}},
		{request{"asha", "PATCH /uploads/{upload}", "l", bytesFrom + "2"}, 409, map[string]string{"Tus-Resumable": "1.0.0"}},
		{request{"asha", "PATCH /uploads/{upload}", "l", bytesFrom + "3\nTus-Resumable: 2.0.0"}, 412, map[string]string{"Tus-Version": "1.0.0"}},
		{request{"asha", "DELETE /uploads/{upload}", "", ""}, 204, map[string]string{"Tus-Resumable": "1.0.0"}},
		{request{"asha", "HEAD /uploads/{upload}", "", ""}, 404, map[string]string{"Tus-Resumable": "1.0.0"}},
	} {
		got := w.do(t, c.request)
		if got.status != c.status {
			t.Errorf("%s: got %d, want %d: %s", c.call, got.status, c.status, got.body)
		}
		for name, want := range c.want {
			if value := got.header.Get(name); value != w.expand(want) && (want != "GMT" || !strings.HasSuffix(value, want)) {
				t.Errorf("%s: %s is %q, want %q", c.call, name, value, w.expand(want))
			}
		}
	}
	if said := w.log.String(); strings.Contains(said, "é.txt") || strings.Contains(said, b64("é.txt")) {
		t.Errorf("the log names the file: %s", said)
	}
}

// clocked notes until when a body may be read.
type clocked struct {
	*httptest.ResponseRecorder
	until []time.Duration
}

func (c *clocked) SetReadDeadline(t time.Time) error {
	c.until = append(c.until, time.Until(t).Round(time.Second))
	return nil
}

// A body that comes slowly is waited for, as long as it comes: not for as long as the server
// waits for others, and not for ever.
func TestASlowUploadIsNotCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body, feed := io.Pipe()
		w := &clocked{ResponseRecorder: httptest.NewRecorder()}
		from := newPatient(call{request: httptest.NewRequest("PATCH", prefix+filesPath+"/a", body), answer: w})
		go func() {
			for range 3 {
				time.Sleep(silence - time.Second)
				_, _ = feed.Write([]byte("x")) // it is read below
			}
			time.Sleep(filePatience - lookPatience - 3*silence)
			_, _ = feed.Write([]byte("x"))
			feed.Close()
		}()
		if data, err := io.ReadAll(from); err != nil || len(data) != 4 {
			t.Fatalf("got %q, %v", data, err)
		}
		// The last one is for looking at it.
		if want := []time.Duration{silence, silence, silence, silence, 3 * time.Second, lookPatience + 3*time.Second}; !slices.Equal(w.until, want) {
			t.Errorf("it may be silent for %v, want %v", w.until, want)
		}
	})
}

// FuzzUploadMetadata reads any header: what it is read as can be written and read again, and the
// name that comes of it leads nowhere.
func FuzzUploadMetadata(f *testing.F) {
	for _, seed := range []string{
		"filename d29ybGQ=,filetype dGV4dA==", "a", "a ,b", "a Yg==,a Yg==", ",", " ", "filename Li4vLi4vZXRj", "a  Yg==", "a =", "filename /w==", "kind dm9pY2U=, b Yw==",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		all, err := parseMetadata(header)
		if err != nil {
			if chat.CodeOf(err) != chat.Invalid {
				t.Fatalf("got %v", err)
			}
			return
		}
		var pairs []string
		for key, value := range all {
			if !utf8.ValidString(value) || strings.ContainsAny(key, " ,") {
				t.Fatalf("it is read as %q", all)
			}
			pairs = append(pairs, key+" "+b64(value))
		}
		again, err := parseMetadata(strings.Join(pairs, ","))
		if err != nil || len(again) != len(all) {
			t.Fatalf("read as %q, and again as %q, %v", all, again, err)
		}
		if name := chat.ParseFileName(all["filename"]); strings.ContainsAny(name, "/\\\x00\r\n") {
			t.Errorf("the name is %q", name)
		}
	})
}
