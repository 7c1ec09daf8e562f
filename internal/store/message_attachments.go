package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"swapnest/internal/chat"
)

// attached is an attachment as message.attachments holds it, in a JSON array. What a sent attachment is
// never changes, so a message is read without its rows.
type attached struct {
	ID       chat.AttachmentID   `json:"id"`
	Kind     chat.AttachmentKind `json:"kind"`
	Name     string              `json:"name"`
	Type     string              `json:"type"`
	Size     int64               `json:"size"`
	Width    int                 `json:"width,omitempty"`
	Height   int                 `json:"height,omitempty"`
	Animated bool                `json:"animated,omitempty"`
	Duration int64               `json:"ms,omitempty"`
	Waveform []int               `json:"waveform,omitempty"`
}

// attachmentsText is what message.attachments holds of attachments: "" for none.
func attachmentsText(all []chat.Attachment) (string, error) {
	if len(all) == 0 {
		return "", nil
	}
	rows := make([]attached, len(all))
	for i, a := range all {
		rows[i] = attached{a.ID, a.Kind, a.Name, a.Type, a.Size, a.Width, a.Height, a.Animated, a.Duration.Milliseconds(), a.Waveform}
	}
	data, err := json.Marshal(rows)
	if err != nil {
		return "", fmt.Errorf("encode attachments: %w", err)
	}
	return string(data), nil
}

// attachmentsInto scans message.attachments.
type attachmentsInto struct{ to *[]chat.Attachment }

// Scan implements sql.Scanner.
func (a attachmentsInto) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("read attachments: they are %T", value)
	}
	*a.to = nil
	if text == "" {
		return nil
	}
	var rows []attached
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return fmt.Errorf("read attachments: %w", err)
	}
	for _, r := range rows {
		*a.to = append(*a.to, chat.Attachment{
			ID: r.ID, Kind: r.Kind, Name: r.Name, Type: r.Type, Size: r.Size, Width: r.Width, Height: r.Height, Animated: r.Animated,
			Duration: time.Duration(r.Duration) * time.Millisecond, Waveform: r.Waveform,
		})
	}
	return nil
}

// textlessInto scans the attachments of a message that has no text, behind the text of a quote of it:
// the quote is then of what stands for them.
type textlessInto struct{ quote *chat.Quote }

// Scan implements sql.Scanner.
func (t textlessInto) Scan(value any) error {
	var m chat.Message
	if err := (attachmentsInto{&m.Attachments}).Scan(value); err != nil {
		return err
	}
	if len(m.Attachments) > 0 {
		t.quote.Text = m.Quote().Text
	}
	return nil
}

// attachmentColumns are what a message shows of a row of the table attachment.
const attachmentColumns = `a.id, a.kind, a.name, a.type, a.size, a.width, a.height, a.animated, a.duration_ms, a.waveform`

// attachmentFields take attachmentColumns.
func attachmentFields(a *chat.Attachment) []any {
	return []any{&a.ID, &a.Kind, &a.Name, &a.Type, &a.Size, &a.Width, &a.Height, &a.Animated, millisInto{&a.Duration}, waveformInto{&a.Waveform}}
}

// millisInto scans a duration.
type millisInto struct{ to *time.Duration }

// Scan implements sql.Scanner.
func (m millisInto) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("read a duration: it is %T", value)
	}
	*m.to = time.Duration(n) * time.Millisecond
	return nil
}

// waveformInto scans the levels of a voice message, which have commas between them.
type waveformInto struct{ to *[]int }

// Scan implements sql.Scanner.
func (w waveformInto) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("read a waveform: it is %T", value)
	}
	*w.to = nil
	if text == "" {
		return nil
	}
	for one := range strings.SplitSeq(text, ",") {
		level, err := strconv.Atoi(one)
		if err != nil {
			return fmt.Errorf("read a waveform: %w", err)
		}
		*w.to = append(*w.to, level)
	}
	return nil
}
