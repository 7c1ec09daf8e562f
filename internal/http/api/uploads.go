package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/live/wire"
)

const (
	filesPath = "/uploads"
	// filePatience is for a request that brings bytes of a file, and has it looked at. What has
	// arrived by then is kept.
	filePatience = 12 * time.Minute
	// lookPatience is what is left of it, when nothing more is read, for having the file looked at.
	lookPatience = 2 * time.Minute
	// silence is how long nothing of such a request may come.
	silence = 30 * time.Second
)

// uploadCalls are the tus protocol 1.0.0 (https://tus.io), and one call to ask what became of an upload.
func (a *API) uploadCalls() {
	a.mux.HandleFunc("OPTIONS "+prefix+filesPath, a.describeUploads)
	handle(a, operation{
		id: "createUpload", route: "POST " + filesPath, summary: "Announce a file for a message, by the tus protocol; its first bytes may come with it",
		status: 201, body: bytesBody(false), patience: filePatience, failures: []int{412, 429},
	}, a.createUpload)
	handle(a, operation{
		id: "getUploadOffset", route: "HEAD " + filesPath + "/{upload}", summary: "How many of its bytes are there", status: 200, failures: []int{412},
	}, a.getUploadOffset)
	handle(a, operation{id: "getUpload", route: "GET " + filesPath + "/{upload}", summary: "What became of an upload of one's own", status: 200}, a.getUpload)
	handle(a, operation{
		id: "writeUpload", route: "PATCH " + filesPath + "/{upload}",
		summary: "Bring bytes of a file, from where it stands; the last one is answered once the file has been looked at",
		status:  204, body: bytesBody(true), patience: filePatience, failures: []int{409, 412, 429},
	}, a.writeUpload)
	handle(a, operation{
		id: "deleteUpload", route: "DELETE " + filesPath + "/{upload}", summary: "Give an upload up that is in no message", status: 204, failures: []int{409, 412},
	}, a.deleteUpload)
}

// upload is the shape of an upload.
type upload struct {
	ID         chat.AttachmentID `json:"id" doc:"Of the attachment that it becomes."`
	Name       string            `json:"name"`
	Length     int64             `json:"length" doc:"Bytes in all."`
	Offset     int64             `json:"offset" doc:"Bytes that are there."`
	ExpiresAt  wire.Time         `json:"expires_at" doc:"Null when it is in a message."`
	Attachment *wire.Attachment  `json:"attachment,omitempty" doc:"Once it is ready to be sent."`
	Problem    *uploadProblem    `json:"problem,omitempty" doc:"Once it was refused for good. While there is neither, ask by an empty PATCH when all bytes are there."`
}

type uploadProblem struct {
	Code   chat.Code `json:"code"`
	Detail string    `json:"detail" doc:"A sentence for people."`
}

type uploadAnswer struct {
	Upload upload `json:"upload"`
}

type uploadOutput struct{ Body uploadAnswer }

type uploadInput struct {
	Upload chat.AttachmentID `path:"upload"`
	Tus    string            `header:"Tus-Resumable" doc:"1.0.0"`
}

type createUploadInput struct {
	Tus      string `header:"Tus-Resumable" doc:"1.0.0"`
	Length   string `header:"Upload-Length" doc:"Bytes in all."`
	Metadata string `header:"Upload-Metadata" doc:"filename, filetype and, for a voice message, kind with the value voice; each with its value in base64, with commas."`
}

type createUploadOutput struct {
	Location string `header:"Location"`
	Offset   string `header:"Upload-Offset"`
	Expires  string `header:"Upload-Expires"`
}

type writeUploadInput struct {
	Upload chat.AttachmentID `path:"upload"`
	Tus    string            `header:"Tus-Resumable" doc:"1.0.0"`
	Offset string            `header:"Upload-Offset" doc:"Where the upload stands."`
}

type writeUploadOutput struct {
	Offset  string `header:"Upload-Offset"`
	Expires string `header:"Upload-Expires"`
}

type uploadOffsetOutput struct {
	Offset   string `header:"Upload-Offset"`
	Length   string `header:"Upload-Length"`
	Metadata string `header:"Upload-Metadata"`
	Expires  string `header:"Upload-Expires"`
}

// describeUploads tells everybody what the server takes; it is no call of the document.
func (a *API) describeUploads(w http.ResponseWriter, _ *http.Request) {
	media := a.Uploads.Media()
	for name, value := range map[string]string{
		"Tus-Resumable": tusVersion, "Tus-Version": tusVersion, "Tus-Extension": "creation,creation-with-upload,termination,expiration",
		"Tus-Max-Size": strconv.FormatInt(max(media.FileBytes, media.ImageBytes), 10), "Allow": "POST, OPTIONS",
	} {
		w.Header().Set(name, value)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *API) createUpload(ctx context.Context, c call, in *createUploadInput) (*createUploadOutput, error) {
	if err := speaks(c, in.Tus); err != nil {
		return nil, err
	}
	length, err := number("Upload-Length", in.Length)
	if err != nil {
		return nil, err
	}
	about, err := parseMetadata(in.Metadata)
	if err != nil {
		return nil, err
	}
	if c.request.ContentLength != 0 && c.request.Header.Get("Content-Type") != offsetType {
		return nil, notBytes()
	}
	who := c.identity.User.ID
	u, err := a.Uploads.Begin(ctx, who, uploads.Begin{Name: about["filename"], Type: about["filetype"], Length: length, Voice: about["kind"] == "voice"})
	if err != nil {
		return nil, err
	}
	id := u.ID
	if c.request.ContentLength != 0 {
		if u, err = a.Uploads.Write(ctx, who, id, 0, newPatient(c)); err != nil {
			if refused := (&chat.Error{Code: chat.CodeOf(err)}); chat.CodeOf(err) != "" && !refused.Retryable() {
				return nil, err
			}
			// It is there, and the rest can be brought.
			if u, err = a.Uploads.Upload(ctx, who, id); err != nil {
				return nil, err
			}
		}
	}
	return &createUploadOutput{prefix + filesPath + "/" + string(id), strconv.FormatInt(u.Offset, 10), expires(u)}, nil
}

func (a *API) writeUpload(ctx context.Context, c call, in *writeUploadInput) (*writeUploadOutput, error) {
	if err := speaks(c, in.Tus); err != nil {
		return nil, err
	}
	if c.request.Header.Get("Content-Type") != offsetType {
		return nil, notBytes()
	}
	offset, err := number("Upload-Offset", in.Offset)
	if err != nil {
		return nil, err
	}
	u, err := a.Uploads.Write(ctx, c.identity.User.ID, in.Upload, offset, newPatient(c))
	if err != nil {
		return nil, err
	}
	return &writeUploadOutput{strconv.FormatInt(u.Offset, 10), expires(u)}, nil
}

func (a *API) getUploadOffset(ctx context.Context, c call, in *uploadInput) (*uploadOffsetOutput, error) {
	if err := speaks(c, in.Tus); err != nil {
		return nil, err
	}
	u, err := a.Uploads.Offset(ctx, c.identity.User.ID, in.Upload)
	if err != nil {
		return nil, err
	}
	return &uploadOffsetOutput{strconv.FormatInt(u.Offset, 10), strconv.FormatInt(u.Length, 10), metadata(u), expires(u)}, nil
}

func (a *API) getUpload(ctx context.Context, c call, in *uploadInput) (*uploadOutput, error) {
	u, err := a.Uploads.Upload(ctx, c.identity.User.ID, in.Upload)
	if err != nil {
		return nil, err
	}
	shape := upload{ID: u.ID, Name: u.Name, Length: u.Length, Offset: u.Offset, ExpiresAt: wire.Time{Time: u.ExpiresAt}}
	if u.Attachment != nil {
		a := wire.AttachmentOf(*u.Attachment)
		shape.Attachment = &a
	}
	if u.Fault != nil {
		_, code := translate(u.Fault.Code)
		shape.Problem = &uploadProblem{code, u.Fault.Detail}
	}
	return &uploadOutput{uploadAnswer{shape}}, nil
}

func (a *API) deleteUpload(ctx context.Context, c call, in *uploadInput) (*none, error) {
	if err := speaks(c, in.Tus); err != nil {
		return nil, err
	}
	return &none{}, a.Uploads.Cancel(ctx, c.identity.User.ID, in.Upload)
}
