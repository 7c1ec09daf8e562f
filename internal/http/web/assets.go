package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evanw/esbuild/pkg/api"

	"swapnest/internal/chat"
)

//go:generate go run swapnest/internal/mark static

//go:embed static templates
var files embed.FS

// types are the kinds of static files. The machine's own table is not asked, since
// it differs between machines.
var types = map[string]string{
	".css":  "text/css; charset=utf-8",
	".json": "application/json",
	".js":   "text/javascript; charset=utf-8",
	".map":  "application/json",
	".svg":  "image/svg+xml",
	".png":  "image/png",
}

// manifestType is the kind of the manifest, which is none of the files below static: it names them by
// their addresses.
const manifestType = "application/manifest+json"

// assets are the static files in memory, under one checksum of them all. It is a
// part of their path, so that modules find each other by relative addresses and a
// page never mixes two versions.
type assets struct {
	sum      string
	files    map[string]asset
	imports  map[string][]string // what each script imports itself
	sources  []string            // the modules that are in some script
	manifest asset
}

type asset struct {
	data   []byte
	packed func() []byte // data in gzip, made when it is first asked for; nil when that gains nothing
	kind   string
}

// newAsset returns a file that is packed for the first who can unpack it: packing all of them took
// longest of what a node does as it starts, and most of it is for source maps, which few ask for.
func newAsset(data []byte, kind string) asset {
	return asset{data: data, packed: sync.OnceValue(func() []byte { return pack(data) }), kind: kind}
}

// packedAssets are those of the program, which never change: read once.
var packedAssets = sync.OnceValues(readAssets)

// readAssets reads every file below static, and joins the scripts. A file of an unknown kind is
// an error.
func readAssets() (*assets, error) {
	scripts, err := joinScripts()
	if err != nil {
		return nil, err
	}
	worker, err := joinWorker()
	if err != nil {
		return nil, err
	}
	all := scripts.files
	maps.Copy(all, worker.files)
	err = fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		// Type declarations are for the checker, not for browsers.
		if err != nil || d.IsDir() || path.Ext(name) == ".ts" || path.Ext(name) == ".js" {
			return err
		}
		data, err := files.ReadFile(name)
		if err == nil && path.Ext(name) == ".css" {
			data, err = styles(name, data)
		}
		all[strings.TrimPrefix(name, "static/")] = data
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the static files: %w", err)
	}
	for name, parts := range joinedStyles {
		for _, part := range parts {
			all["css/"+name+".css"] = append(all["css/"+name+".css"], all["css/"+part+".css"]...)
		}
	}
	a := &assets{files: make(map[string]asset, len(all)), imports: scripts.imports, sources: slices.Concat(scripts.sources, worker.sources)}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		kind, ok := types[path.Ext(name)]
		if !ok {
			return nil, fmt.Errorf("%s is of no known kind", name)
		}
		data := all[name]
		// Hashes never fail to be written to.
		_, _ = fmt.Fprintf(sum, "%s\x00%d\x00%s", name, len(data), data)
		a.files[name] = newAsset(data, kind)
	}
	a.sum = hex.EncodeToString(sum.Sum(nil)[:8])
	data, err := a.newManifest()
	a.manifest = newAsset(data, manifestType)
	return a, err
}

// styles returns a style sheet without what browsers do not need.
func styles(name string, data []byte) ([]byte, error) {
	result := api.Transform(string(data), api.TransformOptions{
		Loader: api.LoaderCSS, MinifyWhitespace: true, MinifySyntax: true, Sourcefile: name, LogLevel: api.LogLevelSilent,
	})
	return result.Code, faults(slices.Concat(result.Errors, result.Warnings))
}

// url returns the address of a file below static.
func (a *assets) url(name string) (string, error) {
	if _, ok := a.files[name]; !ok {
		return "", fmt.Errorf("there is no static file %q", name)
	}
	return "/static/" + a.sum + "/" + name, nil
}

// static serves the files. Under the present checksum they may be kept for ever; a
// page from before a new version gets what there is now, to be asked for again.
func (w *Web) static(rw http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("path")
	file, ok := w.assets.files[name]
	if !ok {
		return chat.ErrNotFound("file")
	}
	cache := "no-cache"
	if r.PathValue("sum") == w.assets.sum {
		cache = "public, max-age=31536000, immutable"
	}
	w.assets.serve(rw, r, file, cache)
	return nil
}

// favicon answers browsers that ask for the old address.
func (w *Web) favicon(rw http.ResponseWriter, r *http.Request) error {
	w.assets.serve(rw, r, w.assets.files["favicon.svg"], "public, max-age=86400")
	return nil
}

// worker answers GET /sw.js. Browsers ask for it again and again, and run it once it has changed.
func (w *Web) worker(rw http.ResponseWriter, r *http.Request) error {
	w.assets.serve(rw, r, w.assets.files[workerName], "no-cache")
	return nil
}

// serve answers with a file, packed for those who can unpack it.
func (a *assets) serve(rw http.ResponseWriter, r *http.Request, file asset, cache string) {
	h := rw.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cache-Control", cache)
	h.Set("Vary", "Accept-Encoding")
	tag, data := a.sum, file.data
	if unpacks(r) {
		if packed := file.packed(); packed != nil {
			h.Set("Content-Encoding", "gzip")
			tag, data = tag+"-gzip", packed
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(data))
}

// pack returns data in gzip, or nil when it does not get smaller.
func pack(data []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(data)
		err = errors.Join(err, z.Close())
	}
	if err != nil || b.Len() >= len(data) {
		return nil
	}
	return b.Bytes()
}
