// Package filetype says as what a file of a stranger is served: as one of a list of types that
// do nothing by themselves, or as bytes to be saved. Programs are refused. It looks at what a
// file holds, and at the end of its name, since that is what a computer opens it by.
package filetype

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"swapnest/internal/chat"
)

// Bytes is the type of what is only to be saved.
const Bytes = "application/octet-stream"

// head is how many bytes of a file are looked at: in many documents what they are stands behind
// some kilobytes of something else.
const head = 32 << 10

func init() { mimetype.SetLimit(head) }

// safe are the types that files keep. What is not here is Bytes:
//   - HTML, SVG, XML and scripts, also as text/plain: a browser may be talked into showing a text,
//     and programs that embed one guess what it is. Bytes are shown nowhere.
//   - JPEG, PNG, GIF and WebP: these are served as what package picture makes of them. What it
//     cannot decode is no picture, whatever it begins with.
var safe = map[string]string{
	"application/pdf": "",
	// Archives.
	"application/zip": "", "application/gzip": "", "application/x-7z-compressed": "", "application/vnd.rar": "", "application/x-tar": "",
	// Documents. Those of old may have macros within, as their names do not tell; programs for
	// them ask before they run what came from elsewhere.
	"application/msword": "", "application/vnd.ms-excel": "", "application/vnd.ms-powerpoint": "", "text/rtf": "application/rtf",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   "",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         "",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": "",
	"application/vnd.oasis.opendocument.text":                                   "",
	"application/vnd.oasis.opendocument.spreadsheet":                            "",
	"application/vnd.oasis.opendocument.presentation":                           "",
	"application/vnd.oasis.opendocument.graphics":                               "",
	"application/vnd.oasis.opendocument.formula":                                "",
	"application/epub+zip":                                                      "",
	// Sound.
	"audio/mpeg": "", "audio/mp4": "", "audio/x-m4a": "audio/mp4", "audio/ogg": "", "audio/wav": "", "audio/flac": "", "audio/aac": "",
	"audio/amr": "", "audio/aiff": "", "audio/midi": "",
	// Films.
	"video/mp4": "", "video/x-m4v": "video/mp4", "video/quicktime": "", "video/webm": "", "video/matroska": "", "video/ogg": "",
	"video/3gpp": "", "video/3gpp2": "", "video/x-msvideo": "", "video/mpeg": "",
	// Pictures that are not decoded here.
	"image/heic": "", "image/heic-sequence": "image/heic", "image/heif": "", "image/heif-sequence": "image/heif", "image/avif": "",
	"image/tiff": "", "image/bmp": "", "image/jxl": "", "image/jp2": "", "image/vnd.adobe.photoshop": "",
}

// texts are the types of what is text, by the end of its name: a text that is called otherwise
// is opened as something else.
var texts = map[string]string{
	"txt": "text/plain", "text": "text/plain", "log": "text/plain", "md": "text/plain", "csv": "text/csv", "tsv": "text/tab-separated-values",
}

// Of returns the media type that a file is served as, without parameters: one that does nothing
// by itself, or Bytes. It refuses programs, installers, disk images, shortcuts and documents with
// macros with UnsupportedMedia on the field "attachments", by what they begin with and by the name
// that they would be saved under.
func Of(r io.ReadSeeker, name string) (kind string, err error) {
	ending := Ending(name)
	switch {
	case macros[ending]:
		return "", refused("Documents with macros cannot be sent here. Save it without them, as a .docx, .xlsx or .pptx, then add it again.")
	case programs[ending], strings.HasPrefix(ending, "{"): // Windows takes {…} for the number of a program
		return "", program()
	}
	data := make([]byte, head)
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("look at an upload: %w", err)
	}
	n, err := io.ReadFull(r, data)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", fmt.Errorf("look at an upload: %w", err)
	}
	data = data[:n]
	disk, err := isDisk(r)
	if err != nil {
		return "", err
	}
	found := detect(data)
	if disk || runs(data) || isProgram(found) {
		return "", program()
	}
	if found == nil {
		return Bytes, nil
	}
	is, _, _ := strings.Cut(found.String(), ";")
	if served, ok := safe[is]; ok {
		switch {
		case is == "application/pdf" && !bytes.HasPrefix(data, []byte("%PDF-")):
			return Bytes, nil // something else stands before it
		case served == "":
			return is, nil
		}
		return served, nil
	}
	switch is {
	case "text/plain", "text/csv", "text/tab-separated-values":
		if kind, ok := texts[ending]; ok {
			return kind, nil
		}
	}
	return Bytes, nil
}

// detect returns what a file seems to be; nil is unknown.
func detect(data []byte) (found *mimetype.MIME) {
	defer func() {
		// One that panics has met a file that none should have to read.
		if recover() != nil {
			found = nil
		}
	}()
	return mimetype.Detect(data)
}

func refused(sentence string) error {
	return &chat.Error{Code: chat.UnsupportedMedia, Field: "attachments", Detail: sentence}
}

func program() error {
	return refused("Programs, installers, disk images and shortcuts cannot be sent here. Send a link to the page that offers it.")
}
