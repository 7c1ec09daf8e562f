package server

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// ready answers like health, and 503 from the moment the node begins to shut down.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	if a.draining.Load() {
		answerHealth(w, http.StatusServiceUnavailable, "shutting_down", nil)
		return
	}
	a.health(w, r)
}

// health answers 200 or 503 with what was checked.
func (a *App) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.DB.Ping(ctx); err != nil {
		a.log.WarnContext(r.Context(), "health check failed", "error", err)
		answerHealth(w, http.StatusServiceUnavailable, "unavailable", map[string]string{"database": "unavailable"})
		return
	}
	checks := map[string]string{"database": "ok"}
	if a.redis != nil {
		// Without it the log joins the nodes: no reason to take this one away.
		checks["bus"] = "ok"
		if !a.redis.Healthy() {
			checks["bus"] = "unavailable"
		}
	}
	answerHealth(w, http.StatusOK, "ok", checks)
}

func answerHealth(w http.ResponseWriter, status int, word string, checks map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The peer may have gone: there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(struct {
		Status string            `json:"status"`
		Checks map[string]string `json:"checks"`
	}{word, checks})
}
