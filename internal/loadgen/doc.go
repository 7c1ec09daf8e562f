// Package loadgen puts a running site under load as people in browsers would, and measures what
// comes back: acknowledgements and deliveries from the moment at which a message was meant to be
// sent, so that a site that falls behind does not look quick (coordinated omission). It knows the
// wire and nothing of the program that it measures.
package loadgen
