package filetype

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"github.com/gabriel-vasile/mimetype"

	"swapnest/internal/chat"
)

func words(lines ...string) map[string]bool {
	all := map[string]bool{}
	for _, line := range lines {
		for _, w := range strings.Fields(line) {
			all[w] = true
		}
	}
	return all
}

// programs are ends of names of what does something when it is opened: what large mail services
// do not let through, and the like of other systems.
var programs = words(
	// Windows: programs and parts of them, installers, scripts, shortcuts, settings.
	"exe scr bat cmd com pif cpl dll ocx sys drv vxd xll wll ex_ lib nsh",
	"msi msp mst msix msixbundle appx appxbundle appinstaller application gadget cab diagcab diagcfg diagpkg",
	"ps1 ps1xml ps2 ps2xml psc1 psc2 psm1 psd1 msh msh1 msh2 mshxml vb vbe vbs js jse mjs cjs ws wsc wsf wsh sct shb shs hta chm hlp",
	"lnk url scf website reg inf ins isp msc library-ms search-ms searchconnector-ms settingcontent-ms theme themepack deskthemepack",
	"appref-ms pyw pyz pyzw pyc udl wsb ppkg diagpack prf printerexport webpnp vsto fxp asx ahk one",
	// Queries of Excel, which fetch what they like; links to others' desktops.
	"iqy oqy dqy rqy slk ica",
	"ade adp mad maf mda mde mdz accde",
	// Java and Android.
	"jar jnlp class war apk apks apkm xapk aab dex",
	// macOS and iOS.
	"app dmg pkg mpkg command terminal tool workflow action osax scpt scptd applescript ipa mobileconfig webloc inetloc fileloc kext dylib",
	// Linux and the like.
	"sh bash zsh csh ksh fish run desktop deb rpm appimage snap flatpak flatpakref elf so ko py pl",
	// Disk images, which keep from what they hold that it came from elsewhere.
	"iso img vhd vhdx udf toast",
	// Browsers and others.
	"crx xpi xbap swf rdp",
)

// macros are ends of names of office documents with programs in them. Office runs none that are
// in a file of another name, so the name tells them all.
var macros = words("docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm sldm odb otm")

// Ending returns the end of a name behind its last dot, in small letters, as it counts where the
// file is saved; "" for none.
func Ending(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) {
			return -1 // is not seen
		}
		return r
	}, chat.ParseFileName(name))
	name = strings.TrimRightFunc(name, func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
	// What is behind a colon names a part of the file on Windows.
	name, _, _ = strings.Cut(name, ":")
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(name[dot+1:]))
}

// kinds are types of programs, as mimetype names them.
var kinds = words(
	"application/x-elf application/x-mach-binary application/x-java-applet application/java-archive",
	"application/vnd.android.package-archive application/x-ms-installer application/x-ms-shortcut",
	"application/vnd.debian.binary-package application/x-rpm application/x-xar application/vnd.ms-cab-compressed",
	"application/vnd.ms-htmlhelp application/x-shockwave-flash application/wasm",
)

// isProgram tells whether a type, or what it is a kind of, is one of programs.
func isProgram(found *mimetype.MIME) bool {
	for ; found != nil; found = found.Parent() {
		if is, _, _ := strings.Cut(found.String(), ";"); kinds[is] {
			return true
		}
	}
	return false
}

// script is the first line of a program for a Unix, shortcut of a link that a desktop opens.
var (
	script   = regexp.MustCompile(`^\x{feff}?#![ \t]*/`)
	shortcut = regexp.MustCompile(`(?i)^\x{feff}?\s*\[(InternetShortcut|Desktop Entry|\{000214A0-0000-0000-C000-000000000046\})\]`)
)

// runs tells of what mimetype does not look for, or takes for a text.
func runs(data []byte) bool {
	// A program for Windows begins with two letters, as a text might: but no text has zeros.
	windows := bytes.HasPrefix(data, []byte("MZ")) && bytes.IndexByte(data, 0) >= 0
	return windows || bytes.HasPrefix(data, []byte("Cr24")) || script.Match(data) || shortcut.Match(data)
}

// isDisk tells whether a file is the image of a disk: those of macOS tell at their end, of CDs
// behind 32 KiB that anything may stand in.
func isDisk(r io.ReadSeeker) (bool, error) {
	for _, mark := range []struct {
		at     int64
		whence int
		text   string
	}{{-512, io.SeekEnd, "koly"}, {32<<10 + 1, io.SeekStart, "CD001"}} {
		if _, err := r.Seek(mark.at, mark.whence); err != nil {
			continue // it is shorter
		}
		data := make([]byte, len(mark.text))
		_, err := io.ReadFull(r, data)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		case err != nil:
			return false, fmt.Errorf("look at an upload: %w", err)
		case string(data) == mark.text:
			return true, nil
		}
	}
	return false, nil
}
