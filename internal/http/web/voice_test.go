package web

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"swapnest/internal/chat"
)

// voiceCase is a voice message and its markup. e2e/voice.spec.js holds that of the script against
// that of the server on a page.
type voiceCase struct {
	URL      string `json:"url"`
	Duration int64  `json:"duration_ms"`
	Waveform []int  `json:"waveform"`
	HTML     string `json:"html"`
}

func drawVoice(t *testing.T, url string, duration time.Duration, levels []int) string {
	t.Helper()
	var b bytes.Buffer
	view := struct {
		chat.Attachment
		URL string
	}{chat.Attachment{Duration: duration, Waveform: levels}, url}
	if err := newWeb(t).pages["conversation"].ExecuteTemplate(&b, "voice", view); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAVoiceMessageIsDrawnAsTheScriptDrawsIt(t *testing.T) {
	raw, err := os.ReadFile("testdata/voice.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []voiceCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 3 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		got := drawVoice(t, c.URL, time.Duration(c.Duration)*time.Millisecond, c.Waveform)
		if got != c.HTML {
			t.Errorf("got  %s\nwant %s", got, c.HTML)
		}
	}
}

func TestAPageWithAVoiceMessageIsStyledAtOnce(t *testing.T) {
	spoken := words(1, meera, "", 5)
	spoken.Attachments = []chat.Attachment{{Kind: chat.ImageAttachment}, {Kind: chat.VoiceAttachment}}
	if speaks([]chat.Message{words(1, meera, "Hi", 5)}) || !speaks([]chat.Message{words(1, meera, "Hi", 5), spoken}) {
		t.Error("a page knows not whether somebody speaks on it")
	}
}
