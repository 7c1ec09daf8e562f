package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"swapnest/internal/chat"
)

const (
	// uploadTime is for a form with photos over a slow line.
	uploadTime = 5 * time.Minute
	// uploadBytes is what such a form may have: its photos, and its fields.
	uploadBytes = chat.MaxPhotos*(chat.MaxPhotoBytes+4<<10) + formBytes
)

// upload is page for a form that carries photos.
func (w *Web) upload(h handler) http.Handler { return w.carrying(h, uploadBytes) }

// carrying is page for a form that carries files, and has so many bytes at the most.
func (w *Web) carrying(h handler, most int64) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), uploadTime)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = &steady{ReadCloser: r.Body, control: http.NewResponseController(rw), end: time.Now().Add(uploadTime)}
		r.Body = http.MaxBytesReader(rw, r.Body, most)
		if err := h(rw, r); err != nil {
			w.fail(rw, r, err)
		}
	})
}

// steady is the body of a form that may take until end, for as long as something of it comes. The
// time is given once somebody reads it: by then it is known who has sent it.
type steady struct {
	io.ReadCloser
	control *http.ResponseController
	end     time.Time
}

// Read implements io.Reader.
func (s *steady) Read(b []byte) (int, error) {
	until := time.Now().Add(silence)
	if until.After(s.end) {
		until = s.end
	}
	// Where a deadline cannot be set, in tests, the server's own ones hold.
	_ = errors.Join(s.control.SetReadDeadline(until), s.control.SetWriteDeadline(s.end.Add(pageTime)))
	return s.ReadCloser.Read(b)
}

// arrived are the photos of a posted form, and what was wrong with the first that was
// refused.
type arrived struct {
	photos []chat.Photo
	fault  *chat.Error
}

// parseUpload reads a posted form with photos, one part after the other, and leaves its
// fields in r.PostForm. The photos are kept for who; more than most are refused. A form
// without files may also come as parseForm takes it.
func (w *Web) parseUpload(r *http.Request, who chat.UserID, most int) (arrived, error) {
	var a arrived
	err := eachFile(r, func(part *multipart.Part) error { return w.photoPart(r.Context(), &a, part, who, most) })
	return a, err
}

// eachFile reads a posted form, leaves its fields in r.PostForm, and calls take with each of
// its files as it comes. A form without files may also come as parseForm takes it.
func eachFile(r *http.Request, take func(*multipart.Part) error) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		r.Body = http.MaxBytesReader(nil, r.Body, formBytes)
		return parseForm(r)
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return chat.Errorf(chat.BadText, "The form did not arrive whole. Go back and send it again.")
	}
	r.PostForm = make(url.Values)
	for room := formBytes; ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return whole(err)
		}
		if part.FileName() == "" {
			// An input without a file has no name either, and no bytes.
			value, err := io.ReadAll(io.LimitReader(part, int64(room)+1))
			if err != nil {
				return whole(err)
			}
			if room -= len(value) + len(part.FormName()) + 16; room < 0 {
				return chat.Errorf(chat.TooLarge, "This is more than a form can hold. Shorten it and send it again.")
			}
			r.PostForm.Add(part.FormName(), string(value))
			continue
		}
		if err := take(part); err != nil {
			return err
		}
	}
}

// photoPart takes in one photo. A refusal is noted, and the form goes on.
func (w *Web) photoPart(ctx context.Context, a *arrived, part *multipart.Part, who chat.UserID, most int) error {
	if part.FormName() != "photos" {
		return nil
	}
	if len(a.photos) >= most {
		if a.fault == nil {
			a.fault = chat.FieldError("photos", "A listing can have at most %d photos. The first ones are kept.", chat.MaxPhotos)
		}
		return nil
	}
	p, err := w.uploads.Photo(ctx, who, part)
	if refused, ok := errors.AsType[*chat.Error](err); ok {
		if a.fault == nil {
			a.fault = refused
		}
		return nil
	}
	if err != nil {
		return err
	}
	a.photos = append(a.photos, p)
	return nil
}

// whole says what is wrong with a form that cannot be read to its end.
func whole(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return chat.Errorf(chat.TooLarge, "These are more files than a form can hold. Add them one after the other.")
	}
	return chat.Errorf(chat.BadText, "The form did not arrive whole. Go back and send it again.")
}
