package wire

import "swapnest/internal/chat"

// Attachment is a file that goes with a message.
type Attachment struct {
	ID         chat.AttachmentID   `json:"id" doc:"Unguessable."`
	Kind       chat.AttachmentKind `json:"kind" enum:"image,voice,file"`
	Name       string              `json:"name"`
	Type       string              `json:"type" doc:"The media type that it is served as."`
	Size       int64               `json:"size" doc:"Bytes of what is at url."`
	URL        string              `json:"url" doc:"Its bytes, for both people of the conversation alone."`
	ThumbURL   string              `json:"thumb_url,omitempty" doc:"Of an image: the same in a small size."`
	Width      int                 `json:"width,omitempty" doc:"Of an image, in pixels."`
	Height     int                 `json:"height,omitempty"`
	Animated   bool                `json:"animated,omitempty" doc:"An image that moves."`
	DurationMS int64               `json:"duration_ms,omitempty" doc:"Of a voice message."`
	Waveform   []int               `json:"waveform,omitempty" nullable:"false" maxItems:"48" doc:"Of a voice message: how loud it is from its beginning to its end, 0 to 100."`
}

// AttachmentURL is where the bytes of an attachment are.
func AttachmentURL(id chat.AttachmentID) string { return "/attachments/" + string(id) }

// ThumbURL is where a picture is in a small size.
func ThumbURL(id chat.AttachmentID) string { return AttachmentURL(id) + "/thumb" }

// AttachmentOf returns the shape of an attachment.
func AttachmentOf(a chat.Attachment) Attachment {
	shape := Attachment{
		ID: a.ID, Kind: a.Kind, Name: a.Name, Type: a.Type, Size: a.Size, URL: AttachmentURL(a.ID),
		Width: a.Width, Height: a.Height, Animated: a.Animated, DurationMS: a.Duration.Milliseconds(), Waveform: a.Waveform,
	}
	if a.Kind == chat.ImageAttachment {
		shape.ThumbURL = ThumbURL(a.ID)
	}
	return shape
}
