package filetype

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"swapnest/internal/chat"
)

// zipOf is an archive of files, each with its name as content.
func zipOf(tb testing.TB, names ...string) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name})
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(f, name); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func openDocument(tb testing.TB, kind string) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateRaw(&zip.FileHeader{Name: "mimetype", UncompressedSize64: uint64(len(kind)), CompressedSize64: uint64(len(kind))})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := io.WriteString(f, kind); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// disk is so many bytes with a mark somewhere.
func disk(size, at int, mark string) string {
	data := make([]byte, size)
	copy(data[at:], mark)
	return string(data)
}

func TestAFileIsServedAsWhatDoesNothing(t *testing.T) {
	film := func(brand string) string { return "\x00\x00\x00\x18ftyp" + brand + "\x00\x00\x00\x00" + brand + "mif1" }
	for name, c := range map[string]struct{ data, want string }{
		"paper.pdf":       {"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"},
		"page.pdf":        {"<script>alert(1)</script>\n%PDF-1.7\n", Bytes},
		"notes.txt":       {"Bring the bicycle on Monday.", "text/plain"},
		"notes":           {"Bring the bicycle on Monday.", Bytes},
		"prices.csv":      {"thing,price\nbicycle,90\nlamp,12\n", "text/csv"},
		"words.csv":       {"only a sentence", "text/csv"},
		"page.txt":        {"<!doctype html><script>alert(1)</script>", Bytes},
		"page.html":       {"Hello <script>alert(1)</script>", Bytes},
		"page.xhtml":      {`<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>`, Bytes},
		"data.xml":        {`<?xml version="1.0"?><a/>`, Bytes},
		"sign.svg":        {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, Bytes},
		"sign.txt":        {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, Bytes},
		"photo.gif":       {"GIF89a<script>alert(1)</script>", Bytes},
		"photo.jpg":       {"\xff\xd8\xff\xe0<script>", Bytes},
		"photo.png":       {"<html><script>alert(1)</script>", Bytes},
		"all.zip":         {string(zipOf(t, "a.txt")), "application/zip"},
		"letter.docx":     {string(zipOf(t, "[Content_Types].xml", "_rels/.rels", "word/document.xml")), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		"sheet.xlsx":      {string(zipOf(t, "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		"letter.odt":      {string(openDocument(t, "application/vnd.oasis.opendocument.text")), "application/vnd.oasis.opendocument.text"},
		"book.epub":       {string(openDocument(t, "application/epub+zip")), "application/epub+zip"},
		"letter.rtf":      {`{\rtf1\ansi Hello}`, "application/rtf"},
		"photo.heic":      {film("heic"), "image/heic"},
		"photo.avif":      {film("avif"), "image/avif"},
		"film.mp4":        {film("isom"), "video/mp4"},
		"film.mov":        {film("qt  "), "video/quicktime"},
		"song.m4a":        {film("M4A "), "audio/mp4"},
		"song.mp3":        {"\xff\xfb\x90\x44\x00\x00", "audio/mpeg"},
		"song.flac":       {"fLaC\x00\x00\x00\x22", "audio/flac"},
		"song.wav":        {"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"},
		"nothing":         {"", Bytes},
		"unknown.xyz":     {"\x00\x01\x02\x03", Bytes},
		"MZ.txt":          {"MZ is what a program for DOS begins with.", Bytes},
		"photo.exe.jpg":   {"\x00\x01", Bytes},
		"price: 5.50 EUR": {"\x00\x01", Bytes},
	} {
		got, err := Of(strings.NewReader(c.data), name)
		if err != nil || got != c.want {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, c.want)
		}
	}
}

func TestProgramsAreRefusedByWhatTheyBeginWith(t *testing.T) {
	for name, data := range map[string]string{
		"Windows":           "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00",
		"Linux":             "\x7fELF\x02\x01\x01\x00" + strings.Repeat("\x00", 8) + "\x02\x00\x3e\x00",
		"macOS":             "\xcf\xfa\xed\xfe\x07\x00\x00\x01\x03\x00\x00\x00",
		"macOS, two of it":  "\xca\xfe\xba\xbe\x00\x00\x00\x02\x01\x00\x00\x07",
		"Java":              "\xca\xfe\xba\xbe\x00\x00\x00\x34\x00\x1d",
		"a Java archive":    string(zipOf(t, "META-INF/MANIFEST.MF", "Main.class")),
		"Android":           string(zipOf(t, "AndroidManifest.xml", "classes.dex", "META-INF/MANIFEST.MF")),
		"a shell's script":  "#!/bin/sh\nrm -rf ~\n",
		"a script with BOM": "\xef\xbb\xbf#! /usr/bin/env python3\n",
		"a shortcut":        "\x4c\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00",
		"a link":            "[InternetShortcut]\r\nURL=file://somewhere/a.exe\r\n",
		"a desktop's entry": "\n[Desktop Entry]\nExec=sh\n",
		"Debian's":          "!<arch>\ndebian-binary   1410122664  0     0     100644  4         `\n2.0\n",
		"Red Hat's":         "\xed\xab\xee\xdb\x03\x00",
		"macOS's installer": "xar!\x00\x1c\x00\x01",
		"a cabinet":         "MSCF\x00\x00\x00\x00",
		"a Flash film":      "CWS\x08\x00",
		"macOS's disk":      disk(4096, 4096-512, "koly"),
		"a CD":              disk(40_000, 32769, "CD001"),
		"an extension":      "Cr24\x02\x00\x00\x00",
	} {
		for _, called := range []string{"file", "photo.jpg", "notes.txt"} {
			kind, err := Of(strings.NewReader(data), called)
			if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != chat.UnsupportedMedia || e.Field != "attachments" {
				t.Errorf("%s as %s: got %q, %v, want a refusal", name, called, kind, err)
			}
		}
	}
}

func TestProgramsAreRefusedByTheirName(t *testing.T) {
	for _, name := range []string{
		"setup.exe", "Setup.EXE", "photo.jpg.exe", "photo.jpg .exe", "photo.exe.", "photo.exe . .", "photo.exe\u00a0", "photo.exe\u200b",
		"photo.\u200bexe", "photo\u202egpj.exe", "photo.e\u202exe", "a.scr", "a.bat", "a.cmd", "a.com", "a.msi", "a.ps1", "a.vbs", "a.js",
		"a.jar", "a.apk", "a.app", "a.sh", "a.lnk", "a.hta", "a.reg", "a.url", "a.dmg", "a.iso", "a.docm", "a.XLSM", "..\\..\\a.exe",
		"../../a.exe", "a.exe::$DATA", "a.ex\x00e", "a.exe\x00", "a.{3050f4d8-98B5-11CF-BB82-00AA00BDCE0B}",
		strings.Repeat("a", 300) + ".exe", strings.Repeat("a", 116) + ".exe.somethingverylong",
	} {
		if kind, err := Of(strings.NewReader("harmless"), name); chat.CodeOf(err) != chat.UnsupportedMedia {
			t.Errorf("%q: got %q, %v, want a refusal", name, kind, err)
		}
	}
}

// broken is a file that cannot be read.
type broken struct{ io.ReadSeeker }

var errDisk = errors.New("the disk is broken")

func (broken) Read([]byte) (int, error) { return 0, errDisk }

func TestAFileThatCannotBeReadIsNoRefusal(t *testing.T) {
	if _, err := Of(broken{strings.NewReader("")}, "a.txt"); !errors.Is(err, errDisk) || chat.CodeOf(err) != "" {
		t.Errorf("got %v, want the disk's fault", err)
	}
}

func FuzzOf(f *testing.F) {
	f.Add([]byte("%PDF-1.7\n"), "paper.pdf")
	f.Add([]byte("MZ\x90\x00"), "photo.jpg.exe. ")
	f.Add(zipOf(f, "[Content_Types].xml", "word/document.xml"), "a\u202excod.exe")
	f.Add([]byte("GIF89a<script>"), "../../a.gif\x00")
	f.Add([]byte("\n[Desktop Entry]\n"), "a.desktop")
	served := map[string]bool{Bytes: true}
	for is, as := range safe {
		if as == "" {
			as = is
		}
		served[as] = true
	}
	for _, as := range texts {
		served[as] = true
	}
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		kind, err := Of(bytes.NewReader(data), name)
		switch {
		case err != nil && chat.CodeOf(err) != chat.UnsupportedMedia:
			t.Fatalf("a fault for an operator: %v", err)
		case err != nil:
			return
		case !served[kind]:
			t.Fatalf("%q is not in the list", kind)
		}
		// What it is saved as is no program either.
		saved := strings.ToLower(strings.TrimRight(chat.ParseFileName(name), ". "))
		for _, ending := range []string{".exe", ".scr", ".js", ".hta", ".lnk", ".docm"} {
			if strings.HasSuffix(saved, ending) {
				t.Fatalf("%q is served as %s", name, kind)
			}
		}
		if strings.HasPrefix(string(data), "\x7fELF") {
			t.Fatal("a program is served")
		}
	})
}

func TestWhatRunsOrFetchesWhenItIsOpenedIsRefusedByItsName(t *testing.T) {
	for ending := range words(
		"appref-ms py pyw pyz pyzw pyc iqy slk one udl wsb ppkg diagpack prf printerexport webpnp vsto fxp asx pl ahk rqy oqy dqy ica theme themepack",
		"exe scr bat msi lnk docm jar apk app sh iso",
	) {
		for _, name := range []string{"a." + ending, "a.pdf." + strings.ToUpper(ending) + " ."} {
			if kind, err := Of(strings.NewReader("a text"), name); chat.CodeOf(err) != chat.UnsupportedMedia {
				t.Errorf("%s: got %q, %v", name, kind, err)
			}
		}
	}
	for _, name := range []string{"a.txt", "a.pdf", "one", "a.one.txt", "a.xls", "a.csv", "py.md"} {
		if _, err := Of(strings.NewReader("a text"), name); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
