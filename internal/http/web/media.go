package web

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
)

// pictures are the kinds that a browser may show. Everything else is only ever
// saved to a file.
var pictures = map[string]string{
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp",
}

// media answers GET /media/{key}. What it serves came from people, so it is
// sandboxed: opened on its own it can run nothing and reach nothing.
func (w *Web) media(rw http.ResponseWriter, r *http.Request) error {
	file, err := w.blobs.Open(r.Context(), r.PathValue("key"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, blob.ErrBadKey) {
		return chat.ErrNotFound("file")
	}
	if err != nil {
		return err
	}
	// It was only read.
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("serve a blob: %w", err)
	}
	h := rw.Header()
	kind, known := pictures[strings.ToLower(path.Ext(r.PathValue("key")))]
	if !known {
		kind = "application/octet-stream"
		h.Set("Content-Disposition", "attachment")
	}
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Cache-Control", "public, max-age=604800")
	http.ServeContent(rw, r, "", info.ModTime(), file)
	return nil
}
