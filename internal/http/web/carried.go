package web

import (
	"fmt"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

// carried is a file of a message, with where it is.
type carried struct {
	chat.Attachment
	URL, ThumbURL string
}

// Pictures are those that the message carries, in their order; none once it was deleted.
func (b bubble) Pictures() []carried { return b.carries(true) }

// Others are its voice messages and files, in their order.
func (b bubble) Others() []carried { return b.carries(false) }

func (b bubble) carries(pictures bool) []carried {
	var all []carried
	for _, a := range b.Attachments {
		if (a.Kind == chat.ImageAttachment) == pictures && !b.Deleted() {
			all = append(all, carried{Attachment: a, URL: wire.AttachmentURL(a.ID), ThumbURL: wire.ThumbURL(a.ID)})
		}
	}
	return all
}

// Kind says what the bubble is drawn around: pictures where there are some, else a voice message
// or files; "" where there are words alone.
func (b bubble) Kind() chat.AttachmentKind {
	if b.Deleted() || len(b.Attachments) == 0 {
		return ""
	}
	if len(b.Pictures()) > 0 {
		return chat.ImageAttachment
	}
	return b.Attachments[0].Kind
}

// Speaks tells whether the time stands behind words. In a bubble without any it stands by itself.
func (b bubble) Speaks() bool { return b.Text != "" || b.Kind() == "" }

// carry tells whether one of them carries something, which the page needs a style for.
func carry(all []bubble) bool {
	for _, b := range all {
		if b.Kind() != "" {
			return true
		}
	}
	return false
}

// fileIcons are the icons of kinds of files, by how their media types begin.
var fileIcons = []struct{ begins, icon string }{
	{"application/pdf", "pdf"},
	{"audio/", "note"},
	{"video/", "film"},
	{"text/", "file"},
	{"application/msword", "file"},
	{"application/rtf", "file"},
	{"application/epub", "file"},
	{"application/vnd.ms-", "file"},
	{"application/vnd.oasis.", "file"},
	{"application/vnd.openxmlformats-", "file"},
	{"application/zip", "archive"},
	{"application/gzip", "archive"},
	{"application/vnd.rar", "archive"},
	{"application/x-tar", "archive"},
	{"application/x-7z", "archive"},
}

// fileIcon names the icon of a file.
func fileIcon(a carried) string {
	for _, one := range fileIcons {
		if strings.HasPrefix(a.Type, one.begins) {
			return one.icon
		}
	}
	return "clip"
}

// longestWord is how long an extension may be to say what a file is.
const longestWord = 5

// fileFacts says what a file is, in a word, and how large: "PDF · 184 KB". The word is the
// extension, but no file is called a PDF or a ZIP that is none.
func fileFacts(a carried) string {
	word := "File"
	if dot := strings.LastIndexByte(a.Name, '.'); dot > 0 {
		extension := strings.ToUpper(a.Name[dot+1:])
		lies := (extension == "PDF" || extension == "ZIP") && a.Type != "application/"+strings.ToLower(extension)
		if plain(extension) && !lies {
			word = extension
		}
	}
	return word + " · " + fileSize(a.Size)
}

func plain(extension string) bool {
	for _, r := range extension {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return extension != "" && len(extension) <= longestWord
}

// fileSize is a number of bytes as people say it.
func fileSize(n int64) string {
	const kilo, mega = 1 << 10, 1 << 20
	switch {
	case n >= 10*mega:
		return fmt.Sprintf("%d MB", (n+mega/2)/mega)
	case n >= mega:
		tenths := (n*10 + mega/2) / mega
		return fmt.Sprintf("%d.%d MB", tenths/10, tenths%10)
	}
	return fmt.Sprintf("%d KB", max(1, (n+kilo/2)/kilo))
}
