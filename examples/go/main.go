// Command go is a client of one conversation: what is typed is sent, what is written is
// printed, and nothing is lost or doubled when the line goes. docs/socket.md explains it.
// What JavaScript and Python bring along, JSON over HTTP and over a socket, is in line.go.
//
//	go run ./examples/go http://127.0.0.1:8000 aarav swapnest-demo 1
package main

import (
	"fmt"
	"os"
	"slices"
)

func main() {
	post(os.Args[1]+"/api/v1/session", map[string]string{"username": os.Args[2], "password": os.Args[3]})
	events := make(chan frame) // what is typed, what the server says, and "closed" when a line has gone
	go readLines(os.Stdin, events)
	var outbox []frame // what has been typed and is not acknowledged, in order
	var seen frame     // what was printed last; the next line begins behind its seq, timestamp and epoch
	line := open(os.Args[1], os.Args[4], seen, events)
	for ended := false; !ended || len(outbox) > 0; {
		f := <-events
		switch ended = ended || f.Type == "end"; {
		case f.Type == "send":
			outbox = append(outbox, f)
			line.send(f)
		case f.Type == "closed":
			line = open(os.Args[1], os.Args[4], seen, events)
			line.send(outbox...) // under the same client_id, so that it is stored once
		case f.Type == "hello" && seen.Epoch == "":
			seen = frame{Seq: f.Head, Epoch: f.Epoch}
		case f.Type == "message" && f.Seq == seen.Seq+1:
			fmt.Printf("%d %s: %s\n", f.Seq, f.Sender, f.Message)
			seen.Seq, seen.Timestamp = f.Seq, f.Timestamp
		case f.Type == "reset": // another history: a page would load its newest messages
			seen = frame{}
			line.close()
		case f.Type == "message" && f.Seq > seen.Seq+1, f.Retryable: // a gap, or not now: ask again
			line.close()
		case f.Type == "ack", f.Type == "error":
			fmt.Println(f)
			outbox = slices.DeleteFunc(outbox, func(o frame) bool { return o.ClientID == f.ClientID })
		}
	}
}
