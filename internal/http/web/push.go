package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"swapnest/internal/chat"
	"swapnest/internal/feature/reach"
	"swapnest/internal/http/auth"
)

// pushRoutes mounts the addresses at which scripts of the system before this one subscribed a
// browser. They answer in JSON, whatever becomes of it.
func (w *Web) pushRoutes(mux Mux) {
	mux.Handle("GET /notifications/push/vapid-key/{$}", w.page(w.vapidKey))
	for path, h := range map[string]handler{"subscribe/": w.pushSubscribe, "unsubscribe/": w.pushUnsubscribe} {
		mux.Handle("POST /notifications/push/"+path+"{$}", w.page(h))
		mux.Handle("GET /notifications/push/"+path+"{$}", w.page(onlyPost))
	}
}

// onlyPost answers whoever reads what can only be written.
func onlyPost(rw http.ResponseWriter, _ *http.Request) error {
	rw.Header().Set("Allow", http.MethodPost)
	return answerJSON(rw, http.StatusMethodNotAllowed, pushDone{Error: "This address takes POST alone."})
}

// vapidKey answers GET /notifications/push/vapid-key/: the key under all the names that it had.
func (w *Web) vapidKey(rw http.ResponseWriter, r *http.Request) error {
	key, err := w.reach.PublicKey(r.Context())
	if err != nil {
		return err
	}
	return answerJSON(rw, http.StatusOK, map[string]string{"public_key": key, "publicKey": key, "vapid_public_key": key})
}

// pushDone says what became of a change.
type pushDone struct {
	Success bool   `json:"success"`
	Error   string `json:"error,omitempty"`
	Field   string `json:"field,omitempty"`
}

// pushed answers a change.
func (w *Web) pushed(rw http.ResponseWriter, err error) error {
	if err == nil {
		return answerJSON(rw, http.StatusOK, pushDone{Success: true})
	}
	refusal, ok := errors.AsType[*chat.Error](err)
	if !ok {
		return err
	}
	after(rw, err)
	return answerJSON(rw, status(err), pushDone{Error: refusal.Detail, Field: refusal.Field})
}

// subscription is a browser's, as PushSubscription.toJSON() has it, or that under its own name.
type subscription struct {
	Endpoint string `json:"endpoint"`
	Keys     struct {
		P256dh string `json:"p256dh"`
		Auth   string `json:"auth"`
	} `json:"keys"`
	Within *subscription `json:"subscription"`
}

// parseSubscription reads the body of a script. It refuses with UnsupportedMedia, TooLarge or BadJSON.
func parseSubscription(r *http.Request) (subscription, error) {
	var s subscription
	// No form of another site can be sent as this unasked.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return s, chat.Errorf(chat.UnsupportedMedia, "The body must be JSON: send it with Content-Type: application/json.")
	}
	data, err := io.ReadAll(r.Body)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return s, chat.Errorf(chat.TooLarge, "The body is too large for a subscription.")
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, chat.Errorf(chat.BadJSON, "The body is not what PushSubscription.toJSON() has.")
	}
	if s.Within != nil {
		return *s.Within, nil
	}
	return s, nil
}

// pushSubscribe answers POST /notifications/push/subscribe/.
func (w *Web) pushSubscribe(rw http.ResponseWriter, r *http.Request) error {
	return w.changePush(rw, r, func(ctx context.Context, who auth.Identity, s subscription) error {
		_, _, err := w.reach.Add(ctx, reach.AddCommand{
			Session: who.Session, Endpoint: s.Endpoint, P256dh: s.Keys.P256dh, Auth: s.Keys.Auth, Address: auth.Address(r),
		})
		return err
	})
}

// pushUnsubscribe answers POST /notifications/push/unsubscribe/.
func (w *Web) pushUnsubscribe(rw http.ResponseWriter, r *http.Request) error {
	return w.changePush(rw, r, func(ctx context.Context, who auth.Identity, s subscription) error {
		return w.reach.Forget(ctx, who.User.ID, s.Endpoint, auth.Address(r))
	})
}

func (w *Web) changePush(rw http.ResponseWriter, r *http.Request, change func(context.Context, auth.Identity, subscription) error) error {
	who, err := w.guard.Who(r)
	if err != nil {
		return w.pushed(rw, err)
	}
	s, err := parseSubscription(r)
	if err != nil {
		return w.pushed(rw, err)
	}
	ctx, cancel := sending(r)
	defer cancel()
	return w.pushed(rw, change(ctx, who, s))
}
