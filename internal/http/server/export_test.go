package server

// OpenTLS is TLS.open for tests.
var OpenTLS = TLS.open
