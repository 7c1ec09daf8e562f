package demo

import (
	"bytes"
	"embed"
	"fmt"
	"image/jpeg"
	"path"
	"strings"
)

// enclosed is a file that somebody sends with a message.
type enclosed struct {
	Name, Type string
	Data       []byte
	Voice      bool
}

// sounds are voice messages. A bicycle's bell: three tones that die away, computed with ffmpeg's
// aevalsrc and encoded as Opus.
//
//go:embed sounds/*.webm
var sounds embed.FS

// papers are the documents that people send, by their names: the first line is large.
var papers = map[string][]string{
	"Bill Hero Sprint 2023.pdf": {
		"Kulkarni Cycles, Aundh, Pune",
		"Bill no. 2023/0417, 11 March 2023",
		"1 Hero Sprint, 21 gears, green. Frame no. HS21-883019",
		"1 basket, 1 pump, 1 lock with two keys",
		"Paid in full, Rs. 14,250. One year on the frame.",
	},
}

// Photos that people send are larger than the drawings of listings.
const (
	photoWidth, photoHeight = 800, 600
	photoQuality            = 85 // of JPEG
)

// enclose makes the file that a talk names: a drawing as a photo (.jpg), one of the papers (.pdf) or a
// voice message (.webm).
// The same name always gives the same bytes.
func enclose(name string) (enclosed, error) {
	switch path.Ext(name) {
	case ".jpg":
		data, err := photograph(strings.TrimSuffix(name, ".jpg"))
		return enclosed{Name: name, Type: "image/jpeg", Data: data}, err
	case ".webm":
		data, err := sounds.ReadFile("sounds/" + name)
		return enclosed{Name: name, Type: "audio/webm", Data: data, Voice: true}, err
	case ".pdf":
		lines, ok := papers[name]
		if !ok {
			return enclosed{}, fmt.Errorf("there is no paper %q", name)
		}
		return enclosed{Name: name, Type: "application/pdf", Data: typeset(lines)}, nil
	}
	return enclosed{}, fmt.Errorf("nobody knows how to make %q", name)
}

// photograph makes a photo of a drawing.
func photograph(name string) ([]byte, error) {
	svg, err := picture{name: name}.draw()
	if err != nil {
		return nil, fmt.Errorf("there is no drawing %q: %w", name, err)
	}
	photo, err := paint(svg, photoWidth, photoHeight)
	if err != nil {
		return nil, fmt.Errorf("paint %s: %w", name, err)
	}
	var b bytes.Buffer
	err = jpeg.Encode(&b, photo, &jpeg.Options{Quality: photoQuality})
	return b.Bytes(), err
}

// typeset makes a document of one page in PDF 1.4 (ISO 32000-1): lines in ASCII, in a font that
// every reader has.
func typeset(lines []string) []byte {
	var text strings.Builder
	text.WriteString("BT /F1 20 Tf 56 770 Td 24 TL\n")
	escape := strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`)
	for i, l := range lines {
		fmt.Fprintf(&text, "(%s) Tj T*\n", escape.Replace(l))
		if i == 0 {
			text.WriteString("/F1 12 Tf T*\n")
		}
	}
	text.WriteString("ET\n")
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%sendstream", text.Len(), text.String()),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	places := make([]int, len(objects))
	for i, one := range objects {
		places[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, one)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range places {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return b.Bytes()
}
