package web

import "slices"

// modules returns every script that the given ones import, and those that these import,
// and so on: a page names them all at once, so that a phone on a slow line asks for them
// together and not one level after the other. Names are below static.
func (a *assets) modules(roots []string) []string {
	var all []string
	var visit func(name string)
	visit = func(name string) {
		for _, found := range a.imports[name] {
			if !slices.Contains(all, found) {
				all = append(all, found)
				visit(found)
			}
		}
	}
	for _, root := range roots {
		visit(root)
	}
	return all
}

// preloads are the addresses of what the scripts of a page import.
func (w *Web) preloads(scripts []string) ([]string, error) {
	roots := make([]string, len(scripts))
	for i, name := range scripts {
		roots[i] = scriptName(name)
	}
	names := w.assets.modules(roots)
	urls := make([]string, len(names))
	for i, name := range names {
		var err error
		if urls[i], err = w.assets.url(name); err != nil {
			return nil, err
		}
	}
	return urls, nil
}

// scriptName is where a script of a page is below static, by its name.
func scriptName(name string) string { return joinedFolder + name + ".js" }
