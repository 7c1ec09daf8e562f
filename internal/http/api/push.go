package api

import (
	"context"
	"net/http"

	"swapnest/internal/chat"
	"swapnest/internal/feature/reach"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/wire"
)

// pushCalls are about the browsers that take push messages.
func (a *API) pushCalls() {
	handle(a, operation{id: "getPush", route: "GET /push", summary: "The key to subscribe with, and one's browsers that take push messages", status: 200}, a.getPush)
	handle(a, operation{
		id: "addPushDevice", route: "POST /push/devices", summary: "Have this browser sent push messages, until its session ends",
		status: 201, again: true, failures: []int{403, 429},
	}, a.addPushDevice)
	handle(a, operation{id: "removePushDevice", route: "DELETE /push/devices/{id}", summary: "Send a browser none any more", status: 204, failures: []int{429}}, a.removePushDevice)
	handle(a, operation{
		id: "forgetPushDevice", route: "POST /push/devices/forget", summary: "Send the browser of an endpoint none any more",
		status: 204, failures: []int{429},
	}, a.forgetPushDevice)
}

// pushDevice is a browser as its owner sees it.
type pushDevice struct {
	ID        chat.PushDeviceID `json:"id"`
	Name      string            `json:"name" doc:"Such as Chrome on Android; empty when not known."`
	CreatedAt wire.Time         `json:"created_at" nullable:"false"`
	UsedAt    wire.Time         `json:"used_at" nullable:"false" doc:"When it last took a message or subscribed, to the hour."`
	Current   bool              `json:"current" doc:"It belongs to the session that asks."`
}

func pushDeviceOf(d reach.Device) pushDevice {
	return pushDevice{ID: d.ID, Name: d.Name, CreatedAt: wire.Time{Time: d.CreatedAt}, UsedAt: wire.Time{Time: d.UsedAt}, Current: d.Current}
}

// pushState is all there is to know before one subscribes.
type pushState struct {
	PublicKey string       `json:"public_key" doc:"The applicationServerKey, in base64url: an uncompressed point of P-256. Empty where this site sends no push messages."`
	Devices   []pushDevice `json:"devices" nullable:"false" doc:"The newest first; at most 20."`
}

type pushOutput struct{ Body pushState }

// getPush answers GET /push.
func (a *API) getPush(ctx context.Context, c call, _ *none) (*pushOutput, error) {
	key, err := a.Reach.PublicKey(ctx)
	if err != nil {
		return nil, err
	}
	all, err := a.Reach.Devices(ctx, c.identity.Session)
	if err != nil {
		return nil, err
	}
	out := pushState{PublicKey: key, Devices: make([]pushDevice, len(all))}
	for i, d := range all {
		out.Devices[i] = pushDeviceOf(d)
	}
	return &pushOutput{out}, nil
}

// pushKeys are a subscription's keys.
type pushKeys struct {
	P256dh string `json:"p256dh" doc:"The browser's public key, in base64url: an uncompressed point of P-256."`
	Auth   string `json:"auth" doc:"The subscription's secret, in base64url: 16 bytes."`
}

// pushSubscription is what PushSubscription.toJSON() has, in its own names.
type pushSubscription struct {
	Endpoint       string   `json:"endpoint" doc:"The https address of the push service, of at most 1,024 bytes."`
	ExpirationTime *float64 `json:"expirationTime,omitempty" nullable:"true" doc:"Ignored: push services say when a subscription has ended."`
	Keys           pushKeys `json:"keys"`
	PublicKey      string   `json:"public_key,omitempty" doc:"The applicationServerKey that the browser subscribed with, in base64url; the one in use when left out."`
}

type addPushInput struct{ Body pushSubscription }

// pushAnswer holds a browser.
type pushAnswer struct {
	Device pushDevice `json:"device"`
}

type addPushOutput struct {
	Status int
	Body   pushAnswer
}

// addPushDevice answers POST /push/devices.
func (a *API) addPushDevice(ctx context.Context, c call, in *addPushInput) (*addPushOutput, error) {
	d, fresh, err := a.Reach.Add(ctx, reach.AddCommand{
		Session: c.identity.Session, Endpoint: in.Body.Endpoint, P256dh: in.Body.Keys.P256dh, Auth: in.Body.Keys.Auth,
		PublicKey: in.Body.PublicKey, Address: auth.Address(c.request),
	})
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	return &addPushOutput{status, pushAnswer{pushDeviceOf(d)}}, nil
}

type pushDeviceInput struct {
	ID chat.PushDeviceID `path:"id"`
}

// removePushDevice answers DELETE /push/devices/{id}.
func (a *API) removePushDevice(ctx context.Context, c call, in *pushDeviceInput) (*none, error) {
	return &none{}, a.Reach.Remove(ctx, c.identity.User.ID, in.ID, auth.Address(c.request))
}

// pushEndpoint names a browser by what it knows itself by.
type pushEndpoint struct {
	Endpoint string `json:"endpoint" doc:"One that is not there, or is somebody else's, is no error."`
}

type forgetPushInput struct{ Body pushEndpoint }

// forgetPushDevice answers POST /push/devices/forget.
func (a *API) forgetPushDevice(ctx context.Context, c call, in *forgetPushInput) (*none, error) {
	return &none{}, a.Reach.Forget(ctx, c.identity.User.ID, in.Body.Endpoint, auth.Address(c.request))
}
