package web

import (
	"encoding/json"
	"net/http"
)

// news answers GET /notifications/: what is new is the conversations with something unread.
func (w *Web) news(rw http.ResponseWriter, r *http.Request) error {
	if _, err := w.guard.Who(r); err != nil {
		return err
	}
	return redirect(rw, r, "/chat/?filter=unread")
}

// newsCount answers GET /notifications/unread-count/ with {"unread_count"}: how many
// conversations have something unread, as the badge of the page shows.
func (w *Web) newsCount(rw http.ResponseWriter, r *http.Request) error {
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	n, err := w.chats.Unread(r.Context(), who.User.ID)
	if err != nil {
		return err
	}
	data, err := json.Marshal(map[string]int64{"unread_count": n})
	if err != nil {
		return err
	}
	return writeJSON(rw, http.StatusOK, data)
}

// writeJSON writes an answer for a script.
func writeJSON(rw http.ResponseWriter, code int, data []byte) error {
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(code)
	// A reader who has gone needs no answer.
	_, _ = rw.Write(data)
	return nil
}
