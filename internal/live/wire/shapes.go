package wire

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"swapnest/internal/chat"
)

// Time is an instant as the protocol writes it: RFC 3339 in UTC with milliseconds.
// The zero Time is null.
type Time struct{ time.Time }

const timeLayout = "2006-01-02T15:04:05.000Z"

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.UTC().AppendFormat(nil, `"`+timeLayout+`"`), nil
}

// ParseTime reads an RFC 3339 time.
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("parse time: %w", err)
	}
	return t.UTC(), nil
}

// User is a person as others see them.
type User struct {
	ID        chat.UserID `json:"id"`
	Username  string      `json:"username"`
	Name      string      `json:"name"`
	AvatarURL string      `json:"avatar_url" doc:"Empty for a person without a picture."`
	Online    bool        `json:"online"`
	LastSeen  Time        `json:"last_seen" doc:"Null when never, for former members, and when this person or who asks keeps that to themselves; online is false then."`
}

// UserOf returns the shape of a person.
func UserOf(u chat.User) User {
	shape := User{ID: u.ID, Username: u.Username, Name: u.Name}
	if u.ClosedAt.IsZero() && !u.HidesSeen {
		shape.Online, shape.LastSeen = u.Online, Time{u.LastSeen}
	}
	return shape
}

// Participant is a person of a conversation and how far they have come.
type Participant struct {
	User
	Role         chat.Role `json:"role" enum:"buyer,seller"`
	ReadSeq      chat.Seq  `json:"read_seq" doc:"0 for the other person when one of both keeps to themselves how far they have read."`
	DeliveredSeq chat.Seq  `json:"delivered_seq"`
}

// ParticipantsOf returns the shapes of the people of a conversation.
func ParticipantsOf(people []chat.Participant) []Participant {
	shapes := make([]Participant, len(people))
	for i, p := range people {
		shapes[i] = Participant{User: UserOf(p.User), Role: p.Role, ReadSeq: p.ReadSeq, DeliveredSeq: p.DeliveredSeq}
	}
	return shapes
}

// Money is an amount in minor units.
type Money struct {
	Amount   int64  `json:"amount" minimum:"0" doc:"Minor units, such as paise or cents."`
	Currency string `json:"currency" doc:"ISO 4217 code; empty for a listing that is gone."`
}

// Photo is a picture of a listing.
type Photo struct {
	ID       string `json:"id" doc:"What the photo is called by when a listing is changed."`
	URL      string `json:"url"`
	ThumbURL string `json:"thumb_url"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
}

// PhotoOf returns the shape of a photo.
func PhotoOf(p chat.Photo) Photo {
	return Photo{ID: p.Key, URL: MediaURL(p.Key), ThumbURL: MediaURL(p.ThumbKey), Width: p.Width, Height: p.Height}
}

// Listing is a thing for sale.
type Listing struct {
	ID          chat.ListingID     `json:"id"`
	Slug        string             `json:"slug"`
	Title       string             `json:"title"`
	Description string             `json:"description"`
	Price       Money              `json:"price"`
	Category    string             `json:"category" doc:"A slug; empty for a listing that is gone."`
	Condition   chat.Condition     `json:"condition" doc:"One of new, like_new, good, fair and poor; empty for a listing that is gone."`
	Status      chat.ListingStatus `json:"status" enum:"active,reserved,sold,inactive"`
	City        string             `json:"city"`
	Negotiable  bool               `json:"negotiable"`
	Photos      []Photo            `json:"photos" nullable:"false" doc:"The first one is shown in lists, which have no others."`
	Seller      User               `json:"seller"`
	CreatedAt   Time               `json:"created_at" doc:"Null for a listing that is gone."`
	URL         string             `json:"url"`
}

// MediaURL is where the bytes of a blob are served.
func MediaURL(key string) string { return "/media/" + key }

// ListingURL is the page of a listing, or the shop when it is gone.
func ListingURL(l chat.Listing) string {
	if l.Slug == "" {
		return "/shop/"
	}
	return "/product/" + url.PathEscape(l.Slug) + "/"
}

// ConversationURL is the page of a conversation.
func ConversationURL(id chat.ConversationID) string {
	return fmt.Sprintf("/chat/conversation/%d/", id)
}

// ListingOf returns the shape of a listing.
func ListingOf(l chat.Listing) Listing {
	photos := make([]Photo, len(l.Photos))
	for i, p := range l.Photos {
		photos[i] = PhotoOf(p)
	}
	return Listing{
		ID: l.ID, Slug: l.Slug, Title: l.Title, Description: l.Description,
		Price: Money(l.Price), Category: l.Category, Condition: l.Condition, Status: l.Status,
		City: l.City, Negotiable: l.Negotiable, Photos: photos, Seller: UserOf(l.Seller), CreatedAt: Time{l.CreatedAt}, URL: ListingURL(l),
	}
}

// Quote is what an answer shows of the message that it answers, as that is now.
type Quote struct {
	ID         chat.MessageID `json:"message_id"`
	Seq        chat.Seq       `json:"seq"`
	SenderID   chat.UserID    `json:"sender_id"`
	SenderName string         `json:"sender_name"`
	Message    string         `json:"message" doc:"Its first 160 characters; empty once it was deleted."`
	Deleted    bool           `json:"deleted,omitempty" doc:"Its sender has taken it away for everyone."`
}

// Message is what somebody wrote: the message frame without its type.
type Message struct {
	Conversation   chat.ConversationID `json:"conversation_id"`
	ID             chat.MessageID      `json:"message_id"`
	Seq            chat.Seq            `json:"seq"`
	ClientID       string              `json:"client_id"`
	SenderID       chat.UserID         `json:"sender_id"`
	SenderUsername string              `json:"sender_username"`
	SenderName     string              `json:"sender_name"`
	Message        string              `json:"message" doc:"Empty once it was deleted."`
	Timestamp      Time                `json:"timestamp" nullable:"false"`
	IsRead         bool                `json:"is_read" doc:"The other person has read up to here; false when one of both keeps to themselves how far they have read."`
	EditedAt       *Time               `json:"edited_at,omitempty" nullable:"false" doc:"When the text was changed last; absent when it never was."`
	Deleted        bool                `json:"deleted,omitempty" doc:"Its sender has taken it away for everyone."`
	ReplyTo        *Quote              `json:"reply_to,omitempty" nullable:"false" doc:"The message that it answers, as that is now; absent when it answers none, and in the last_message of a conversation."`
	Reactions      []Reaction          `json:"reactions,omitempty" nullable:"false" maxItems:"12" doc:"In the order in which the emoji came up; absent without any, and always in last_message."`
	Attachments    []Attachment        `json:"attachments,omitempty" nullable:"false" maxItems:"30" doc:"In the order in which they were sent; absent without any."`
	Hidden         bool                `json:"hidden,omitempty" doc:"In a replay only: its reader has deleted it for themselves, and it says nothing."`
}

// Reaction is one emoji at a message.
type Reaction struct {
	Emoji   string        `json:"emoji" doc:"In its one form: with U+FE0F behind each part that would be shown as text without it, and nowhere else."`
	Count   int           `json:"count" minimum:"1"`
	UserIDs []chat.UserID `json:"user_ids" nullable:"false" doc:"Who has put it there, in the order in which they did."`
}

// MessageOf returns the shape of a message.
func MessageOf(m chat.Message) Message {
	shape := Message{
		Conversation: m.Conversation, ID: m.ID, Seq: m.Seq, ClientID: m.ClientID,
		SenderID: m.Sender.ID, SenderUsername: m.Sender.Username, SenderName: m.Sender.Name,
		Message: m.Text, Timestamp: Time{m.SentAt}, IsRead: m.Read, Deleted: !m.DeletedAt.IsZero(), Hidden: m.Hidden,
	}
	if !m.EditedAt.IsZero() {
		shape.EditedAt = &Time{m.EditedAt}
	}
	if q := m.ReplyTo; q.ID != 0 {
		shape.ReplyTo = &Quote{ID: q.ID, Seq: q.Seq, SenderID: q.SenderID, SenderName: q.SenderName, Message: q.Text, Deleted: q.Deleted}
	}
	for _, a := range m.Attachments {
		shape.Attachments = append(shape.Attachments, AttachmentOf(a))
	}
	for _, r := range m.Reacted() {
		shape.Reactions = append(shape.Reactions, Reaction{Emoji: r.Emoji, Count: len(r.Users), UserIDs: r.Users})
	}
	return shape
}

// Conversation is a conversation as it stands in a person's list.
type Conversation struct {
	ID           chat.ConversationID `json:"id"`
	Listing      Listing             `json:"listing"`
	Other        User                `json:"other"`
	Role         chat.Role           `json:"role" enum:"buyer,seller"`
	Head         chat.Seq            `json:"head"`
	Unread       int64               `json:"unread"`
	LastMessage  *Message            `json:"last_message" doc:"Null where its reader sees none."`
	LastAt       Time                `json:"last_at" nullable:"false"`
	Closed       bool                `json:"closed"`
	Muted        bool                `json:"muted"`
	MutedUntil   Time                `json:"muted_until" doc:"Null when it has no end, or is not muted."`
	Archived     bool                `json:"archived"`
	Pinned       bool                `json:"pinned"`
	MarkedUnread bool                `json:"marked_unread"`
	ClearedSeq   chat.Seq            `json:"cleared_seq,omitempty" doc:"Its reader has deleted it up to here for themselves, and sees no message there."`
	Cleared      bool                `json:"cleared,omitempty" doc:"Nobody has written since: it is in no list."`
	URL          string              `json:"url"`
}

// ConversationOf returns the shape of a list entry.
func ConversationOf(e chat.Entry) Conversation {
	shape := Conversation{
		ID: e.Conversation.ID, Listing: ListingOf(e.Listing), Other: UserOf(e.Other), Role: e.Role, Head: e.Conversation.Head,
		Unread: e.Unread, LastAt: Time{e.Conversation.LastAt}, Closed: !e.Conversation.ClosedAt.IsZero(),
		Muted: e.Muted, MutedUntil: Time{e.MutedUntil}, Archived: e.Archived, Pinned: e.Pinned, MarkedUnread: e.MarkedUnread,
		ClearedSeq: e.ClearedSeq, Cleared: e.Cleared, URL: ConversationURL(e.Conversation.ID),
	}
	if e.Last != nil {
		m := MessageOf(*e.Last)
		shape.LastMessage = &m
	}
	return shape
}

// Limits are the limits that a client should know.
type Limits struct {
	MessageChars     int `json:"message_chars"`
	FrameBytes       int `json:"frame_bytes"`
	ClientIDChars    int `json:"client_id_chars"`
	Open             int `json:"open"`
	Watched          int `json:"watched"`
	Replay           int `json:"replay"`
	Reactions        int `json:"reactions" doc:"Different emoji at one message."`
	TitleChars       int `json:"title_chars"`
	DescriptionChars int `json:"description_chars"`
	CityChars        int `json:"city_chars"`
	AboutChars       int `json:"about_chars"`
	Photos           int `json:"photos" doc:"Of a listing."`
	PhotoBytes       int `json:"photo_bytes" doc:"Of a picture as it is uploaded."`
	PhotoPixels      int `json:"photo_pixels"`
	UsernameChars    int `json:"username_chars"`
	NameChars        int `json:"name_chars"`
	PasswordChars    int `json:"password_chars_least"`
	ImageBytes       int `json:"image_bytes" doc:"Of a picture that is attached, as it is uploaded."`
	AttachmentBytes  int `json:"attachment_bytes" doc:"Of any other file."`
	Attachments      int `json:"attachments" doc:"Of a message."`
	DailyUploadBytes int `json:"daily_upload_bytes" doc:"Of all that somebody may upload within 24 hours."`
	VoiceMS          int `json:"voice_ms" doc:"Of a voice message."`
}

// AllLimits returns the limits in force, those of what people attach among them.
func AllLimits(media chat.Media) Limits {
	return Limits{
		MessageChars: chat.MaxMessageChars, FrameBytes: chat.MaxFrameBytes, ClientIDChars: chat.MaxClientIDChars,
		Open: chat.MaxOpen, Watched: chat.MaxWatched, Replay: chat.MaxReplay, Reactions: chat.MaxReactions,
		TitleChars: chat.MaxTitleChars, DescriptionChars: chat.MaxDescriptionChars, CityChars: chat.MaxCityChars,
		AboutChars: chat.MaxAboutChars, Photos: chat.MaxPhotos, PhotoBytes: chat.MaxPhotoBytes, PhotoPixels: chat.MaxPhotoPixels,
		UsernameChars: chat.MaxUsernameChars,
		NameChars:     chat.MaxNameChars, PasswordChars: chat.MinPasswordChars,
		ImageBytes: int(media.ImageBytes), AttachmentBytes: int(media.FileBytes), Attachments: media.PerMessage,
		DailyUploadBytes: int(media.DailyBytes), VoiceMS: int(media.VoiceLength.Milliseconds()),
	}
}

// encode returns the JSON of a frame. Frames are structs of strings, numbers and
// the shapes above, which always encode; a failure is a mistake in this package.
func encode(frame any) []byte {
	data, err := json.Marshal(frame)
	if err != nil {
		panic("wire: " + err.Error())
	}
	return data
}
