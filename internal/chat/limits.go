package chat

import "time"

// Every limit of the product stands here; the API shows the ones that a client needs.
const (
	MaxMessageChars     = 4000 // Unicode code points of a message, after trimming
	MaxFrameBytes       = 64 << 10
	MaxClientIDChars    = 64
	MinUsernameChars    = 3
	MaxUsernameChars    = 30
	MaxNameChars        = 60
	MaxEmailChars       = 254
	MinPasswordChars    = 8
	MaxPasswordBytes    = 256
	MaxTitleChars       = 120
	MaxDescriptionChars = 5000
	MaxCityChars        = 80
	MaxAboutChars       = 500
	MaxPhotos           = 8        // of a listing
	MaxPhotoBytes       = 15 << 20 // of a picture as it is uploaded
	MaxWishes           = 500
	MaxSavedReplies     = 50 // of a person
	MaxReplyTitle       = 60 // characters of what a saved reply is called
	MaxUploads          = 40 // of a person, that are in no listing
	MaxPhotoPixels      = 64_000_000
	MaxPrice            = 1_000_000_000_000 // minor units
	MaxQueryChars       = 100
	MaxQueryWords       = 8    // of a search for things that are looked for; the rest is left out
	MaxQueryWordChars   = 40   // of each of them, and of a place, folded; likewise
	MaxSearchKeyChars   = 8000 // of the title and description of a listing, folded, in which words are looked for
	MaxWatched          = 100
	MaxOpen             = 20   // conversations open on one socket
	MaxPinned           = 10   // conversations that somebody keeps on top
	MaxHidden           = 5000 // messages of a conversation that somebody has deleted for themselves
	MaxHiddenTold       = 500  // messages that somebody has deleted for themselves, told of a conversation
	MaxReplay           = 1000 // events that a resume sends before it says reset
	MaxReactions        = 12   // different emoji at one message
	MaxEmojiBytes       = 64   // of a reaction; the longest emoji there is takes 35
	MaxFileName         = 120  // characters of what a file is called
	MaxPushDevices      = 20   // of a person; the oldest goes when there is one more
	MaxAttached         = 30   // attachments of a message that whoever runs the site may allow
	WaveformBars        = 48   // of a voice message

	QuoteChars          = 160 // of a message that an answer to it shows
	NoticeChars         = 140 // of a message that a notice shows
	NoticePage          = 20
	MaxNoticePage       = 100
	MessagePage         = 50
	MaxMessagePage      = 200
	ConversationPage    = 20
	MaxConversationPage = 100
	ListingPage         = 12
	MaxListingPage      = 60
	MailsPerDay         = 20 // of what is unread, to one person, unless the operator says otherwise

	Heartbeat       = 30 * time.Second // a client that heard nothing for so long sends ping
	TypingExpires   = 6 * time.Second
	EditWindow      = 15 * time.Minute     // of a message, for its sender to edit or delete it
	VersionLife     = 180 * 24 * time.Hour // then an earlier text of a message is deleted
	OfflineAfter    = 10 * time.Second
	TicketLife      = 30 * time.Second
	MailDelay       = 10 * time.Minute     // that something is unread before it is mailed, unless the operator says otherwise
	MaxMute         = 365 * 24 * time.Hour // of a conversation that is muted for a time
	MaxPause        = 366 * 24 * time.Hour // of all that leaves the site
	UploadLife      = 24 * time.Hour       // of a photo that no listing has taken up, and of a file that is in no message
	MaxVoice        = 5 * time.Minute      // of a voice message
	NoticeLife      = 180 * 24 * time.Hour // then a notice is deleted, read or not
	AuditLife       = 180 * 24 * time.Hour // then an entry of the audit log is deleted
	VerifyLife      = 7 * 24 * time.Hour   // of a link that shows whose an address is
	ResetLife       = 30 * time.Minute     // of a link that sets a password
	BrowserLife     = 365 * 24 * time.Hour // then a browser in which nobody has signed in meanwhile is forgotten
	SessionLife     = 7 * 24 * time.Hour   // sliding
	SessionLifeMost = 30 * 24 * time.Hour
)
