package corpus

import (
	"bytes"
	"encoding/binary"
	"io/fs"
)

// Voices are sent as voice messages. They are made of recordings: those of the folder testdata of
// internal/voice.
func Voices(recordings fs.FS) []File {
	sample := func(name string) []byte {
		data, err := fs.ReadFile(recordings, name)
		must(err)
		return data
	}
	webm, ogg, mp4 := sample("tags.webm"), sample("tags.ogg"), sample("tags.m4a")
	planted := []string{"PLANTED", "+18.5204", "73.8567", "Lavf", "Lavc"}
	page := "<!doctype html>" + Script
	zip := zipOf("a.html")
	all := []File{
		{What: "a recording of Chromium", Name: "voice-message.webm", Type: "audio/webm;codecs=opus", Data: sample("chromium.webm"), Gone: []string{"Chrome"}},
		{What: "a recording of Chromium in MP4", Name: "voice-message.m4a", Type: "audio/mp4", Data: sample("chromium.mp4"), Gone: []string{"SoundHandler"}},
		{What: "WebM with a place and a device in its tags", Name: "voice-message.webm", Type: "audio/webm", Data: webm, Gone: planted},
		{What: "Ogg with a place and a device in its tags", Name: "voice-message.ogg", Type: "audio/ogg", Data: ogg, Gone: planted},
		{What: "MP4 with a place and a device in its tags", Name: "voice-message.m4a", Type: "audio/mp4", Data: mp4, Gone: append([]string{"udta", "ilst"}, planted...)},
		{What: "MP4 in fragments with a title", Name: "voice-message.m4a", Type: "audio/mp4", Data: sample("fragments.m4a"), Gone: []string{"PLANTED", "Lavf", "udta"}},
		{What: "WebM with a place where packets are filled up", Name: "voice-message.webm", Type: "audio/webm", Data: silence(50, filled(Place)), Gone: []string{Place}},
		{What: "WebM with an archive behind it", Name: "voice-message.webm", Type: "audio/webm", Data: join(webm, zip), Gone: []string{archive}},
		{What: "Ogg with an archive behind it", Name: "voice-message.ogg", Type: "audio/ogg", Data: join(ogg, zip), Gone: []string{archive}},
		{What: "MP4 with an archive behind it", Name: "voice-message.m4a", Type: "audio/mp4", Data: join(mp4, zip), Gone: []string{archive}},
		{What: "WebM that is called Ogg", Name: "voice-message.ogg", Type: "audio/ogg", Data: webm, Gone: planted},
		{What: "a recording that is called a page", Name: "a.html", Type: "text/html", Data: ogg, Gone: planted},
		{What: "a recording that is called a program", Name: "a.exe", Type: "audio/webm", Data: webm},
		{What: "WebM that is cut off", Name: "voice-message.webm", Type: "audio/webm", Data: sample("chromium-live.webm")[:3000]},
		{What: "Ogg that is cut off", Name: "voice-message.ogg", Type: "audio/ogg", Data: ogg[:3000]},
		{What: "MP4 that is cut off", Name: "voice-message.m4a", Type: "audio/mp4", Data: mp4[:3000]},
		{What: "MP3 that is called WebM", Name: "voice-message.webm", Type: "audio/webm", Data: sample("voice.mp3")},
		{What: "a page that is called Ogg", Name: "voice-message.ogg", Type: "audio/ogg", Data: []byte(page)},
		{What: "`OggS` and a page", Name: "voice-message.ogg", Type: "audio/ogg", Data: []byte("OggS" + page)},
		{What: "Ogg with Vorbis in it", Name: "voice-message.ogg", Type: "audio/ogg", Data: sample("vorbis.ogg")},
		{What: "two recordings one behind the other", Name: "voice-message.ogg", Type: "audio/ogg", Data: join(ogg, ogg)},
		{What: "a film in WebM", Name: "voice-message.webm", Type: "audio/webm", Data: sample("film.webm")},
		{What: "a film in MP4", Name: "voice-message.m4a", Type: "audio/mp4", Data: sample("film.mp4")},
		{What: "a recording of six minutes", Name: "voice-message.webm", Type: "audio/webm", Data: silence(6*60*50, silent)},
		{What: "a recording of nothing", Name: "voice-message.webm", Type: "audio/webm", Data: silence(0, "")},
		{What: "WebM of a million packets without a byte", Name: "voice-message.webm", Type: "audio/webm", Data: silence(1_000_000, "")},
		{What: "MP4 that says it has four billion packets", Name: "voice-message.m4a", Type: "audio/mp4", Data: packets(mp4, 0xffffffff)},
		{What: "a program for Windows", Name: "voice-message.webm", Type: "audio/webm", Data: []byte(windows)},
		{What: "a program for Linux", Name: "voice-message.ogg", Type: "audio/ogg", Data: []byte(linux)},
		{What: "a photo", Name: "voice-message.webm", Type: "audio/webm", Data: jpegWith(photo())},
		{What: "no bytes", Name: "voice-message.webm", Type: "audio/webm"},
	}
	for i := range all {
		all[i].Voice = true
	}
	return all
}

// silent is a packet of Opus of 20 ms in which one hears nothing.
const silent = "\xf8\xff\xfe"

// filled is a packet of three frames of silence that is filled up with a text (RFC 6716, 3.2.5).
func filled(text string) string {
	return string([]byte{0xfb, 0x41, byte(len(text)), 0xff, 0xfe}) + text
}

// silence is WebM with so many times one packet, in blocks and a cluster of unknown size.
func silence(n int, packet string) []byte {
	const unknown = "\x01\xff\xff\xff\xff\xff\xff\xff"
	track := join(element("\xd7", "\x01"), element("\x83", "\x02"), element("\x86", "A_OPUS"),
		element("\x63\xa2", "OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"))
	return join(element("\x1a\x45\xdf\xa3", string(element("\x42\x82", "webm"))), []byte("\x18\x53\x80\x67"+unknown),
		element("\x16\x54\xae\x6b", string(element("\xae", string(track)))), []byte("\x1f\x43\xb6\x75"+unknown),
		bytes.Repeat(element("\xa3", "\x81\x00\x00\x80"+packet), n))
}

// element is one of EBML, of less than 16 KiB.
func element(id, data string) []byte {
	return append(append([]byte(id), 0x40|byte(len(data)>>8), byte(len(data))), data...)
}

// packets changes how many packets an MP4 says it has.
func packets(mp4 []byte, n uint32) []byte {
	const table, head = "stsz", 12 // its name, version and one size for all
	at := bytes.Index(mp4, []byte(table)) + head
	return join(mp4[:at], binary.BigEndian.AppendUint32(nil, n), mp4[at+4:])
}
