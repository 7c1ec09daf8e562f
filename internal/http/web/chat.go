package web

import (
	"net/http"
	"strconv"

	"swapnest/internal/chat"
)

// chatRoutes mounts the pages of conversations.
func (w *Web) chatRoutes(mux Mux) {
	get := func(path string, h handler) { mux.Handle("GET "+path, w.page(h)) }
	post := func(path string, h handler) { mux.Handle("POST "+path, w.page(h)) }

	get("/chat/{$}", w.inbox)
	get("/chat/conversation/{id}/{$}", w.conversation)
	mux.Handle("POST /chat/conversation/{id}/{$}", w.messagePost(w.say))
	post("/chat/mark-read/{id}/{$}", w.markRead)
	post("/chat/mark/{id}/{$}", w.mark)
	get("/chat/delete/{id}/{$}", w.removeForm)
	post("/chat/delete/{id}/{$}", w.remove)
	get("/chat/search/{$}", w.searchChats)
	get("/chat/start/{id}/{$}", w.startForm)
	post("/chat/start/{id}/{$}", w.start)
}

// chatShell is the frame of the two panes.
func chatShell(s shell, pane string) shell {
	s.Body, s.Pane = "chat", pane
	s.Styles = append(s.Styles, "joined/chat")
	s.Scripts = append(s.Scripts, "chat")
	return s
}

// pathID returns the id in the address. Anything but a positive number is an
// address of nothing.
func pathID[ID ~int64](r *http.Request, what string) (ID, error) {
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || n <= 0 {
		return 0, chat.ErrNotFound(what)
	}
	return ID(n), nil
}
