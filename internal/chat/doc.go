// Package chat holds the nouns of the marketplace and their rules: people,
// listings, conversations, messages, events, signals and errors. It imports the
// standard library only, does no I/O and knows no encoding.
package chat
