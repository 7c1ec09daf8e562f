package web

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/live/wire"
)

// The browser's module is held against the same file: an entry of the list, or a bubble, must
// not change when the script draws it.
func TestWhatIsSaidOfAttachments(t *testing.T) {
	data, err := os.ReadFile("testdata/attachments.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases struct {
		Summaries []struct {
			Message     string
			Attachments []wire.Attachment
			Summary     string
		}
		Files []struct {
			Name, Type, Icon, Facts string
			Size                    int64
		}
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases.Summaries) < 10 || len(cases.Files) < 10 {
		t.Fatalf("got %d summaries and %d files", len(cases.Summaries), len(cases.Files))
	}
	for _, c := range cases.Summaries {
		m := chat.Message{Text: c.Message}
		for _, a := range c.Attachments {
			m.Attachments = append(m.Attachments, chat.Attachment{Kind: a.Kind, Name: a.Name, Duration: time.Duration(a.DurationMS) * time.Millisecond})
		}
		if got := m.Summary(); got != c.Summary {
			t.Errorf("%+v: got %q, want %q", m, got, c.Summary)
		}
	}
	page := drawTalk(t, nil)
	for _, c := range cases.Files {
		file := carried{Attachment: chat.Attachment{Name: c.Name, Type: c.Type, Size: c.Size}}
		if got := fileIcon(file); got != c.Icon {
			t.Errorf("%s of %s: got the icon %q, want %q", c.Name, c.Type, got, c.Icon)
		}
		contains(t, page, `<symbol id="i-`+c.Icon+`"`)
		if got := fileFacts(file); got != c.Facts {
			t.Errorf("%s of %s, %d bytes: got %q, want %q", c.Name, c.Type, c.Size, got, c.Facts)
		}
	}
}

// carrying is a message with attachments of these kinds, and a text.
func carrying(seq chat.Seq, who chat.User, text string, kinds ...chat.AttachmentKind) chat.Message {
	m := words(seq, who, text, int(20-seq))
	for i, kind := range kinds {
		letter := string(rune('a' + i))
		a := chat.Attachment{ID: chat.AttachmentID(strings.Repeat(letter, 26)), Kind: kind, Size: 188416}
		switch kind {
		case chat.ImageAttachment:
			a.Name, a.Type, a.Width, a.Height, a.Animated = letter+".jpg", "image/jpeg", 1200, 900, i == 1
		case chat.VoiceAttachment:
			a.Name, a.Type, a.Duration = "voice.ogg", "audio/ogg", 24*time.Second
		default:
			a.Name, a.Type = `Invoice "7" <b>.pdf`, "application/pdf"
		}
		m.Attachments = append(m.Attachments, a)
	}
	return m
}

// bubblesOf returns the markup of each message of a page.
func bubblesOf(page string) []string {
	list, _, _ := strings.Cut(page, `<template id="message-template">`)
	all := strings.Split(list, `<li class="message"`)
	return all[1:]
}

func TestABubbleShowsWhatItsMessageCarries(t *testing.T) {
	const image, voice, file = chat.ImageAttachment, chat.VoiceAttachment, chat.FileAttachment
	answer := carrying(4, aarav.User, "", file)
	answer.ReplyTo = chat.Quote{ID: 101, Seq: 1, SenderID: meera.ID, SenderName: meera.Name, Text: "2 photos"}
	gone := carrying(5, aarav.User, "", image)
	gone.DeletedAt = gone.SentAt.Add(time.Minute)
	page := drawTalk(t, func(_ *inbox.Details, p *messaging.MessagesPage, _ *composer) {
		p.Messages = []chat.Message{
			carrying(1, meera, "", image, image), carrying(2, meera, "👍", image, file), carrying(3, aarav.User, "", voice), answer, gone, words(6, meera, "👍", 1),
		}
	})
	all := bubblesOf(page)
	if len(all) != 6 {
		t.Fatalf("got %d bubbles", len(all))
	}
	contains(t, all[0], ` data-kind="image">`, `<div class="pictures" data-count="2"><a href="/attachments/aaaaaaaaaaaaaaaaaaaaaaaaaa" tabindex="-1" data-attachment="aaaaaaaaaaaaaaaaaaaaaaaaaa" data-kind="image" data-name="a.jpg"><img src="/attachments/aaaaaaaaaaaaaaaaaaaaaaaaaa/thumb" alt="Photo: a.jpg" width="1200" height="900" loading="lazy" decoding="async"></a>`,
		`data-name="b.jpg" data-animated>`, `</div><span class="meta">`)
	lacks(t, all[0], `class="text"`)
	contains(t, all[1], ` data-kind="image">`, `data-count="1"`, `</span></a><p class="text" dir="auto">👍<span class="meta">`)
	contains(t, all[2], ` data-kind="voice">`, `data-duration="24000">`, `src="/attachments/aaaaaaaaaaaaaaaaaaaaaaaaaa"`, `</div><span class="meta">`)
	contains(t, all[3], ` data-kind="file">`, `2 photos</span></a><a class="attachment" href="/attachments/aaaaaaaaaaaaaaaaaaaaaaaaaa" download="Invoice &#34;7&#34; &lt;b&gt;.pdf"`,
		`<use href="#i-pdf"/>`, `<span class="attachment-name" dir="auto">Invoice &#34;7&#34; &lt;b&gt;.pdf</span> <span class="attachment-facts">PDF · 184 KB</span>`)
	lacks(t, all[3], `class="text"`)
	contains(t, all[4], chat.DeletedText+`<span class="meta">`)
	lacks(t, all[4], "data-kind", "pictures", "attachment")
	contains(t, all[5], `data-size="jumbo"`)
}

func TestOnlyPagesWithAttachmentsLoadTheirStyle(t *testing.T) {
	all := bubbles(aarav.User.ID, []chat.Message{carrying(1, meera, "", chat.FileAttachment)}, 1, chat.Participant{User: meera})
	if !carry(all) {
		t.Error("a file needs no style")
	}
	gone := carrying(1, meera, "", chat.FileAttachment)
	gone.DeletedAt = today
	if carry(bubbles(aarav.User.ID, []chat.Message{words(1, meera, "a", 2), gone}, 1, chat.Participant{User: meera})) {
		t.Error("words and a deleted message need the style of attachments")
	}
}

func TestListsSayWhatAMessageWithoutWordsCarries(t *testing.T) {
	m := carrying(9, meera, "", chat.ImageAttachment, chat.ImageAttachment, chat.ImageAttachment)
	contains(t, drawInbox(t, inbox.All, inbox.Page{Entries: []chat.Entry{talkEntry(m, 1)}}), `<bdi>3 photos</bdi>`)
	file := carrying(9, meera, "", chat.FileAttachment)
	contains(t, drawInbox(t, inbox.All, inbox.Page{Entries: []chat.Entry{talkEntry(file, 1)}}), `<bdi>Invoice &#34;7&#34; &lt;b&gt;.pdf</bdi>`)
}
