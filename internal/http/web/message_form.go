package web

import (
	"cmp"
	"context"
	"errors"
	"mime/multipart"
	"net/http"
	"slices"

	"swapnest/internal/chat"
	"swapnest/internal/feature/uploads"
)

// messagePost is page for the form of a message, which may carry files.
func (w *Web) messagePost(h handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		media := w.uploads.Media()
		w.carrying(h, int64(media.PerMessage)*(max(media.FileBytes, media.ImageBytes)+4<<10)+formBytes).ServeHTTP(rw, r)
	})
}

// parseMessageForm reads the posted form of a message, leaves its fields in r.PostForm, and takes
// in the files of its field "files", one after the other, for who: they are ready to be sent. What
// was wrong with the first that was refused is fault; the others are there all the same, but for
// those behind one that is to be tried again, which nobody looks at. More files than a message can have
// are refused so. A form without files may also come as parseForm takes it.
func (w *Web) parseMessageForm(r *http.Request, who chat.UserID) (files []chat.AttachmentID, fault *chat.Error, err error) {
	most := w.uploads.Media().PerMessage
	err = eachFile(r, func(part *multipart.Part) error {
		if part.FormName() != "files" || fault != nil && fault.Retryable() {
			return nil
		}
		if len(files) >= most {
			fault = cmp.Or(fault, tooMany(most))
			return nil
		}
		a, err := w.uploads.Add(r.Context(), who, uploads.Begin{Name: part.FileName(), Type: part.Header.Get("Content-Type")}, part)
		if refused, ok := errors.AsType[*chat.Error](err); ok {
			if fault == nil {
				fault = refused
			}
			return nil
		}
		if err != nil {
			return err
		}
		files = append(files, a.ID)
		return nil
	})
	return files, fault, err
}

func tooMany(most int) *chat.Error {
	return chat.FieldError("attachments", "A message can have at most %d files. The first ones are kept.", most)
}

// withKept adds the files that have come before with a form, by the ids that it says, to those
// that came with it now: each once, and no more than a message can have. What is wrong is fault,
// unless something was wrong before.
func (w *Web) withKept(files []chat.AttachmentID, ids []string, fault *chat.Error) ([]chat.AttachmentID, *chat.Error) {
	most := w.uploads.Media().PerMessage
	for _, said := range ids {
		id := chat.AttachmentID(said)
		if slices.Contains(files, id) {
			continue
		}
		if len(files) >= most {
			return files, cmp.Or(fault, tooMany(most))
		}
		files = append(files, id)
	}
	return files, fault
}

// keptFile is a file that has come with a form that was refused: it comes again with the next one.
type keptFile struct {
	ID   chat.AttachmentID
	Name string
}

// keptFiles are those of some uploads that can be sent. What is not there any more is left out.
func (w *Web) keptFiles(ctx context.Context, who chat.UserID, ids []chat.AttachmentID) []keptFile {
	var kept []keptFile
	for _, id := range ids {
		if u, err := w.uploads.Upload(ctx, who, id); err == nil && u.Attachment != nil {
			kept = append(kept, keptFile{ID: id, Name: u.Attachment.Name})
		}
	}
	return kept
}
