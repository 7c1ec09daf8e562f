package server

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// health answers 200 or 503 with what was checked.
func (a *App) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	answer := struct {
		Status string            `json:"status"`
		Checks map[string]string `json:"checks"`
	}{"ok", map[string]string{"database": "ok"}}
	status := http.StatusOK
	if err := a.DB.Ping(ctx); err != nil {
		a.log.Warn("health check failed", "error", err)
		answer.Status, answer.Checks["database"], status = "unavailable", "unavailable", http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The peer may have gone: there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(answer)
}
