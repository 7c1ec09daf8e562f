package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

const (
	photoPath = "/photos"
	// photoPatience is for a photo over a slow line.
	photoPatience = 3 * time.Minute
)

// pictureKinds are what a photo may be declared as. What it is, decoding tells.
var pictureKinds = []string{"image/jpeg", "image/png", "image/webp", "image/gif"}

// pictureBody describes a body that is a picture.
func pictureBody() *huma.RequestBody {
	body := &huma.RequestBody{Required: true, Description: "At most 15 MiB and 64 megapixels.", Content: map[string]*huma.MediaType{}}
	for _, kind := range pictureKinds {
		body.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return body
}

// photoAnswer holds a photo.
type photoAnswer struct {
	Photo wire.Photo `json:"photo"`
}

type photoOutput struct{ Body photoAnswer }

// uploadPhoto answers POST /photos. Requiring the type of a picture keeps forms of other
// sites out: they cannot send one unasked.
func (a *API) uploadPhoto(ctx context.Context, c call, _ *none) (*photoOutput, error) {
	kind, _, _ := strings.Cut(c.request.Header.Get("Content-Type"), ";")
	if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(kind)), "image/") {
		return nil, chat.Errorf(chat.UnsupportedMedia, "The body must be a picture: send it with its own Content-Type, such as image/jpeg.")
	}
	body := http.MaxBytesReader(c.answer, c.request.Body, chat.MaxPhotoBytes+1)
	p, err := a.Uploads.Photo(ctx, c.identity.User.ID, body)
	if err != nil {
		return nil, err
	}
	return &photoOutput{photoAnswer{wire.PhotoOf(p)}}, nil
}
