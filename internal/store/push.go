package store

import (
	"context"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// PushKey is a key by which this site is known to push services (RFC 8292). Both halves are
// base64url. Of those that are not retired there is one.
type PushKey struct {
	ID              int64
	Public, Private string
	CreatedAt       time.Time
	RetiredAt       time.Time // zero for the one in use
	Devices         int64     // that have subscribed with it; only PushKeys counts them
}

const pushKeyColumns = `k.id, k.public_key, k.private_key, k.created_at, k.retired_at`

func (k *PushKey) fields() []any {
	return []any{&k.ID, &k.Public, &k.Private, microsInto{&k.CreatedAt}, microsInto{&k.RetiredAt}}
}

// PushKeys returns all keys, the newest first.
func (r Reader) PushKeys(ctx context.Context) ([]PushKey, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT `+pushKeyColumns+`, (SELECT count(*) FROM push_device d WHERE d.key_id = k.id)
		FROM push_key k ORDER BY k.id DESC`)
	if err != nil {
		return nil, fmt.Errorf("read the push keys: %w", err)
	}
	keys, err := collect(rows, func(k *PushKey) []any { return append(k.fields(), &k.Devices) })
	if err != nil {
		return nil, fmt.Errorf("read the push keys: %w", err)
	}
	return keys, nil
}

// PushKey returns a key by its id.
func (r Reader) PushKey(ctx context.Context, id int64) (PushKey, error) {
	var k PushKey
	err := r.q.QueryRowContext(ctx, `SELECT `+pushKeyColumns+` FROM push_key k WHERE k.id = $1`, id).Scan(k.fields()...)
	if err != nil {
		return PushKey{}, fmt.Errorf("read push key %d: %w", id, missing(err, "push key"))
	}
	return k, nil
}

// CurrentPushKey returns the key that browsers subscribe with; NotFound before there is one.
func (r Reader) CurrentPushKey(ctx context.Context) (PushKey, error) {
	var k PushKey
	err := r.q.QueryRowContext(ctx, `
		SELECT `+pushKeyColumns+` FROM push_key k WHERE k.retired_at = 0 ORDER BY k.id DESC LIMIT 1`).Scan(k.fields()...)
	if err != nil {
		return PushKey{}, fmt.Errorf("read the push key: %w", missing(err, "push key"))
	}
	return k, nil
}

// LockPushKeys keeps others from changing the keys until the end of the transaction, also where
// there is none yet.
func (tx *Tx) LockPushKeys(ctx context.Context) error {
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO meta (key, value) VALUES ('push_keys', '') ON CONFLICT (key) DO UPDATE SET value = excluded.value`)
	if err != nil {
		return fmt.Errorf("lock the push keys: %w", err)
	}
	return nil
}

// ReplacePushKey makes a key the one in use, and returns its id. Those before it are retired, and
// deleted once no device uses them. Callers hold LockPushKeys.
func (tx *Tx) ReplacePushKey(ctx context.Context, k PushKey) (int64, error) {
	if _, err := tx.q.ExecContext(ctx, `UPDATE push_key SET retired_at = $1 WHERE retired_at = 0`, micros(k.CreatedAt)); err != nil {
		return 0, fmt.Errorf("retire the push key: %w", err)
	}
	var id int64
	err := tx.q.QueryRowContext(ctx, `INSERT INTO push_key (public_key, private_key, created_at) VALUES ($1, $2, $3) RETURNING id`,
		k.Public, k.Private, micros(k.CreatedAt)).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert a push key: %w", err)
	}
	_, err = tx.q.ExecContext(ctx, `
		DELETE FROM push_key WHERE retired_at > 0 AND NOT EXISTS (SELECT 1 FROM push_device d WHERE d.key_id = push_key.id)`)
	if err != nil {
		return 0, fmt.Errorf("delete old push keys: %w", err)
	}
	return id, nil
}

// PushDevice is a browser that takes push messages. It is of a session, and ends with it.
type PushDevice struct {
	ID        chat.PushDeviceID
	User      chat.UserID
	Session   chat.SessionID
	Endpoint  string // secret: who knows it can wake the browser
	P256dh    string // base64url, like the next
	Auth      string
	Key       int64  // of PushKey, with which it was subscribed
	Agent     string // such as "Chrome on Android", "" when not known
	CreatedAt time.Time
	UsedAt    time.Time // when it last took a message or told us of itself, to the hour
}

// pushDevices are the devices whose session has not ended.
const (
	pushDeviceColumns = `d.id, d.user_id, d.token_hash, d.endpoint, d.p256dh, d.auth, d.key_id, d.agent, d.created_at, d.used_at`
	pushDevices       = ` FROM push_device d JOIN session s ON s.token_hash = d.token_hash JOIN users u ON u.id = d.user_id
		WHERE s.expires_at > $2 AND s.user_id = d.user_id AND u.closed_at = 0`
)

// pushDeviceRow is a device as it is read.
type pushDeviceRow struct {
	PushDevice
	hash []byte
}

func (d *pushDeviceRow) fields() []any {
	return []any{&d.ID, &d.User, &d.hash, &d.Endpoint, &d.P256dh, &d.Auth, &d.Key, &d.Agent, microsInto{&d.CreatedAt}, microsInto{&d.UsedAt}}
}

func (d *pushDeviceRow) device() PushDevice {
	d.Session = chat.SessionID(d.hash)
	return d.PushDevice
}

// PushDevice returns a device; NotFound when there is none, or its session has ended at now.
func (r Reader) PushDevice(ctx context.Context, id chat.PushDeviceID, now time.Time) (PushDevice, error) {
	var d pushDeviceRow
	err := r.q.QueryRowContext(ctx, `SELECT `+pushDeviceColumns+pushDevices+` AND d.id = $1`, id, micros(now)).Scan(d.fields()...)
	if err != nil {
		return PushDevice{}, fmt.Errorf("read push device %d: %w", id, missing(err, "browser"))
	}
	return d.device(), nil
}

// PushDevicesOf returns the devices of a person whose sessions have not ended at now, the newest
// first.
func (r Reader) PushDevicesOf(ctx context.Context, who chat.UserID, now time.Time) ([]PushDevice, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT `+pushDeviceColumns+pushDevices+` AND d.user_id = $1 ORDER BY d.created_at DESC, d.id DESC`, who, micros(now))
	if err != nil {
		return nil, fmt.Errorf("read the push devices of user %d: %w", who, err)
	}
	found, err := collect(rows, (*pushDeviceRow).fields)
	if err != nil {
		return nil, fmt.Errorf("read the push devices of user %d: %w", who, err)
	}
	devices := make([]PushDevice, len(found))
	for i := range found {
		devices[i] = found[i].device()
	}
	return devices, nil
}

// PutPushDevice stores a device of a living session, under the session's name for its browser, and
// returns it as it is then. An endpoint that is known keeps its row where it was the same
// person's; of somebody else's nothing is left, so that nothing that waits for them comes here. fresh
// tells whether there is a row more of this person. NotFound when the session has ended.
func (tx *Tx) PutPushDevice(ctx context.Context, d PushDevice) (put PushDevice, fresh bool, err error) {
	if _, err := tx.q.ExecContext(ctx, `DELETE FROM push_device WHERE endpoint = $1 AND user_id <> $2`, d.Endpoint, d.User); err != nil {
		return PushDevice{}, false, fmt.Errorf("delete a push device of somebody else: %w", err)
	}
	var known int
	if err := tx.q.QueryRowContext(ctx, `SELECT count(*) FROM push_device WHERE endpoint = $1`, d.Endpoint).Scan(&known); err != nil {
		return PushDevice{}, false, fmt.Errorf("look for a push device: %w", err)
	}
	var id chat.PushDeviceID
	err = tx.q.QueryRowContext(ctx, `
		INSERT INTO push_device (user_id, token_hash, endpoint, p256dh, auth, key_id, agent, created_at, used_at)
		SELECT s.user_id, s.token_hash, $3, $4, $5, $6, s.agent, $7, $7 FROM session s WHERE s.token_hash = $1 AND s.user_id = $2 AND s.expires_at > $7
		ON CONFLICT (endpoint) DO UPDATE SET token_hash = excluded.token_hash, p256dh = excluded.p256dh, auth = excluded.auth,
			key_id = excluded.key_id, agent = excluded.agent, used_at = excluded.used_at
		RETURNING id`,
		d.Session[:], d.User, d.Endpoint, d.P256dh, d.Auth, d.Key, micros(d.CreatedAt)).Scan(&id)
	if err != nil {
		return PushDevice{}, false, fmt.Errorf("put a push device: %w", missing(err, "session"))
	}
	put, err = tx.PushDevice(ctx, id, d.CreatedAt)
	return put, known == 0, err
}

// TrimPushDevices deletes the oldest devices of a person beyond so many.
func (tx *Tx) TrimPushDevices(ctx context.Context, who chat.UserID, most int) error {
	_, err := tx.q.ExecContext(ctx, `
		DELETE FROM push_device WHERE user_id = $1 AND id NOT IN
			(SELECT d.id FROM push_device d WHERE d.user_id = $1 ORDER BY d.created_at DESC, d.id DESC LIMIT $2)`, who, most)
	if err != nil {
		return fmt.Errorf("delete old push devices of user %d: %w", who, err)
	}
	return nil
}

// DeletePushDevice deletes a device. One that has gone is no error.
func (tx *Tx) DeletePushDevice(ctx context.Context, id chat.PushDeviceID) error {
	if _, err := tx.q.ExecContext(ctx, `DELETE FROM push_device WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete push device %d: %w", id, err)
	}
	return nil
}

// DeletePushDeviceOf deletes a device of a person, or is NotFound. It returns what the device was called.
func (tx *Tx) DeletePushDeviceOf(ctx context.Context, who chat.UserID, id chat.PushDeviceID) (agent string, err error) {
	err = tx.q.QueryRowContext(ctx, `DELETE FROM push_device WHERE id = $1 AND user_id = $2 RETURNING agent`, id, who).Scan(&agent)
	if err != nil {
		return "", fmt.Errorf("delete push device %d: %w", id, missing(err, "browser"))
	}
	return agent, nil
}

// ForgetPushDevice is DeletePushDeviceOf by the endpoint.
func (tx *Tx) ForgetPushDevice(ctx context.Context, who chat.UserID, endpoint string) (agent string, err error) {
	err = tx.q.QueryRowContext(ctx, `DELETE FROM push_device WHERE endpoint = $1 AND user_id = $2 RETURNING agent`, endpoint, who).Scan(&agent)
	if err != nil {
		return "", fmt.Errorf("delete a push device: %w", missing(err, "browser"))
	}
	return agent, nil
}

// PushDeviceUsed notes that a device has taken a message.
func (tx *Tx) PushDeviceUsed(ctx context.Context, id chat.PushDeviceID, at time.Time) error {
	if _, err := tx.q.ExecContext(ctx, `UPDATE push_device SET used_at = $2 WHERE id = $1`, id, micros(at)); err != nil {
		return fmt.Errorf("note the use of push device %d: %w", id, err)
	}
	return nil
}
