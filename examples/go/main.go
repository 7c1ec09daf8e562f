// Command go is a client of one conversation: what is typed is sent, what is written is
// printed, and nothing is lost or doubled when the line goes. docs/socket.md explains it.
//
//	go run ./examples/go http://127.0.0.1:8000 aarav swapnest-demo 1
//
// It listens on the socket and sends by the API's POST, of which every try has the same client_id
// until there is an answer. So the two halves share nothing that would need a lock.
package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/danielgtaylor/huma/v2"
	"github.com/go-resty/resty/v2"
)

// frame has what this client uses of the server's frames and answers.
type frame struct {
	Type, Message, Timestamp, At, Epoch, Ticket string
	SenderName                                  string `json:"sender_name"`
	Seq, Head                                   int64
}

// later tells whether to ask again: the server cannot be reached, is busy, or has a fault.
func later(r *resty.Response, err error) bool { return err != nil || r.StatusCode() >= 429 }

func main() {
	// It keeps the session's cookie. Who cannot sign in gets no ticket, and then the socket says so.
	api := resty.New().SetBaseURL(os.Args[1] + "/api/v1").SetTimeout(5 * time.Second).SetRetryCount(math.MaxInt).AddRetryCondition(later)
	_, _ = api.R().SetBody(map[string]string{"username": os.Args[2], "password": os.Args[3]}).Post("/session")
	// The position is of the message that was printed last. The next line begins behind it.
	for after, position := int64(0), ""; ; time.Sleep(time.Second) {
		var f frame // what a frame does not say stays as it was: head and epoch are hello's
		_, _ = api.R().SetResult(&f).Post("/ticket")
		line, _, err := websocket.Dial(context.Background(), os.Args[1]+"/ws/chat/"+os.Args[4]+"/?ticket="+cmp.Or(f.Ticket, "none")+position, nil)
		for ; err == nil; err = wsjson.Read(context.Background(), line, &f) {
			if f.Type == "reset" || f.Type == "hello" && position == "" { // another history: a page would load its newest messages
				if after == 0 {
					go send(api)
				}
				after, position = f.Head, fmt.Sprintf("&after=%d&epoch=%s", f.Head, f.Epoch)
			} else if event := strings.HasPrefix(f.Type, "message") || f.Type == "reaction"; event && f.Seq == after+1 { // it may change a message
				fmt.Printf("%d %s: %s\n", f.Seq, f.SenderName, f.Message)
				after, position, f.At = f.Seq, fmt.Sprintf("&after=%d&at=%s&epoch=%s", f.Seq, cmp.Or(f.At, f.Timestamp), f.Epoch), ""
			} else if event && f.Seq > after+1 { // a gap: the next line brings what is missing
				_ = line.CloseNow()
			}
		}
		if slices.Contains([]websocket.StatusCode{4400, 4401, 4404}, websocket.CloseStatus(err)) {
			log.Fatal(err)
		}
	}
}

// send posts one line after the other, each until there is an answer: under one client_id it is stored once.
func send(api *resty.Client) {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		message, sent := map[string]string{"client_id": rand.Text(), "message": in.Text()}, map[string]frame{}
		answer, _ := api.R().SetBody(message).SetResult(&sent).SetError(huma.ErrorModel{}).Post("/conversations/" + os.Args[4] + "/messages")
		fmt.Println(cmp.Or[any](answer.Error(), fmt.Sprint("acknowledged as ", sent["message"].Seq)))
	}
	os.Exit(0)
}
