package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a password: argon2id with 19 MiB, 2 passes and 1 lane, the first
// choice of the OWASP password storage cheat sheet.
const (
	argonMemory = 19 << 10 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
)

// hashers bounds how many passwords are hashed at once, and so the memory of a
// crowd that signs in together.
type hashers chan struct{}

func newHashers(n int) hashers { return make(hashers, n) }

// hash returns the PHC string of a password. It waits for its turn until ctx ends.
func (h hashers) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	// crypto/rand.Read never returns an error.
	_, _ = rand.Read(salt)
	key, err := h.derive(ctx, password, salt, argonPasses, argonMemory, argonLanes)
	if err != nil {
		return "", err
	}
	return phc(salt, key), nil
}

// decoy returns a PHC string that costs to compare with what any other does, and that no password
// is known to match: salt and key are drawn, so a node that starts hashes nothing.
func decoy() string {
	salt, key := make([]byte, argonSalt), make([]byte, argonKey)
	// crypto/rand.Read never returns an error.
	_, _ = rand.Read(salt)
	_, _ = rand.Read(key)
	return phc(salt, key)
}

// phc writes a key down with how it was made.
func phc(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

func (h hashers) derive(ctx context.Context, password string, salt []byte, passes, memory uint32, lanes uint8) ([]byte, error) {
	select {
	case h <- struct{}{}:
		defer func() { <-h }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, passes, memory, lanes, argonKey), nil
}

// matches tells whether password is the one behind a PHC string.
func (h hashers) matches(ctx context.Context, password, phc string) (bool, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("the stored password hash is not argon2id")
	}
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil {
		return false, fmt.Errorf("read the password hash: %w", err)
	}
	if parts[2] != fmt.Sprintf("v=%d", argon2.Version) || passes == 0 || lanes == 0 || passes > 16 || memory > 1<<20 {
		return false, errors.New("the stored password hash has parameters out of range")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("read the password hash: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("read the password hash: %w", err)
	}
	got, err := h.derive(ctx, password, salt, passes, memory, lanes)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
