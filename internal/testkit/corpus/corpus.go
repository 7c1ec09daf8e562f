// Package corpus makes files that people ought not to send, and some that they do: pictures that
// are pages or archives too, that tell where they were taken, that are broken, that unpack to
// gigabytes; programs under other names; recordings that are none. docs/uploads.md says what
// becomes of each.
package corpus

import "slices"

// File is one of them.
type File struct {
	What string // it is, as docs/uploads.md calls it
	Name string // that it is uploaded under
	Type string // that the browser says it has
	Data []byte
	// Gone is what it holds, and a picture or a voice message that is made of it may not.
	Gone  []string
	Voice bool // it is sent as a voice message
}

// Place is where a photo of the corpus was taken, as its metadata says.
const Place = "GPS 18.5204 N 73.8567 E"

// Script is what must not run anywhere.
const Script = "<script>alert(document.domain)</script>"

// archive is what a ZIP archive begins with.
const archive = "PK\x03\x04"

// Files are those that are no bombs and no recordings. Who adds one says in docs/uploads.md what
// becomes of it.
func Files() []File {
	return slices.Concat(pictures(), polyglots(), broken(), documents(), programs())
}

func pictures() []File {
	return []File{
		{What: "a photo of a phone, turned, with the place", Name: "IMG_0001.JPG", Type: "image/jpeg", Data: jpegWith(photo(), app1("Exif\x00\x00"+tiff(6)), app1("http://ns.adobe.com/xap/1.0/\x00XMP "+Place), comment("Photographer")), Gone: []string{Place, "Exif", "XMP", "Photographer"}},
		{What: "a screenshot with a place in `eXIf` and texts", Name: "screen.png", Type: "image/png", Data: pngWith(pngOf(screenshot()), pngChunk("eXIf", tiff(1)), pngChunk("tEXt", "Author\x00Photographer"), pngChunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00XMP "+Place)), Gone: []string{Place, "XMP", "Photographer"}},
		{What: "a WebP with a place in `EXIF`", Name: "photo.webp", Type: "image/webp", Data: webp(webpChunk("EXIF", tiff(1)), webpChunk("XMP ", "XMP "+Place)), Gone: []string{Place, "EXIF", "XMP"}},
		{What: "a PNG with a transparent colour", Name: "logo.png", Type: "image/png", Data: pngOf(transparent())},
		{What: "a photo without loss", Name: "photo.png", Type: "image/png", Data: pngOf(photo())},
		{What: "a GIF that moves, with a comment", Name: "wave.gif", Type: "image/gif", Data: gifWith(moving(40, 30, 5), gifComment("Photographer "+Place)), Gone: []string{Place, "Photographer"}},
		{What: "a photo that is called a document", Name: "photo.pdf", Type: "application/pdf", Data: jpegWith(photo(), app1("Exif\x00\x00"+tiff(1))), Gone: []string{Place, "Exif"}},
		{What: "a photo without a name or type", Data: jpegWith(photo(), app1("Exif\x00\x00"+tiff(1))), Gone: []string{Place, "Exif"}},
		{What: "an animated WebP", Name: "wave.webp", Type: "image/webp", Data: movingWebP()},
	}
}

func polyglots() []File {
	return []File{
		{What: "a GIF that is JavaScript", Name: "a.gif", Type: "image/gif", Data: []byte("GIF89a/*\x00\x01\x00\x80\x00\x00*/=1;alert(document.domain)//")},
		{What: "`GIF89a` and a page", Name: "a.gif", Type: "image/gif", Data: []byte("GIF89a" + Script)},
		{What: "a GIF with a script in its comment", Name: "a.gif", Type: "image/gif", Data: gifWith(moving(40, 30, 3), gifComment(Script)), Gone: []string{Script, "alert"}},
		{What: "a GIF with a Java archive behind it", Name: "a.gif", Type: "image/gif", Data: join(gifWith(moving(40, 30, 3)), zipOf("META-INF/MANIFEST.MF")), Gone: []string{archive}},
		{What: "a JPEG with an archive behind it", Name: "a.jpg", Type: "image/jpeg", Data: join(jpegWith(photo()), zipOf("a.html")), Gone: []string{archive}},
		{What: "a JPEG with a page in its comment", Name: "a.jpg", Type: "image/jpeg", Data: jpegWith(photo(), comment(Script)), Gone: []string{Script, "alert"}},
		{What: "a JPEG with a page behind it, called a page", Name: "a.html", Type: "text/html", Data: join(jpegWith(photo()), []byte(Script)), Gone: []string{Script, "alert"}},
		{What: "a PNG with an archive behind it", Name: "a.png", Type: "image/png", Data: join(pngOf(screenshot()), zipOf("a.html")), Gone: []string{archive}},
		{What: "a PNG with a page in a text", Name: "a.png", Type: "image/png", Data: pngWith(pngOf(screenshot()), pngChunk("tEXt", "Comment\x00"+Script)), Gone: []string{Script, "alert"}},
		{What: "a PDF that is a page, too", Name: "a.pdf", Type: "application/pdf", Data: []byte("%PDF-1.7\n<!-- " + Script + " -->\n" + Script)},
		{What: "a page that is a PDF, too", Name: "a.pdf", Type: "application/pdf", Data: []byte("<!doctype html>" + Script + "\n%PDF-1.7\n")},
		{What: "a PDF with an archive behind it", Name: "a.pdf", Type: "application/pdf", Data: join([]byte("%PDF-1.7\n%%EOF\n"), zipOf("a.html"))},
	}
}

func broken() []File {
	jpeg, png, gif, web := jpegWith(photo(), app1("Exif\x00\x00"+tiff(1))), pngOf(photo()), gifWith(moving(40, 30, 3)), webp()
	return []File{
		{What: "a JPEG that is cut off", Name: "a.jpg", Type: "image/jpeg", Data: jpeg[:len(jpeg)/2]},
		{What: "a JPEG that is cut off in its metadata", Name: "a.jpg", Type: "image/jpeg", Data: jpeg[:60]},
		{What: "a PNG that is cut off", Name: "a.png", Type: "image/png", Data: png[:len(png)/2]},
		{What: "a GIF that is cut off behind its first frame", Name: "a.gif", Type: "image/gif", Data: gif[:len(gif)-20]},
		{What: "a GIF that is cut off in its first frame", Name: "a.gif", Type: "image/gif", Data: gif[:70]},
		{What: "a WebP that is cut off", Name: "a.webp", Type: "image/webp", Data: web[:len(web)-8]},
		{What: "a GIF whose frames lie outside", Name: "a.gif", Type: "image/gif", Data: gifOutside()},
		{What: "nothing", Name: "a.jpg", Type: "image/jpeg"},
	}
}

func documents() []File {
	svg := `<svg xmlns="http://www.w3.org/2000/svg">` + Script + `</svg>`
	return []File{
		{What: "an SVG with a script", Name: "a.svg", Type: "image/svg+xml", Data: []byte(svg)},
		{What: "an SVG that is called a PNG", Name: "a.png", Type: "image/png", Data: []byte(svg)},
		{What: "a page", Name: "a.html", Type: "text/html", Data: []byte("<!doctype html>" + Script)},
		{What: "a page that is called a PNG", Name: "a.png", Type: "image/png", Data: []byte("<!doctype html>" + Script)},
		{What: "a page that is called a text", Name: "a.txt", Type: "text/plain", Data: []byte("<html>" + Script)},
		{What: "XML with a style sheet", Name: "a.xml", Type: "text/xml", Data: []byte(`<?xml version="1.0"?><?xml-stylesheet href="a.xsl"?><a/>`)},
		{What: "a PDF", Name: "paper.pdf", Type: "application/pdf", Data: []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")},
		{What: "a text", Name: "notes.txt", Type: "text/plain", Data: []byte("The bicycle has 21 gears.")},
		{What: "a table", Name: "prices.csv", Type: "text/csv", Data: []byte("thing,price\nbicycle,90\nlamp,12\n")},
		{What: "an archive", Name: "papers.zip", Type: "application/zip", Data: zipOf("paper.txt")},
		{What: "a document of Word", Name: "letter.docx", Type: "", Data: zipOf("[Content_Types].xml", "_rels/.rels", "word/document.xml")},
		{What: "a document of Word with macros", Name: "letter.docm", Type: "", Data: zipOf("[Content_Types].xml", "_rels/.rels", "word/vbaProject.bin")},
		{What: "a HEIC", Name: "IMG_0002.HEIC", Type: "image/heic", Data: []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")},
		{What: "a film", Name: "film.mp4", Type: "video/mp4", Data: []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42")},
		{What: "a piece of music", Name: "song.mp3", Type: "audio/mpeg", Data: []byte("\xff\xfb\x90\x44\x00\x00\x00\x00")},
		{What: "bytes that nobody knows", Name: "data.bin", Type: "", Data: []byte{0, 1, 2, 3}},
	}
}

// What programs begin with.
const (
	windows = "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"
	linux   = "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00"
)

func programs() []File {
	return []File{
		{What: "a program for Windows", Name: "setup.exe", Type: "application/octet-stream", Data: []byte(windows)},
		{What: "a program for Windows that is called a JPEG", Name: "a.jpg", Type: "image/jpeg", Data: []byte(windows)},
		{What: "a program for Linux", Name: "tool", Type: "", Data: []byte(linux)},
		{What: "a program for macOS", Name: "tool", Type: "", Data: []byte("\xcf\xfa\xed\xfe\x07\x00\x00\x01\x03\x00\x00\x00")},
		{What: "a Java archive that is called a ZIP", Name: "a.zip", Type: "application/zip", Data: zipOf("META-INF/MANIFEST.MF", "Main.class")},
		{What: "an Android app", Name: "game.apk", Type: "", Data: zipOf("AndroidManifest.xml", "classes.dex")},
		{What: "a shell script that is called a text", Name: "a.txt", Type: "text/plain", Data: []byte("#!/bin/sh\nrm -rf ~\n")},
		{What: "a batch file", Name: "a.bat", Type: "", Data: []byte("@echo off\r\n")},
		{What: "JavaScript", Name: "a.js", Type: "text/javascript", Data: []byte("alert(1)")},
		{What: "a shortcut", Name: "a.txt", Type: "", Data: []byte("[InternetShortcut]\r\nURL=file://host/a.exe\r\n")},
		{What: "a photo that is called a program", Name: "photo.jpg.exe", Type: "image/jpeg", Data: jpegWith(photo())},
		{What: "a photo that is called a program, told from the right", Name: "photo\u202egpj.scr", Type: "image/jpeg", Data: jpegWith(photo())},
		{What: "the image of a CD", Name: "a.bin", Type: "", Data: disk()},
	}
}
