package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

const (
	// maxBody is how much every push service takes (RFC 8030, 7.2).
	maxBody = 4096
	// recordSize is told in the header. There is one record, which may be shorter.
	recordSize = 4096
	saltBytes  = 16
	pointBytes = 65
	// headerBytes: salt, record size, length of the key, the key (RFC 8188, 2.1).
	headerBytes = saltBytes + 4 + 1 + pointBytes
	tagBytes    = 16
	// step is what a text is filled up to a multiple of, its delimiter included, so that its
	// length does not tell a "yes" from a "no", or a preview from none.
	step = 1024

	// MaxText is how many bytes a message may have.
	MaxText = maxBody - headerBytes - tagBytes - 1
)

// Encrypt returns the body of a request: text for the one browser that has the keys of the
// subscription (RFC 8291), filled up to a length that many have. A text above MaxText is an error.
func Encrypt(to Subscription, text []byte) ([]byte, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for a message: %w", err)
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	filled := (len(text) + step) / step * step
	return seal(to, key, salt, text, min(filled, MaxText+1)-len(text)-1)
}

// seal makes a body with an ephemeral key and a salt, and so many bytes of padding.
func seal(to Subscription, key *ecdh.PrivateKey, salt, text []byte, padding int) ([]byte, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("a message of %d bytes is too long: %d are the most", len(text), MaxText)
	}
	shared, err := key.ECDH(to.public)
	if err != nil {
		return nil, fmt.Errorf("agree with the browser on a key: %w", err)
	}
	own := key.PublicKey().Bytes()
	about := "WebPush: info\x00" + string(to.public.Bytes()) + string(own)
	secret, err := hkdf.Key(sha256.New, shared, to.auth, about, 32)
	if err != nil {
		return nil, fmt.Errorf("derive the secret of a message: %w", err)
	}
	return encode(secret, salt, own, text, padding)
}

// encode is the content coding aes128gcm (RFC 8188) with one record, the last: the secret that both sides
// know, the name of the key, and so many zeros behind the delimiter.
func encode(secret, salt, name, text []byte, padding int) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, fmt.Errorf("derive the key of a message: %w", err)
	}
	// There is one record, number 0: its nonce is the derived one as it is.
	nonce, err := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, fmt.Errorf("derive the nonce of a message: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("encrypt a message: %w", err)
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("encrypt a message: %w", err)
	}
	body := make([]byte, 0, saltBytes+4+1+len(name)+len(text)+1+padding+tagBytes)
	body = append(body, salt...)
	body = binary.BigEndian.AppendUint32(body, recordSize)
	body = append(body, byte(len(name)))
	body = append(body, name...)
	record := make([]byte, len(text)+1+padding)
	copy(record, text)
	record[len(text)] = 2 // the delimiter of the last record
	return box.Seal(body, nonce, record, nil), nil
}
