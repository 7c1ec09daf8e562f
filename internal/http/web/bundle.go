package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// joinedFolder is where joined scripts are served. It is as deep as the folders of modules, which name
// other files by addresses relative to their own.
const joinedFolder = "js/joined/"

// workerName is the joined service worker among the static files. It is served at /sw.js, the only
// address from which it may answer for the whole site.
const workerName = joinedFolder + "worker.js"

// embedded is the namespace of files that are read from the program itself.
const embedded = "embedded"

// lateForm is a module that another one loads when it is wanted. Types in comments look alike, behind
// a star or a slash.
var lateForm = regexp.MustCompile(`(?m)^[^*/\n]*\bimport\("(\.[^"]+)"\)`)

// bundles are the scripts of pages as browsers get them.
type bundles struct {
	files   map[string][]byte   // by their names below static
	imports map[string][]string // what each of them imports itself
	sources []string            // the modules that are in some script, below static
}

// joinScripts joins the modules that pages name and import to a few files, without what
// browsers do not need: a conversation has 90 modules, and a phone on a slow line would ask for
// each. What is loaded late is a file of its own, and what several need stands once. Late files keep
// their names, so that a page from before a new version finds them.
func joinScripts() (bundles, error) {
	entries, err := scriptEntries()
	if err != nil {
		return bundles{}, err
	}
	result := api.Build(api.BuildOptions{
		EntryPointsAdvanced: entries,
		Bundle:              true, Splitting: true, Format: api.FormatESModule, Target: api.ES2022,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		Outdir: "/", ChunkNames: joinedFolder + "[name]-[hash]", Metafile: true, Sourcemap: api.SourceMapLinked,
		Plugins: []api.Plugin{{Name: embedded, Setup: readEmbedded}}, LogLevel: api.LogLevelSilent,
	})
	if err := faults(slices.Concat(result.Errors, result.Warnings)); err != nil {
		return bundles{}, err
	}
	b := bundles{files: make(map[string][]byte), imports: make(map[string][]string)}
	for _, f := range result.OutputFiles {
		b.files[strings.TrimPrefix(f.Path, "/")] = f.Contents
	}
	return b, b.readImports(result.Metafile)
}

// joinWorker joins the service worker to one script, and returns it with the modules that are in it.
func joinWorker() (bundles, error) {
	result := api.Build(api.BuildOptions{
		EntryPointsAdvanced: []api.EntryPoint{{InputPath: "static/js/worker/worker.js", OutputPath: "js/joined/worker"}},
		Bundle:              true, Format: api.FormatIIFE, Target: api.ES2022,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		Outdir: "/", Metafile: true, Plugins: []api.Plugin{{Name: embedded, Setup: readEmbedded}}, LogLevel: api.LogLevelSilent,
	})
	if err := faults(slices.Concat(result.Errors, result.Warnings)); err != nil {
		return bundles{}, err
	}
	b := bundles{files: make(map[string][]byte), imports: make(map[string][]string)}
	for _, f := range result.OutputFiles {
		b.files[workerName] = f.Contents
	}
	return b, b.readImports(result.Metafile)
}

// faults are what is wrong with a source, which stops the program and not a reader.
func faults(all []api.Message) error {
	var errs []error
	for _, fault := range all {
		at := &api.Location{}
		if fault.Location != nil {
			at = fault.Location
		}
		errs = append(errs, fmt.Errorf("%s:%d: %s", at.File, at.Line, fault.Text))
	}
	return errors.Join(errs...)
}

// scriptEntries are the scripts of pages and what they load late.
func scriptEntries() ([]api.EntryPoint, error) {
	var entries []api.EntryPoint
	err := fs.WalkDir(files, "static/js", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".js" {
			return err
		}
		if path.Dir(name) == "static/js" {
			entries = append(entries, scriptEntry(name))
		}
		data, err := files.ReadFile(name)
		for _, m := range lateForm.FindAllSubmatch(data, -1) {
			entries = append(entries, scriptEntry(path.Join(path.Dir(name), string(m[1]))))
		}
		return err
	})
	slices.SortFunc(entries, func(a, b api.EntryPoint) int { return strings.Compare(a.InputPath, b.InputPath) })
	return slices.Compact(entries), err
}

func scriptEntry(name string) api.EntryPoint {
	return api.EntryPoint{InputPath: name, OutputPath: joinedFolder + strings.TrimSuffix(path.Base(name), ".js")}
}

// readEmbedded has modules read from the program and not from the disk.
func readEmbedded(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: `.*`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		name := path.Clean(args.Path)
		if args.Kind != api.ResolveEntryPoint {
			name = path.Join(path.Dir(args.Importer), name)
		}
		return api.OnResolveResult{Path: name, Namespace: embedded}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: embedded}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		data, err := files.ReadFile(args.Path)
		text := string(data)
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, err
	})
}

// readImports notes what each file imports, of what the joining tells of itself.
func (b *bundles) readImports(metafile string) error {
	var meta struct {
		Outputs map[string]struct {
			Imports []struct{ Path, Kind string }
			Inputs  map[string]struct{}
		}
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return fmt.Errorf("read what the scripts import: %w", err)
	}
	for name, output := range meta.Outputs {
		name = below(name)
		for _, i := range output.Imports {
			if i.Kind == "import-statement" {
				b.imports[name] = append(b.imports[name], below(i.Path))
			}
		}
		for input := range output.Inputs {
			b.sources = append(b.sources, strings.TrimPrefix(strings.TrimPrefix(input, embedded+":"), "static/"))
		}
	}
	return nil
}

// below is a name without the way from the working folder to the root.
func below(name string) string {
	_, name, _ = strings.Cut("/"+name, "/js/")
	return "js/" + name
}
