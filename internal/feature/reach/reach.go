// Package reach knows by which browsers somebody is reached who is not looking, and the key of
// this site at push services.
package reach

import (
	"context"
	"fmt"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/limit"
	"swapnest/internal/push"
	"swapnest/internal/store"
)

// Options say how the service works.
type Options struct {
	Off      bool         // no browser can be added, and nobody is told a key
	Loopback bool         // push services on this machine are taken, for tests
	Changes  *limit.Keyed // per person; nil allows everything
	Now      func() time.Time
}

// Service holds the browsers that take push messages.
type Service struct {
	db *store.DB
	o  Options
}

// New returns the service. Before a browser is added there has to be a key: see EnsureKey.
func New(db *store.DB, o Options) *Service { return &Service{db: db, o: o} }

// Device is a browser that takes push messages, as its owner sees it.
type Device struct {
	ID        chat.PushDeviceID
	Name      string // such as "Chrome on Android", "" when not known
	Current   bool   // it is of the session that asks
	CreatedAt time.Time
	UsedAt    time.Time // when it last took a message or told us of itself, to the hour
}

func deviceOf(d store.PushDevice, current chat.SessionID) Device {
	return Device{ID: d.ID, Name: d.Agent, Current: d.Session == current, CreatedAt: d.CreatedAt, UsedAt: d.UsedAt}
}

// EnsureKey makes the first key, unless there is one. Of several nodes that start at once one
// makes it.
func (s *Service) EnsureKey(ctx context.Context) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.LockPushKeys(ctx); err != nil {
			return err
		}
		if _, err := tx.CurrentPushKey(ctx); chat.CodeOf(err) != chat.NotFound {
			return err
		}
		_, err := Rotate(ctx, tx, s.o.Now())
		return err
	})
}

// Rotate makes a new key and returns it. Browsers subscribe with it from now on; those that have
// subscribed before go on getting messages by the key of then, until they come by and subscribe anew.
func Rotate(ctx context.Context, tx *store.Tx, at time.Time) (store.PushKey, error) {
	if err := tx.LockPushKeys(ctx); err != nil {
		return store.PushKey{}, err
	}
	made, err := push.NewKey()
	if err != nil {
		return store.PushKey{}, err
	}
	k := store.PushKey{Public: made.Public(), CreatedAt: at}
	if k.Private, err = made.Private(); err != nil {
		return store.PushKey{}, err
	}
	k.ID, err = tx.ReplacePushKey(ctx, k)
	return k, err
}

// PublicKey returns the key that browsers subscribe with, in base64url; "" where push is off.
func (s *Service) PublicKey(ctx context.Context) (string, error) {
	if s.o.Off {
		return "", nil
	}
	k, err := s.db.CurrentPushKey(ctx)
	return k.Public, err
}

// Devices returns the browsers of whoever asks, the newest first: chat.MaxPushDevices at most.
func (s *Service) Devices(ctx context.Context, current chat.Session) ([]Device, error) {
	all, err := s.db.PushDevicesOf(ctx, current.User, s.o.Now())
	devices := make([]Device, len(all))
	for i, d := range all {
		devices[i] = deviceOf(d, current.ID)
	}
	return devices, err
}

// AddCommand adds the browser of a session, as PushSubscription describes it.
type AddCommand struct {
	Session                chat.Session
	Endpoint, P256dh, Auth string
	PublicKey              string // it was subscribed with; "" is the one in use
	Address                string // the request came from, for the audit log
}

// Add stores a browser, and tells whether it is one more: an endpoint that is known is taken over
// by the session, whoever's it was, and the oldest browser goes when there are more than
// chat.MaxPushDevices. It refuses with Invalid and a field, with Forbidden where push is off,
// with Unauthenticated where the session has ended, and with RateLimited.
func (s *Service) Add(ctx context.Context, c AddCommand) (Device, bool, error) {
	who := c.Session.User
	if err := s.take(who); err != nil {
		return Device{}, false, err
	}
	if s.o.Off {
		return Device{}, false, chat.Errorf(chat.Forbidden, "This site sends no push messages.")
	}
	if _, err := push.ParseSubscription(c.Endpoint, c.P256dh, c.Auth, s.o.Loopback); err != nil {
		return Device{}, false, err
	}
	var put store.PushDevice
	var fresh bool
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.LockUser(ctx, who); err != nil {
			return err
		}
		key, err := subscribedWith(ctx, tx, c.PublicKey)
		if err != nil {
			return err
		}
		put, fresh, err = tx.PutPushDevice(ctx, store.PushDevice{
			User: who, Session: c.Session.ID, Endpoint: c.Endpoint, P256dh: c.P256dh, Auth: c.Auth, Key: key, CreatedAt: s.o.Now(),
		})
		if chat.CodeOf(err) == chat.NotFound {
			return auth.ErrSignedOut
		}
		if err != nil || !fresh {
			return err
		}
		if err := tx.TrimPushDevices(ctx, who, chat.MaxPushDevices); err != nil {
			return err
		}
		return tx.InsertAudit(ctx, s.entry(chat.AuditPushAdded, who, c.Address, put.Agent))
	})
	return deviceOf(put, c.Session.ID), fresh, err
}

// subscribedWith returns the id of a key by its public half, or of the one in use.
func subscribedWith(ctx context.Context, tx *store.Tx, public string) (int64, error) {
	if public == "" {
		k, err := tx.CurrentPushKey(ctx)
		return k.ID, err
	}
	keys, err := tx.PushKeys(ctx)
	if err != nil {
		return 0, err
	}
	for _, k := range keys {
		if k.Public == public {
			return k.ID, nil
		}
	}
	return 0, chat.FieldError("public_key", "This site has another key by now. Unsubscribe, and subscribe again with the one that it has.")
}

// Remove removes a browser of who by its id. It refuses with NotFound and RateLimited.
func (s *Service) Remove(ctx context.Context, who chat.UserID, id chat.PushDeviceID, address string) error {
	return s.remove(ctx, who, address, func(tx *store.Tx) (string, error) { return tx.DeletePushDeviceOf(ctx, who, id) })
}

// Forget removes a browser of who by its endpoint. One that is not there is as it should be. It
// refuses with RateLimited.
func (s *Service) Forget(ctx context.Context, who chat.UserID, endpoint, address string) error {
	err := s.remove(ctx, who, address, func(tx *store.Tx) (string, error) { return tx.ForgetPushDevice(ctx, who, endpoint) })
	if chat.CodeOf(err) == chat.NotFound {
		return nil
	}
	return err
}

func (s *Service) remove(ctx context.Context, who chat.UserID, address string, del func(*store.Tx) (agent string, err error)) error {
	if err := s.take(who); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		agent, err := del(tx)
		if err != nil {
			return err
		}
		return tx.InsertAudit(ctx, s.entry(chat.AuditPushRemoved, who, address, agent))
	})
}

func (s *Service) take(who chat.UserID) error {
	return s.o.Changes.Take(fmt.Sprint(who), "A little slower, please. You can change more in a moment.")
}

// entry returns what the audit log is told.
func (s *Service) entry(action chat.AuditAction, who chat.UserID, address, agent string) chat.AuditEntry {
	return chat.AuditEntry{At: s.o.Now(), User: who, Action: action, Address: address, Agent: agent}
}
