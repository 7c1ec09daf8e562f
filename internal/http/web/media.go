package web

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
)

// pictures are the kinds that a browser may show. Everything else is only ever
// saved to a file.
var pictures = map[string]string{
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp",
}

// shown are the folders of blobs that everybody may see: photos of listings, and those of the
// demo town. What stands elsewhere is for some people alone.
var shown = []string{"photos/", "demo/"}

// media answers GET /media/{key}. What it serves came from people, so it is
// sandboxed: opened on its own it can run nothing and reach nothing.
func (w *Web) media(rw http.ResponseWriter, r *http.Request) error {
	key := r.PathValue("key")
	if !slices.ContainsFunc(shown, func(folder string) bool { return strings.HasPrefix(key, folder) }) {
		return chat.ErrNotFound("file")
	}
	file, err := w.blobs.Open(r.Context(), key)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, blob.ErrBadKey) {
		return chat.ErrNotFound("file")
	}
	if err != nil {
		return err
	}
	// It was only read.
	defer func() { _ = file.Close() }()
	h := rw.Header()
	kind, known := pictures[strings.ToLower(path.Ext(key))]
	if !known {
		kind = "application/octet-stream"
		h.Set("Content-Disposition", "attachment")
	}
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Cache-Control", "public, max-age=604800")
	http.ServeContent(rw, r, "", file.Modified(), file)
	return nil
}
