package web

import (
	"errors"
	"net/http"

	"swapnest/internal/chat"
)

// answerFree writes whether a name can be had as JSON: {"available", "detail"}. What is no
// name at all cannot be had, and the detail says why.
func answerFree(rw http.ResponseWriter, free bool, err error, taken string) error {
	answer := struct {
		Available bool   `json:"available"`
		Detail    string `json:"detail"`
	}{Available: free}
	code := http.StatusOK
	if refusal, ok := errors.AsType[*chat.Error](err); ok {
		answer.Detail = refusal.Detail
		if refusal.Code != chat.Invalid {
			after(rw, err)
			code = status(err)
		}
	} else if err != nil {
		return err
	} else if !free {
		answer.Detail = taken
	}
	return answerJSON(rw, code, answer)
}
