package server

import "net/http"

// OpenTLS is TLS.open for tests.
var OpenTLS = TLS.open

// Edge is App.edge for tests, without proxies.
func (a *App) Edge(next http.Handler) http.Handler { return a.edge(nil, next) }
