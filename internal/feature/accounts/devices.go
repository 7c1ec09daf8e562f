package accounts

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Device is a session as its owner sees it.
type Device struct {
	ID        string // names it among those of its owner; opens nothing
	Name      string // such as "Chrome on Android", "" when not known
	Current   bool
	CreatedAt time.Time
	UsedAt    time.Time // to the day
}

// deviceID is the beginning of the hash by which a session is stored.
func deviceID(id chat.SessionID) string { return hex.EncodeToString(id[:8]) }

// Devices returns where somebody is signed in, the newest first.
func (s *Service) Devices(ctx context.Context, current chat.Session) ([]Device, error) {
	sessions, err := s.db.SessionsOf(ctx, current.User, s.now())
	devices := make([]Device, len(sessions))
	for i, one := range sessions {
		// A session slides on when it is used, at most once a day.
		used := one.ExpiresAt.Add(-chat.SessionLife)
		if used.Before(one.CreatedAt) {
			used = one.CreatedAt
		}
		devices[i] = Device{
			ID: deviceID(one.ID), Name: one.Agent, Current: one.ID == current.ID, CreatedAt: one.CreatedAt, UsedAt: used,
		}
	}
	return devices, err
}

// EndDevice signs a device of one's own out; NotFound when there is none of this name.
func (s *Service) EndDevice(ctx context.Context, who chat.UserID, device string, from Origin) error {
	sessions, err := s.db.SessionsOf(ctx, who, s.now())
	if err != nil {
		return err
	}
	for _, one := range sessions {
		if deviceID(one.ID) == device {
			return s.endSession(ctx, one.ID, from.entry(chat.AuditDeviceEnded, who, one.Agent))
		}
	}
	return chat.ErrNotFound("device")
}

// EndOtherDevices signs one out everywhere but here.
func (s *Service) EndOtherDevices(ctx context.Context, current chat.Session, from Origin) error {
	return s.endSessions(ctx, current.ID, from.entry(chat.AuditOthersEnded, current.User, ""), func(*store.Tx) error { return nil })
}

// agentOf names a browser and its system by its User-Agent (RFC 9110, 10.1.5), as far as
// the usual ones go. The header itself says more of a person than needs to be kept.
func agentOf(header string) string {
	find := func(names [][2]string) string {
		for _, n := range names {
			if strings.Contains(header, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	// The order matters: most browsers also call themselves by the names of others.
	browser := find([][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser", "Samsung Internet"},
		{"Firefox", "Firefox"},
		{"FxiOS", "Firefox"},
		{"CriOS", "Chrome"},
		{"Chrome", "Chrome"},
		{"Safari", "Safari"},
	})
	system := find([][2]string{
		{"Android", "Android"},
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Windows", "Windows"},
		{"Mac OS X", "Mac"},
		{"CrOS", "Chromebook"},
		{"Linux", "Linux"},
	})
	switch {
	case browser == "" || system == "":
		return browser + system
	}
	return browser + " on " + system
}
