package chat

import (
	"errors"
	"fmt"
	"time"
)

// Code says what kind of refusal an Error is. Its text is part of the protocol
// and never changes.
type Code string

// The codes of the protocol.
const (
	Unauthenticated  Code = "unauthenticated"
	Forbidden        Code = "forbidden"
	NotFound         Code = "not_found"
	Conflict         Code = "conflict"
	TooLarge         Code = "too_large"
	UnsupportedMedia Code = "unsupported_media"
	Invalid          Code = "invalid"
	RateLimited      Code = "rate_limited"
	Unavailable      Code = "unavailable" // retryable, outcome unknown
	Closed           Code = "closed"
	Empty            Code = "empty"
	TooLong          Code = "too_long"
	BadText          Code = "bad_text"
	BadJSON          Code = "bad_json"
	BadFrame         Code = "bad_frame"
	UnknownType      Code = "unknown_type"
)

// Error is a refusal that a person may read: a stable code, a full sentence that
// says what to do next, and, where one input is at fault, its name. Faults that
// only an operator can mend are ordinary errors instead.
type Error struct {
	Code       Code
	Detail     string
	Field      string        // the input at fault, "" for none
	RetryAfter time.Duration // 0 when trying again later is no help, or when is not known
}

// Error returns the sentence for people.
func (e *Error) Error() string { return e.Detail }

// Is makes errors.Is match two Errors by code alone.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Retryable tells whether the same command may be tried again unchanged.
func (e *Error) Retryable() bool { return e.Code == Unavailable || e.Code == RateLimited }

// Errorf returns an Error without a field.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// FieldError returns an Invalid error about one input.
func FieldError(field, format string, args ...any) *Error {
	return &Error{Code: Invalid, Field: field, Detail: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the first Error in err's chain, or "" if there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// ErrNotFound is the answer for what does not exist and, word for word, for what
// the asking person may not see.
func ErrNotFound(what string) *Error {
	return Errorf(NotFound, "There is no such %s.", what)
}
