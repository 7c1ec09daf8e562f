// Package wire turns socket frames into commands, and events and signals into
// frames. It also holds the JSON shapes that frames and the HTTP API share, so
// that each stands once. It knows no sockets and asks no database.
package wire
